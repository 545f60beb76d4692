"""Settings of action units: how the neutral face is found, and from which intensity a unit counts as present."""

from typing import Literal

from moodreel.settings.base import Section, setting


class ActionUnitsSettings(Section):
    neutral: Literal["performer", "video"] = setting(
        "performer",
        "the neutral face against which `_r` intensities are measured: found over all of the performer's videos, or in "
        "each video by itself",
    )
    smoothing_s: float = setting(
        0.25,
        "facial displacements, except those of the lids, are smoothed over frames nearer than this, without lag; 0: no "
        "smoothing",
        unit="s",
        ge=0,
        le=1,
    )
    max_yaw_deg: float = setting(
        40.0,
        "action units are null where the head is turned aside by more: half of the face is hidden then, and the mesh "
        "guesses it; 90: units are read from every face",
        unit="deg",
        ge=10,
        le=90,
    )
    presence: float = setting(
        1.0,
        "intensity from which a unit counts as present (`_c`); 1 is a trace, FACS level A",
        unit="0..5",
        gt=0,
        le=5,
    )
    min_confidence: float = setting(
        0.7, "face confidence below which a frame is not used to find the neutral face", ge=0, le=1
    )
    max_turn_deg: float = setting(
        20.0,
        "pitch or yaw beyond which a frame is not used to find the neutral face",
        unit="deg",
        gt=0,
        le=60,
    )
