"""A paper's published numbers beside a run's, and what became of the videos of a playlist."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

COMPARISON = Table(
    "comparison",
    1,
    "What a paper published, beside this run's own figures. `comparison.tsv`",
    (
        Column(
            "quantity",
            pa.string(),
            "",
            "what is compared; `fidelity/<classifier>`: accuracy on cluster labels, as the paper's; `label_accuracy/<classifier>`: on labels that are known from elsewhere",
            nullable=False,
        ),
        Column("published", pa.float64(), "", "the paper's figure; null where it gives none"),
        Column("published_sd", pa.float64(), "", "its standard deviation over folds"),
        Column("ours", pa.float64(), "", "this run's figure; null where it has none"),
        Column("ours_sd", pa.float64(), "", "its population standard deviation over folds"),
        Column("protocol", pa.string(), "", "`paper` or `grouped`, for figures of classifiers"),
        Column("group", pa.string(), "", "what a fold keeps together: as in EVALUATION"),
        Column(
            "null_p95",
            pa.float64(),
            "",
            "95th percentile of the same figure on null draws; null where none were made",
        ),
        Column("majority", pa.float64(), "", "accuracy of always naming the largest class of the training folds"),
        Column("note", pa.string(), "", "what may be concluded", nullable=False),
    ),
)

PLAYLIST = Table(
    "playlist",
    1,
    "What became of each video of the playlists that were asked for. `<table of videos>.status.tsv`",
    (
        Column("playlist", pa.string(), "", "its address, as it was asked", nullable=False),
        Column("position", pa.int32(), "", "in the playlist, from 1; 0: the playlist itself", nullable=False),
        Column("id", pa.string(), "", "the site's id, or the address where it has none", nullable=False),
        Column("source", pa.string(), "", "as the table of videos gives it", nullable=False),
        Column("title", pa.string(), "", "as the playlist gives it"),
        Column(
            "status",
            pa.string(),
            "",
            "`found`, `private`, `deleted` or `unavailable` (withheld, for members, live, ...); null: not known yet",
        ),
        Column("detail", pa.string(), "", "yt-dlp's words where it was not found"),
        Column("asked", pa.string(), "", "when that was said, UTC"),
    ),
)
