"""The tables that validation writes."""

from __future__ import annotations

from moodreel.tables.schema import Column, Table

TRUST = Table(
    "trust",
    2,
    "How far each action unit agrees with each reference. `benchmarks/results/trust.tsv`",
    (
        Column("unit", "string", "", "action unit, `AU12`", nullable=False),
        Column("backend", "string", "", "face backend that read it", nullable=False),
        Column("reference", "string", "", "`actors` (synthetic) or `openface` (real clips)", nullable=False),
        Column("people", "int32", "", "people in the clips that count", nullable=False),
        Column("clips", "int32", "", "clips that count: in which the reference moves, or all", nullable=False),
        Column("unread", "int32", "", "those of them in which too little is read: correlation 0", nullable=False),
        Column("frames", "int32", "", "their frames in which both see the face", nullable=False),
        Column("range", "float64", "the reference's", "its 95th minus 5th percentile in a clip, mean over clips"),
        Column("correlation", "float64", "", "Pearson's in a clip, 0 where unread, mean over clips"),
        Column("read_correlation", "float64", "", "the same over the clips that are read"),
        Column("ci_low", "float64", "", "lower end of its 95 % interval: over people from five on, else within clips"),
        Column("ci_high", "float64", "", "upper end of it"),
        Column("slope", "float64", "levels/level", "least-squares slope of ours on it in a clip, mean over clips"),
        Column("mae", "float64", "0..5", "mean absolute difference in a clip, mean over clips"),
        Column("verdict", "string", "", "`use`, `careful`, `do not use`, `not judged`, `not read`", nullable=False),
    ),
)

CROSSTALK = Table(
    "crosstalk",
    1,
    "What each unit reads while the actors move each other. `benchmarks/results/trust-crosstalk.tsv`",
    (
        Column("acted", "string", "", "units acted, `AU06+AU12` where two go together", nullable=False),
        Column("read", "string", "", "unit that is read", nullable=False),
        Column("backend", "string", "", "face backend that read it", nullable=False),
        Column("clips", "int32", "", "clips with both rest and apex", nullable=False),
        Column("response", "float64", "0..5", "intensity at the apex less that at rest, mean over clips"),
        Column("correlation", "float64", "", "Pearson's with what is acted in a clip, mean over clips"),
        Column(
            "monotonicity",
            "float64",
            "",
            "Spearman's of steps of what is acted with the mean reading at each in a clip, mean over clips",
        ),
    ),
)
