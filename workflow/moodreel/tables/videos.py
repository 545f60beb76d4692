"""The table of videos, as a run resolves it."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

VIDEOS = Table(
    "videos",
    1,
    "The run's videos: what the table of videos says, and where their files lie. `results/runs/<run>/videos.tsv`",
    (
        Column("video", pa.string(), "", "id, unique in the run", nullable=False),
        Column(
            "source",
            pa.string(),
            "",
            "as given: a file, a YouTube id or address, or `builtin:<person>/<expression>/<take>`",
            nullable=False,
        ),
        Column("kind", pa.string(), "", "`file`, `youtube` or `builtin`", nullable=False),
        Column("performer", pa.string(), "", "who is seen; the video's id where nobody is named", nullable=False),
        Column("emotion", pa.string(), "", "the video's label, if it has one"),
        Column("start_s", pa.float64(), "s", "where the used part begins; empty: at the first frame"),
        Column("end_s", pa.float64(), "s", "where the used part ends; empty: at the last frame"),
        Column("path", pa.string(), "", "the media file", nullable=False),
        Column("folder", pa.string(), "", "where the video's pose, mesh and face tables lie", nullable=False),
    ),
)

EXTRACTIONS = Table(
    "extractions",
    1,
    "The extraction settings behind each folder `results/videos/<video>/<extraction>/`. `results/extractions.tsv`",
    (
        Column("extraction", pa.string(), "", "`<pose>-<face>-<8 hex of the settings>`", nullable=False),
        Column("settings", pa.string(), "", "the settings, as JSON", nullable=False),
    ),
)
