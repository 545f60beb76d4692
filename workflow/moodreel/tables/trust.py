"""How far action units can be trusted."""

from moodreel.tables.schema import Column, Table

UNIT_TRUST = Table(
    "unit_trust",
    1,
    "How far each action unit can be trusted, by face backend: one verdict from docs/trust.md. In the package next to "
    "`face/trust.py`; next to OpenFace's columns, `exports/openface/<video>.trust.tsv`",
    (
        Column("unit", "string", "", "action unit, `AU12`", nullable=False),
        Column("backend", "string", "", "face backend that reads it", nullable=False),
        Column("verdict", "string", "", "`use`, `careful`, `do not use`, `not judged`, `not read`", nullable=False),
        Column(
            "reference",
            "string",
            "",
            "reference of the verdict: `openface` (real clips) or `actors` (synthetic); null where there is none",
        ),
        Column("correlation", "float64", "", "with that reference, mean over clips; 0 for a clip that is not read"),
        Column("people", "int32", "", "people in the reference clips", nullable=False),
        Column("clips", "int32", "", "reference clips", nullable=False),
    ),
)
