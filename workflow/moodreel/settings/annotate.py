"""Settings of the films that show what was read of a video."""

from typing import Literal

from pydantic import field_validator

from moodreel.settings.base import Section, setting

LAYERS_WITHOUT_EXTRACTION = ("box", "scores")
"""What can be drawn where emotion scores are all that is made (`study: emotions`)."""


class AnnotateSettings(Section):
    videos: list[str] | Literal["all"] = setting(
        [],
        "ids of the videos of which a film is made with what was read drawn over it, results/runs/<run>/annotated/<video>.mp4; `all`: of all that are there",
        apart=True,
    )
    layers: list[Literal["mesh", "skeleton", "box", "units", "scores"]] = setting(
        ["mesh", "skeleton", "box", "units"],
        "what is drawn; `mesh`: the face's contours; `skeleton`: the body; `box`: around the face; `units`: action units as bars beside the picture; `scores`: emotion scores likewise, if `emotions.backend` gives them. Mesh and box need `extraction.keep_mesh`",
        min_length=1,
    )
    height_px: int | None = setting(
        None, "largest height of the picture in the film; null: as the video has it", unit="px", ge=64, le=4320
    )

    @field_validator("videos")
    @classmethod
    def _named_once(cls, videos: list[str] | str) -> list[str] | str:
        return videos if isinstance(videos, str) else list(dict.fromkeys(videos))

    @field_validator("layers")
    @classmethod
    def _drawn_once(cls, layers: list[str]) -> list[str]:
        return list(dict.fromkeys(layers))
