"""The tables that extraction writes for each video: body pose and face mesh, one row per decoded frame."""

from moodreel.tables.schema import Column, Table

MESH_POINTS = 478

BLENDSHAPES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""MediaPipe's blendshapes in the order of its network's outputs; the names are ARKit's but for `_neutral`. Left and
right are the performer's own."""

BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
"""The keypoints of OpenPose's BODY_25 in its order (OpenPose, doc/02_output.md)."""

FRAME = (
    Column("frame", "int32", "", "index of the decoded frame, from 0", nullable=False),
    Column("time_s", "float64", "s", "presentation time since the file's first frame", nullable=False),
)

POSE = Table(
    "pose",
    2,
    "Body pose, one row per decoded frame, in pixels of the picture after its rotation. `results/videos/<video>/<extraction>/pose.parquet`",
    (
        *FRAME,
        Column("cut", "bool", "", "whether a new shot begins with this frame", nullable=False),
        Column(
            "status",
            "string",
            "",
            "`ok`, `no_person`, `low_confidence`; `not_imported` where an imported file lacks the frame; `not_read` where "
            "no pose is read (`pose.backend: none`)",
            nullable=False,
        ),
        Column(
            "people_seen",
            "int16",
            "",
            "people found where the detector ran (at intervals, at cuts, where no person was tracked), null between",
        ),
        Column("confidence", "float32", "0..1", "that the tracked person is in the picture"),
        *(
            Column(f"{point}_{part}", "float32", unit, f"{point.replace('_', ' ')}: {meaning}")
            for point in BODY_25
            for part, unit, meaning in (
                ("x", "px", "distance from the picture's left edge; null where not seen"),
                ("y", "px", "distance from the picture's top edge; null where not seen"),
                ("confidence", "0..1", "the network's confidence: min(visibility, presence), or the lower SimCC peak"),
            )
        ),
    ),
)

MESH = Table(
    "mesh",
    2,
    "Face mesh, one row per decoded frame, in pixels of the picture after its rotation. `results/videos/<video>/<extraction>/mesh.parquet`",
    (
        *FRAME,
        Column("status", "string", "", "`ok`, `no_person`, `no_face`, `low_confidence`", nullable=False),
        Column("confidence", "float32", "0..1", "that the region holds a face"),
        Column("x", f"float32 x {MESH_POINTS}", "px", "of the 478 points, from the left edge"),
        Column("y", f"float32 x {MESH_POINTS}", "px", "of the 478 points, from the top edge"),
        Column("z", f"float32 x {MESH_POINTS}", "px", "depth relative to the head's centre, smaller is nearer"),
        Column(
            "blendshapes",
            f"float32 x {len(BLENDSHAPES)}",
            "0..1",
            "scores in the order of `BLENDSHAPES`; null except with the backend `blendshapes`",
        ),
    ),
)
