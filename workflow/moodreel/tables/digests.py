"""Digests of every column of a run's results, by which another run can be compared with it."""

from moodreel.tables.schema import Column, Table

VECTORS = 4
"""Random unit vectors on which a column's numbers are projected; each gives a cosine and a sine part."""

_PROJECTIONS = tuple(
    Column(
        f"p{vector}_{part}",
        "float64",
        "",
        f"{axis} part of the numbers' product with random vector {vector} (docs/provenance.md)",
    )
    for vector in range(1, VECTORS + 1)
    for part, axis in (("cos", "cosine"), ("sin", "sine"))
)

DIGESTS = Table(
    "digests",
    1,
    "A digest of each column of a run's results, so that any difference can be noticed without the old file. `digests.parquet`",
    (
        Column("file", "string", "", "the file's name in the record of the run", nullable=False),
        Column(
            "column",
            "string",
            "",
            "the column; in files other than tables `text` is the text without its numbers (whole numbers of six digits "
            "and more stay in it), and `numbers` these numbers",
            nullable=False,
        ),
        Column("type", "string", "", "the column's type", nullable=False),
        Column("values", "int64", "", "number of values, in lists of their elements", nullable=False),
        Column("nulls", "int64", "", "how many of them are null", nullable=False),
        Column(
            "sha256",
            "string",
            "",
            "the first 32 digits, over all values that are not decimal numbers (of lists the lengths); empty where all are",
        ),
        Column("mean", "float32", "", "mean of the decimal numbers"),
        Column("std", "float32", "", "their standard deviation"),
        Column("min", "float32", "", "the smallest"),
        Column("max", "float32", "", "the largest"),
        *_PROJECTIONS,
    ),
)
