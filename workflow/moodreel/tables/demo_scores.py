"""What was found on the built-in clips against what they show."""

from __future__ import annotations

from moodreel.tables.schema import Column, Table

DEMO_SCORES = Table(
    "acted",
    2,
    "How the chain did where everything is known: only in runs whose videos are all built-in clips. `acted.tsv`",
    (
        Column("figure", "string", "", "`clusters`, `classifiers` or `music`", nullable=False),
        Column("meaning", "string", "", "what was compared with what", nullable=False),
        Column("value", "float64", "", "the figure", nullable=False),
        Column(
            "baseline",
            "float64",
            "",
            "what comes without any skill: 0, or the mean of exchanged labels or of shuffled pairs; null where labels were not exchanged",
        ),
        Column("null_high", "float64", "", "the highest of exchanged labels or shuffled pairs"),
    ),
)
