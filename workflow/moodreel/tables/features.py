"""Screening, the feature grid and its windows."""

from moodreel.tables.schema import Column, Table

SCREENING = Table(
    "screening",
    4,
    "Which videos the run keeps, and why not the others. `screening.tsv`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("kept", "bool", "", "whether the run uses it", nullable=False),
        Column(
            "reason",
            "string",
            "",
            "why it was dropped: setting, measured value, threshold, or what it lacks; empty when kept",
        ),
        Column("frames", "int32", "", "decoded frames", nullable=False),
        Column(
            "frames_read",
            "int32",
            "",
            "frames that were analysed, of the face or of the body, whichever are fewer; shares are over these alone",
        ),
        Column("rate_hz", "float64", "Hz", "of these, where none is missing; null with fewer than two"),
        Column(
            "times",
            "string",
            "",
            "where the frames' times are from, if not from the file's own stamps or a rate that was given, and how many "
            "were mended",
        ),
        Column(
            "streams", "string", "", "other picture streams of the file, which were not used; null where it has none"
        ),
        Column("damaged_share", "float64", "0..1", "share of packets and frames that could not be decoded whole"),
        Column("duration_s", "float64", "s", "from the first to the last frame's presentation time"),
        Column("face_share", "float64", "0..1", "share of the frames read with a face"),
        Column(
            "face_confidence",
            "float64",
            "0..1",
            "mean confidence of the face over the frames read, 0 where none was found",
        ),
        Column(
            "face_frames_share",
            "float64",
            "0..1",
            "share of the frames read whose face confidence is at least screen.min_face_confidence",
        ),
        Column("faces", "int32", "", "number of faces in OpenFace's file; null for other files"),
        Column("people", "float64", "", "median of the people seen where the detector ran"),
        Column("pose_share", "float64", "0..1", "share of the frames read with a body"),
        Column(
            "pose_confidence",
            "float64",
            "0..1",
            "mean keypoint confidence over the frames read, 0 where none was found",
        ),
        Column("face_height", "float64", "px", "median height of the face"),
        Column("face_height_share", "float64", "0..1", "face_height as a share of the picture's height"),
        Column(
            "mean_coordinate",
            "float64",
            "px",
            "mean x and y of all keypoints seen, or, with screen.unseen `zero`, of all 25 where a body was seen",
        ),
        Column("mean_coordinate_share", "float64", "", "mean_coordinate as a share of the picture's height"),
        Column("least_coordinate", "float64", "px", "the smallest x or y of all keypoints seen"),
        Column(
            "units_share",
            "float64",
            "0..1",
            "share of the frames read in which an action unit of the features was measured; null where the features have "
            "none",
        ),
        Column(
            "windows",
            "int32",
            "",
            "number of its windows that the run uses if it keeps it; null where it cannot be used",
        ),
    ),
)

FEATURES = Table(
    "features",
    1,
    "Features of the kept videos on a time grid, videos one after the other, without rows farther than a window's length from all frames; one further float column per feature, null where not seen. `features.parquet`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("time_s", "float64", "s", "grid time since the file's first frame", nullable=False),
        Column("valid", "bool", "", "whether a face and a body were seen there", nullable=False),
    ),
    extra="float32",
)

WINDOWS = Table(
    "windows",
    3,
    "An index of windows into the feature grid; the rows themselves are not copied. `windows.parquet`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column(
            "window",
            "int32",
            "",
            "number within the video, from 0, by its start; dropped ones count, and those without any frame, which have no row",
            nullable=False,
        ),
        Column("start_s", "float64", "s", "first grid time", nullable=False),
        Column("end_s", "float64", "s", "first grid time after it", nullable=False),
        Column("first_row", "int64", "", "its first row in features.parquet", nullable=False),
        Column("rows", "int32", "", "number of its rows there", nullable=False),
        Column(
            "valid_share",
            "float64",
            "0..1",
            "share of its rows with a face and a body, as far as they are read",
            nullable=False,
        ),
        Column("reason", "string", "", "why it was dropped (`partial`, `gaps`, `short`); null when kept"),
        Column("performer", "string", "", "the performer", nullable=False),
        Column("recording", "string", "", "the first of the videos of the same recording; null where it is this one"),
    ),
)
