"""Settings of the feature grid and its windows."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from moodreel.settings.base import Section, setting


class WindowsSettings(Section):
    per: Literal["time", "video"] = setting(
        "time",
        "`time`: windows of `length_s` on a grid of `rate_hz`. `video`: each video is one window, its whole length in "
        "`steps` rows, each of which is a bin (rate_hz, length_s, stride_s and embed.rate_hz are ignored)",
    )
    steps: int = setting(20, "rows that a video is resampled to, with `per: video`", ge=2, le=2000)
    rate_hz: float = setting(25.0, "rate of the time grid on which features are interpolated", unit="Hz", ge=1, le=240)
    length_s: float = setting(2.0, "length of a window", unit="s", gt=0, le=3600)
    stride_s: float = setting(
        2.0, "time from one window's start to the next one's; less than length_s overlaps", unit="s", gt=0, le=3600
    )
    max_gap_s: float = setting(
        0.2,
        "gaps up to this long are interpolated, longer ones stay null; where frames are rare gaps up to two of the "
        "file's own intervals (their median), if these are not longer than a window, and with `per: video` gaps up to a "
        "step's length",
        unit="s",
        ge=0,
        le=60,
    )
    min_valid_share: float = setting(
        0.8, "share of a window's rows that need a face and a body to keep the window", ge=0, le=1
    )

    @model_validator(mode="after")
    def _whole_rows(self) -> WindowsSettings:
        if self.per == "video":
            return self
        for key in ("length_s", "stride_s"):
            rows = getattr(self, key) * self.rate_hz
            if abs(rows - round(rows)) > 1e-6 or round(rows) < 1:
                raise ValueError(
                    f"{key} times rate_hz must be a whole number of rows, but {key} = {getattr(self, key)} gives {rows:g}"
                )
        return self

    @property
    def grid_hz(self) -> float | None:
        """Rows of the grid per second; None where each video has its own rate."""
        return self.rate_hz if self.per == "time" else None
