"""Settings of the body pose."""

from __future__ import annotations

from typing import Literal

from moodreel.settings.base import Section, setting


class PoseSettings(Section):
    backend: Literal["blazepose", "rtmpose"] = setting(
        "blazepose",
        "who finds the body; `blazepose`: BlazePose full (Bazarevsky et al. 2020), embedded; `rtmpose`: RTMPose-m "
        "Halpe26 (Jiang et al. 2023) in boxes of YOLOX-m, 146 MB to download, with small toes",
    )
    min_detection: float = setting(0.5, "score from which the person detector is believed", gt=0, lt=1)
    min_confidence: float = setting(
        0.5, "confidence that there is a person below which the frame is `low_confidence`", ge=0, le=1
    )
    min_visibility: float = setting(
        0.5,
        "a keypoint less sure than this has no x and y; BlazePose: min(visibility, presence), RTMPose: the lower of "
        "its two peaks",
        ge=0,
        le=1,
    )
