"""How far action units can be trusted, as the package and its exports say it."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

UNIT_TRUST = Table(
    "unit_trust",
    1,
    "How far each action unit can be trusted, by face backend: docs/trust.md in one verdict. In the package beside "
    "`face/trust.py`; beside OpenFace's columns, `exports/openface/<video>.trust.tsv`",
    (
        Column("unit", pa.string(), "", "action unit, `AU12`", nullable=False),
        Column("backend", pa.string(), "", "face backend that reads it", nullable=False),
        Column(
            "verdict",
            pa.string(),
            "",
            "`use`, `careful`, `do not use`, `not judged`, `not read`",
            nullable=False,
        ),
        Column(
            "reference",
            pa.string(),
            "",
            "what decides: `openface` (real clips) or `actors` (synthetic); null where nothing does",
        ),
        Column("correlation", pa.float64(), "", "with that reference, mean over clips; 0 for a clip that is not read"),
        Column("people", pa.int32(), "", "people in the clips that decide", nullable=False),
        Column("clips", pa.int32(), "", "these clips", nullable=False),
    ),
)
