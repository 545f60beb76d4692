"""Scores of the demo: results on the built-in clips compared with what the clips show."""

from moodreel.tables.schema import Column, Table

DEMO_SCORES = Table(
    "acted",
    2,
    "Results compared with the known truth: only in runs whose videos are all built-in clips. `acted.tsv`",
    (
        Column("figure", "string", "", "`clusters`, `classifiers` or `music`", nullable=False),
        Column("meaning", "string", "", "what was compared with what", nullable=False),
        Column("value", "float64", "", "the figure", nullable=False),
        Column(
            "baseline",
            "float64",
            "",
            "level of chance: 0, or the mean of exchanged labels or of shuffled pairs; null where labels were not exchanged",
        ),
        Column("null_high", "float64", "", "the highest of exchanged labels or shuffled pairs"),
    ),
)
