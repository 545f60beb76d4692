"""Settings of the body pose."""

from typing import Literal

from moodreel.settings.base import Section, setting

FROM_FILES = ("openpose",)
"""Backends that import another program's files; the others read videos."""

NOBODY = "none"
"""The backend of runs that use faces alone."""


class PoseSettings(Section):
    backend: Literal["blazepose", "rtmpose", "openpose", "none"] = setting(
        "blazepose",
        "pose backend; `blazepose`: BlazePose full (Bazarevsky et al. 2020), embedded; `rtmpose`: RTMPose-m "
        "Halpe26 (Jiang et al. 2023) in boxes of YOLOX-m, 146 MB to download, with small toes; "
        "`openpose`: taken from OpenPose's JSON, the table's `pose_file`; `none`: no pose, which requires "
        "feature groups without the body; a network then searches for the face in the whole picture (docs/parts.md)",
        apart=True,
    )
    min_detection: float = setting(0.5, "lowest score at which a detected person is accepted", gt=0, lt=1)
    min_confidence: float = setting(
        0.5, "confidence that there is a person, below which a frame is `low_confidence`", ge=0, le=1
    )
    min_visibility: float = setting(
        0.5,
        "a keypoint with a lower confidence has no x and y; BlazePose: min(visibility, presence), RTMPose: the lower of "
        "its two peaks; OpenPose's confidences are lower, 0.2 to 0.3 may suit its files",
        ge=0,
        le=1,
    )
