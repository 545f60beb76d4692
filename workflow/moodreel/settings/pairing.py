"""Settings of the clip-music pairs."""

from typing import Literal

from moodreel.settings.base import Section, setting


class PairingSettings(Section):
    method: Literal["cluster", "mood"] = setting(
        "cluster",
        "`cluster`: music from a training video of the window's cluster, nearest first (Hsu & Lee 2020); "
        "`mood`: music whose valence and arousal are nearest to those of the cluster's expression",
    )
    mood_of: Literal["action_units", "emotions"] = setting(
        "action_units",
        "source of an expression's valence and arousal, with `method: mood`. `action_units`: a rule of thumb over action "
        "units and movement; `emotions`: `emotions.valence_arousal`, weighted by the scores of the first of "
        "`emotions.detectors`, for unlabelled faces",
    )
    ranks: int = setting(3, "tracks proposed for each window", ge=1, le=100)
    previews: int = setting(
        7,
        "preview clips, the window nearest its centre for each cluster in turn; 0 renders none",
        ge=0,
        le=1000,
    )
    preview_s: float = setting(6.0, "longest preview clip", unit="s", ge=1, le=60)
    preview_height: int = setting(320, "height of the preview's picture", unit="px", ge=64, le=1080, multiple_of=2)

    @property
    def by_emotions(self) -> bool:
        """Whether emotion scores decide which music is proposed."""
        return self.method == "mood" and self.mood_of == "emotions"
