"""How far action units can be trusted, as the package and its exports say it."""

from moodreel.tables.schema import Column, Table

UNIT_TRUST = Table(
    "unit_trust",
    1,
    "How far each action unit can be trusted, by face backend: docs/trust.md in one verdict. In the package beside "
    "`face/trust.py`; beside OpenFace's columns, `exports/openface/<video>.trust.tsv`",
    (
        Column("unit", "string", "", "action unit, `AU12`", nullable=False),
        Column("backend", "string", "", "face backend that reads it", nullable=False),
        Column("verdict", "string", "", "`use`, `careful`, `do not use`, `not judged`, `not read`", nullable=False),
        Column(
            "reference",
            "string",
            "",
            "what decides: `openface` (real clips) or `actors` (synthetic); null where nothing does",
        ),
        Column("correlation", "float64", "", "with that reference, mean over clips; 0 for a clip that is not read"),
        Column("people", "int32", "", "people in the clips that decide", nullable=False),
        Column("clips", "int32", "", "these clips", nullable=False),
    ),
)
