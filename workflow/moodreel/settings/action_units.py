"""Settings of action units: how the neutral face is found, from when a unit counts as present."""

from __future__ import annotations

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
        "what the face does, but for its lids, is smoothed over frames nearer than this, without lag; 0: as the mesh "
        "gives it",
        unit="s",
        ge=0,
        le=1,
    )
    max_yaw_deg: float = setting(
        40.0,
        "the head turned aside by more has no action units: half of the face is hidden then, and the mesh guesses it; "
        "90: units are read from every face",
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
        0.7, "confidence of the face below which a frame does not help to find the neutral face", ge=0, le=1
    )
    max_turn_deg: float = setting(
        20.0,
        "pitch or yaw beyond which a frame does not help to find the neutral face",
        unit="deg",
        gt=0,
        le=60,
    )
