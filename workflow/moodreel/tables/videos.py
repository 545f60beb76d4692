"""The table of videos, as a run resolves it."""

from moodreel.tables.schema import Column, Table

VIDEOS = Table(
    "videos",
    5,
    "The run's videos: the columns of the table of videos, and the paths of their files. `results/runs/<run>/videos.tsv`",
    (
        Column("video", "string", "", "id, unique in the run", nullable=False),
        Column(
            "source",
            "string",
            "",
            "as given: a file, a YouTube id or address, or `builtin:<person>/<expression>/<take>`; empty: no video, only "
            "imported tables",
        ),
        Column("kind", "string", "", "`file`, `youtube`, `builtin` or `none`", nullable=False),
        Column("performer", "string", "", "the performer; the video's id where none is named", nullable=False),
        Column("start_s", "float64", "s", "where the used part begins; empty: at the first frame"),
        Column("end_s", "float64", "s", "where the used part ends; empty: at the last frame"),
        Column("pose_backend", "string", "", "the pose backend", nullable=False),
        Column("pose_file", "string", "", "OpenPose's folder or archive, where the pose is imported"),
        Column("face_backend", "string", "", "the face backend", nullable=False),
        Column("face_file", "string", "", "OpenFace's or py-feat's CSV, where the face is imported"),
        Column(
            "rate_hz",
            "float64",
            "Hz",
            "frames per second of the files, where there is no video; takes precedence over their own time stamps",
        ),
        Column("path", "string", "", "the media file; empty where there is none"),
        Column("folder", "string", "", "folder of the video's pose and mesh", nullable=False),
        Column("face_folder", "string", "", "folder of its face", nullable=False),
        Column(
            "recording",
            "string",
            "",
            "the first of the videos with the same source, or a file with the same content: parts and copies of one "
            "recording are never on both sides of a fold; empty where it is this video itself",
        ),
    ),
)

EXTRACTIONS = Table(
    "extractions",
    1,
    "The extraction settings behind each folder `results/videos/<video>/<extraction>/`. `results/extractions.tsv`",
    (
        Column("extraction", "string", "", "`<pose>-<face>-<8 hex of the settings>`", nullable=False),
        Column("settings", "string", "", "the settings, as JSON", nullable=False),
    ),
)
