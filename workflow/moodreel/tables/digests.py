"""What is remembered of every column of a run's results, so that another run can be held against it."""

from __future__ import annotations

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
    "Each column of a run's results, so that any difference can be noticed without the old file. `digests.parquet`",
    (
        Column("file", "string", "", "what the record of the run calls the file", nullable=False),
        Column(
            "column",
            "string",
            "",
            "the column; of other files than tables `text` is the text without its numbers (whole ones of six digits and "
            "more stay in it), and `numbers` these",
            nullable=False,
        ),
        Column("type", "string", "", "the column's type", nullable=False),
        Column("values", "int64", "", "values in it, in lists each of theirs", nullable=False),
        Column("nulls", "int64", "", "how many of them are null", nullable=False),
        Column(
            "sha256",
            "string",
            "",
            "the first 32 digits, over all that is not a decimal number (lists: their lengths); empty where all is",
        ),
        Column("mean", "float32", "", "mean of the decimal numbers"),
        Column("std", "float32", "", "their standard deviation"),
        Column("min", "float32", "", "the smallest"),
        Column("max", "float32", "", "the largest"),
        *_PROJECTIONS,
    ),
)
