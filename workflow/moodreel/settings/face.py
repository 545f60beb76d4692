"""Settings of the face mesh."""

from typing import Literal

from moodreel.settings.base import Section, setting

FROM_FILES = ("openface", "pyfeat")
"""Backends that import another program's files; the others read videos."""

NOBODY = "none"
"""The backend of runs that use bodies alone."""


class FaceSettings(Section):
    backend: Literal["facemesh", "blendshapes", "openface", "pyfeat", "none"] = setting(
        "facemesh",
        "face backend; `facemesh`: 478 points by Attention Mesh (Grishchenko et al. 2020), embedded; "
        "`blendshapes`: MediaPipe's Face Landmarker, 478 points and 52 blendshapes, 4 MB to download; `openface` and "
        "`pyfeat`: taken from OpenFace's or py-feat's CSV, the table's `face_file`; `none`: no face, which "
        "requires feature groups without the face (`features.groups: [body]`)",
    )
    crop: float = setting(
        3.0,
        "side of the square in which the face is searched for, in widths of the head in the pose",
        unit="head widths",
        ge=1,
        le=10,
    )
    min_detection: float = setting(0.5, "lowest score at which a detected face is accepted", gt=0, lt=1)
    min_confidence: float = setting(
        0.5, "confidence that the region holds a face, below which a frame is `low_confidence`", ge=0, le=1
    )
