"""Settings of the annotated films."""

from typing import Literal

from pydantic import field_validator

from moodreel.settings.base import Section, setting

LAYERS_WITHOUT_EXTRACTION = ("box", "scores")
"""The layers that can be drawn where only emotion scores are computed (`study: emotions`)."""


class AnnotateSettings(Section):
    videos: list[str] | Literal["all"] = setting(
        [],
        "ids of the videos to make annotated films of, results/runs/<run>/annotated/<video>.mp4; `all`: every video whose file exists",
        apart=True,
    )
    layers: list[Literal["mesh", "skeleton", "box", "units", "scores"]] = setting(
        ["mesh", "skeleton", "box", "units"],
        "what is drawn; `mesh`: the face's contours; `skeleton`: the body; `box`: around the face; `units`: action units as bars next to the picture; `scores`: emotion scores likewise, if `emotions.backend` gives them. Mesh and box need `extraction.keep_mesh`",
        min_length=1,
    )
    height_px: int | None = setting(
        None, "largest height of the picture in the film; null: the video's height", unit="px", ge=64, le=4320
    )

    @field_validator("videos")
    @classmethod
    def _named_once(cls, videos: list[str] | str) -> list[str] | str:
        return videos if isinstance(videos, str) else list(dict.fromkeys(videos))

    @field_validator("layers")
    @classmethod
    def _drawn_once(cls, layers: list[str]) -> list[str]:
        return list(dict.fromkeys(layers))
