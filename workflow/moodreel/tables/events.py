"""Events: start and end of what was shown."""

from moodreel.tables.schema import Column, Table

EVENTS = Table(
    "events",
    3,
    "Start and end of each action unit, cluster or label shown, or of an emotion with the highest score, by tier and time. `exports/events/<video>.csv`",
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
        Column("end_s", "float64", "s", "when the frame after its last one begins", nullable=False),
        Column(
            "peak",
            "float64",
            "0..5",
            "highest intensity, of emotions the highest score (0..1); null for clusters and labels",
        ),
        Column("peak_s", "float64", "s", "time of the first frame with it; null for clusters and labels"),
        Column(
            "trust",
            "string",
            "",
            "how far the action unit can be trusted with the face backend that read it: `use`, `careful`, `do not use`, "
            "`not judged`; null except for action units",
        ),
    ),
)
