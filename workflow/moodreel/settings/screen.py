"""Settings of the screening: which videos a run keeps."""

from typing import Literal

from moodreel.settings.base import Section, setting


class ScreenSettings(Section):
    level: Literal["video", "row"] = setting(
        "video",
        "what the filters of the face work on. `video`: a video's shares and means. `row`: its frames; one with a face "
        "less sure than min_face_confidence, or with none, does not count, and a video is kept if any frame is left "
        "(min_face_share does not count then)",
    )
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
        "mean confidence of the face over all frames, 0 where none was found (the paper asks for 0.85); of each frame "
        "with `level: row`",
        ge=0,
        le=1,
    )
    max_faces: int | None = setting(
        None,
        "faces that an OpenFace file may tell apart (`face_id`; the paper asks for 1); null: any number, of which the "
        "surest is followed. Other tables do not say",
        ge=1,
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
    unseen: Literal["left_out", "zero"] = setting(
        "left_out",
        "how keypoints that were not seen count in the mean coordinate: not at all, or as 0, 0, as they stand in "
        "OpenPose's tables of those frames that show a body (what the paper's threshold was computed on)",
    )
    min_mean_coordinate: float = setting(
        0.0,
        "mean of all keypoint coordinates; the paper asks for 200, which depends on the picture's size: off here",
        unit="px",
        ge=0,
    )
    min_mean_coordinate_share: float = setting(
        0.0, "the same as a share of the picture's height, where that is known: off here", ge=0
    )
    allow_negative: bool = setting(
        True,
        "whether a video may have keypoints with a negative coordinate; only tables of OpenPose can, since our networks' "
        "points outside the picture are null (the paper allows none)",
    )

    @property
    def min_row_confidence(self) -> float:
        """How sure a frame's face has to be for the frame to show one; 0: as sure as it is."""
        return self.min_face_confidence if self.level == "row" else 0.0
