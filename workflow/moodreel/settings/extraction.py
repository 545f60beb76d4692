"""Settings that pose and face share while a video is read."""

from __future__ import annotations

from typing import Literal

from moodreel.settings.base import Section, setting


class ExtractionSettings(Section):
    device: Literal["cpu", "cuda"] = setting("cpu", "where the networks run; `cuda` needs ACCEL=cuda at `make env`")
    threads: int = setting(1, "CPU threads per network; several jobs side by side use cores better", ge=1, le=64)
    detect_every: int = setting(
        25, "the detectors look again after this many frames, in between regions follow", unit="frames", ge=1
    )
    keep_mesh: bool = setting(True, "keep each video's 478 face points (4.7 MB a minute) after action units are read")
