"""The known truth of a built-in clip."""

from moodreel.tables.schema import Column, Table

_UNITS = {
    "au01": "inner brow raiser",
    "au02": "outer brow raiser",
    "au04": "brow lowerer",
    "au06": "cheek raiser",
    "au12": "lip corner puller",
    "au15": "lip corner depressor",
    "au18": "lip pucker",
    "au25": "lips part (driven by the jaw drop)",
    "au26": "jaw drop",
    "au45": "eye closure, held or in a blink",
}

_MOTIONS = {
    "head_x": ("px", "shift of the head to the right"),
    "head_y": ("px", "shift of the head down"),
    "head_roll": ("deg", "head tilted clockwise as the viewer sees it is positive"),
    "head_yaw": ("deg", "head turned to the viewer's right is positive"),
    "head_pitch": ("deg", "head turned down is positive"),
    "torso_x": ("px", "shift of the torso, and the head with it, to the right"),
    "torso_y": ("px", "shift of the torso, and the head with it, down"),
}

TRUTH = Table(
    "truth",
    1,
    "What a built-in clip was made to show, one row per frame; next to the clip, `<video>.truth.parquet`",
    (
        Column("frame", "int32", "", "index of the frame, from 0", nullable=False),
        Column("time_s", "float64", "s", "presentation time since the first frame", nullable=False),
        Column("expression", "string", "", "the clip's expression, named by what moves", nullable=False),
        Column("activation", "float32", "0..1", "strength of the expression", nullable=False),
        *(
            Column(unit, "float32", "0..1", f"{meaning}: activation as driven", nullable=False)
            for unit, meaning in _UNITS.items()
        ),
        *(Column(name, "float32", unit, meaning, nullable=False) for name, (unit, meaning) in _MOTIONS.items()),
        Column("mood", "string", "", "mood of the clip's music", nullable=False),
    ),
)
