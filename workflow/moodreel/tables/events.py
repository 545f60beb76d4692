"""Events: from when to when something was shown."""

from moodreel.tables.schema import Column, Table

EVENTS = Table(
    "events",
    3,
    "From when to when an action unit, a cluster or a label was shown, or an emotion had the highest score, by tier and time. `exports/events/<video>.csv`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column(
            "tier",
            "string",
            "",
            "`AU01`, ...; `emotion_scores`, if there are any; `cluster`; `emotion`",
            nullable=False,
        ),
        Column(
            "value",
            "string",
            "",
            "the action unit's name in FACS; the emotion with the highest score; the cluster's name or `cluster <number>`; the label",
            nullable=False,
        ),
        Column("start_s", "float64", "s", "presentation time since the file's first frame", nullable=False),
        Column("end_s", "float64", "s", "when the last frame of it gives way to the next", nullable=False),
        Column(
            "peak",
            "float64",
            "0..5",
            "highest intensity, of emotions the highest score (0..1); null of clusters and labels",
        ),
        Column("peak_s", "float64", "s", "time of the first frame with it; null of clusters and labels"),
        Column(
            "trust",
            "string",
            "",
            "how far the action unit can be trusted with the face backend that read it: `use`, `careful`, `do not use`, "
            "`not judged`; null but of action units",
        ),
    ),
)
