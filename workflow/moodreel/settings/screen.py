"""Settings of the screening: which videos a run keeps."""

from __future__ import annotations

from moodreel.settings.base import Section, setting


class ScreenSettings(Section):
    max_damaged_share: float = setting(
        0.02,
        "share of a video's frames that could not be decoded whole; the ones after them are smeared too",
        ge=0,
        le=1,
    )
    min_face_share: float = setting(
        0.3, "share of a video's frames that must show a face (OpenFace's `success`; the paper asks for 1)", ge=0, le=1
    )
    min_face_confidence: float = setting(
        0.25,
        "mean confidence of the face over all frames, 0 where none was found (the paper asks for 0.85)",
        ge=0,
        le=1,
    )
    min_face_height_share: float = setting(
        0.02,
        "median height of the face as a share of the picture's height: below, nothing can be read from it",
        ge=0,
        le=1,
    )
    max_people: float = setting(
        1.0, "median number of people in view, where the detector ran; more are not told apart", ge=1
    )
    min_pose_share: float = setting(0.5, "share of a video's frames that must show a body", ge=0, le=1)
    min_pose_confidence: float = setting(
        0.002,
        "mean confidence of the 25 keypoints over all frames, 0 where none was found (the paper's threshold)",
        ge=0,
        le=1,
    )
    min_mean_coordinate: float = setting(
        0.0,
        "mean of all keypoint coordinates; the paper asks for 200, which depends on the picture's size: off here",
        unit="px",
        ge=0,
    )
