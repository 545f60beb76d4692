"""Events: from when to when something was shown."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

EVENTS = Table(
    "events",
    2,
    "From when to when an action unit, a cluster or a label was shown, by tier and time. `exports/events/<video>.csv`",
    (
        Column("video", pa.string(), "", "id", nullable=False),
        Column("tier", pa.string(), "", "`AU01`, ...; `cluster`; `emotion`", nullable=False),
        Column(
            "value",
            pa.string(),
            "",
            "the action unit's name in FACS; the cluster's name or `cluster <number>`; the label",
            nullable=False,
        ),
        Column("start_s", pa.float64(), "s", "presentation time since the file's first frame", nullable=False),
        Column("end_s", pa.float64(), "s", "when the last frame of it gives way to the next", nullable=False),
        Column("peak", pa.float64(), "0..5", "highest intensity; null but of action units"),
        Column("peak_s", pa.float64(), "s", "time of the first frame with that intensity; null but of action units"),
        Column(
            "trust",
            pa.string(),
            "",
            "how far the action unit can be trusted with the face backend that read it: `use`, `careful`, `do not use`, "
            "`not judged`; null but of action units",
        ),
    ),
)
