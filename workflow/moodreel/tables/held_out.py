"""Features for each fold: action units against neutral faces found without the fold's test videos."""

from moodreel.tables.schema import Column, Table

HELD_OUT = Table(
    "held_out",
    1,
    "By fold of the protocol grouped by video, the feature columns made from action units, measured against the neutral face "
    "in the training videos of the same performer (for a test video without such videos, in the video itself); means over "
    "bins of `embed.rate_hz`; one further float column per feature, null where not seen. It holds only videos of performers "
    "with videos on both sides, or with several test videos; for the others features.parquet is valid. `held_out.parquet`",
    (
        Column("fold", "int32", "", "of group `video`, from 0", nullable=False),
        Column("first_row", "int64", "", "the bin's first row in features.parquet", nullable=False),
    ),
    extra="float32",
)
