"""Settings of the screening: which videos a run keeps."""

from typing import Literal

from moodreel.settings.base import Section, setting


class ScreenSettings(Section):
    level: Literal["video", "row"] = setting(
        "video",
        "level at which the face filters work. `video`: shares and means of a video. `row`: single frames; those whose "
        "face confidence is below min_face_confidence, or without a face, are ignored, and a video is kept if any frame "
        "is left (min_face_share is ignored then)",
    )
    min_rate_hz: float = setting(
        2.0,
        "lowest rate of the frames that were read (1 / their median interval; without any whole window, also their mean "
        "rate): in a window of 2 s, 4 frames are the fewest that show a movement",
        unit="Hz",
        ge=0,
        le=240,
    )
    max_damaged_share: float = setting(
        0.02,
        "largest share of a video's frames that may be damaged; the frames after these are smeared too",
        ge=0,
        le=1,
    )
    min_face_share: float = setting(
        0.3, "share of the frames read that must show a face (OpenFace's `success`; the paper uses 1)", ge=0, le=1
    )
    min_face_confidence: float = setting(
        0.25,
        "smallest mean confidence of the face over the frames read, 0 where none was found (the paper uses 0.85); with "
        "`level: row` of each frame",
        ge=0,
        le=1,
    )
    max_faces: int | None = setting(
        None,
        "largest number of faces in an OpenFace file (`face_id`; the paper uses 1); null: any number, of which the one "
        "with the highest confidence is tracked. Other tables do not give their number",
        ge=1,
    )
    min_face_height_share: float = setting(
        0.02,
        "smallest median height of the face as a share of the picture's height: smaller faces show too little",
        ge=0,
        le=1,
    )
    max_people: float = setting(
        1.0, "largest median number of people in view, where the detector ran; only one person is tracked", ge=1
    )
    min_pose_share: float = setting(0.5, "share of the frames read that must show a body", ge=0, le=1)
    min_pose_confidence: float = setting(
        0.002,
        "smallest mean confidence of the 25 keypoints over the frames read, 0 where none was found (the paper's threshold)",
        ge=0,
        le=1,
    )
    unseen: Literal["left_out", "zero"] = setting(
        "left_out",
        "how keypoints that were not seen count in the mean coordinate: not at all, or as 0, 0 in frames that show a "
        "body, as in OpenPose's tables (on which the paper's threshold was computed)",
    )
    min_mean_coordinate: float = setting(
        0.0,
        "smallest mean of all keypoint coordinates; the paper uses 200, which depends on the picture's size: off here",
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
        """The confidence that a frame's face must have to count; 0: any."""
        return self.min_face_confidence if self.level == "row" else 0.0
