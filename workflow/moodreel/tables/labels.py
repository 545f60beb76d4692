"""What videos and their windows are said to show."""

from __future__ import annotations

from moodreel.tables.schema import Column, Table

LABELS = Table(
    "labels",
    1,
    "What each window shows, dropped ones too: by the known truth of a built-in clip, else by its video's `emotion`. "
    "`labels.parquet`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("window", "int32", "", "number within the video, as in windows.parquet", nullable=False),
        Column("start_s", "float64", "s", "first grid time", nullable=False),
        Column("label", "string", "", "what it shows; null where nothing is known"),
    ),
)

EMOTIONS = Table(
    "emotions",
    1,
    "What the table of videos says that each video shows. `emotions.tsv`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("emotion", "string", "", "the video's label, if it has one"),
    ),
)
