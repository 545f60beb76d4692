"""Labels of videos and of their windows."""

from moodreel.tables.schema import Column, Table

LABELS = Table(
    "labels",
    1,
    "The label of each window, dropped ones too: from the known truth of a built-in clip, else its video's `emotion`. "
    "`labels.parquet`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("window", "int32", "", "number within the video, as in windows.parquet", nullable=False),
        Column("start_s", "float64", "s", "first grid time", nullable=False),
        Column("label", "string", "", "what it shows; null where this is unknown"),
    ),
)

EMOTIONS = Table(
    "emotions",
    1,
    "The label of each video in the table of videos. `emotions.tsv`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("emotion", "string", "", "the video's label, if it has one"),
    ),
)
