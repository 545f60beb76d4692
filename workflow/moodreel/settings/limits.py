"""Settings that bound what one video or one file may cost."""

from typing import TypedDict

from moodreel.settings.base import Section, setting


class DecodingLimits(TypedDict):
    """The limits of `video.decode.frames`, by its parameters."""

    max_pixels: int
    max_duration_s: float


class LimitsSettings(Section):
    max_pixels: int = setting(
        8192 * 8192,
        "a video with a larger picture, at its start or later, is dropped (`too_large`). 8K video has half as many "
        "points, and an RGB copy of this size takes 200 MB",
        unit="px",
        ge=1024,
        le=2**30,
    )
    max_duration_s: float = setting(
        21_600.0,
        "a video whose used part (`start_s` to `end_s`) is longer is dropped (`too_long`)",
        unit="s",
        gt=0,
        le=864_000,
    )
    timeout_s: float = setting(
        14_400.0, "reading one video is given up after this time (`timeout`)", unit="s", gt=0, le=864_000
    )
    stall_s: float = setting(
        600.0, "reading one video is given up when no frame has come for so long (`timeout`)", unit="s", ge=1, le=86_400
    )
    memory_mb: int = setting(
        4000,
        "reading one video or one file of another program is given up when it takes more memory (`memory`); watched "
        "on Linux",
        unit="MB",
        ge=500,
        le=1_000_000,
    )

    @property
    def decoding(self) -> DecodingLimits:
        """The limits that hold while a video is decoded."""
        return {"max_pixels": self.max_pixels, "max_duration_s": self.max_duration_s}
