"""Features as a fold may know them: action units against neutral faces that no test video helped to find."""

from __future__ import annotations

from moodreel.tables.schema import Column, Table

HELD_OUT = Table(
    "held_out",
    1,
    "By fold of the protocol grouped by video, the feature columns made from action units, measured against the neutral face "
    "in the training videos of the same performer (a test video whose performer is in none: in itself); means over bins "
    "of `embed.rate_hz`; one further float column per feature, null where not seen. Only videos of performers with "
    "videos on both sides, or several test videos, are there: of the others features.parquet holds. `held_out.parquet`",
    (
        Column("fold", "int32", "", "of group `video`, from 0", nullable=False),
        Column("first_row", "int64", "", "the bin's first row in features.parquet", nullable=False),
    ),
    extra="float32",
)
