"""The rule from action units to an emotion, the same for all sources of units.

An emotion's score is the mean intensity (0..5) of the units of its prototype, and the highest score decides; below
`TRACE`, the face is neutral. Prototypes are those of the FACS Investigator's Guide (Ekman, Friesen & Hager 2002),
without the units that are not read here. Means, the bound of neutral, and the choice among the guide's variants are
ours, and were fixed before any labelled picture was judged.
"""

from collections.abc import Mapping

import numpy as np

from moodreel.emotions.frames import NO_FACE
from moodreel.face.action_units import PEOPLE, UNITS
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.face import ACTION_UNITS

PROTOTYPES: Mapping[str, tuple[int, ...]] = {
    "angry": (4, 5, 7),
    "disgust": (9, 10),
    "fear": (1, 2, 4, 5, 20, 25),
    "happy": (6, 12),
    "sad": (1, 4, 15),
    "surprise": (1, 2, 5, 26),
}
"""Units by emotion. The guide's also have 23 or 24 (angry), 11 (sad) and 16 (disgust), which are not read; for disgust
it has 9 or 10, where both are averaged here."""

_ROW = {unit: row for row, unit in enumerate(ACTION_UNITS)}

TRACE = 1.0
"""The mean intensity below which a face is neutral: FACS's level A, from which a unit counts as present by default."""


def emotions(units: np.ndarray) -> np.ndarray:
    """The index in EMOTIONS of each face, int (faces,), from intensities (faces, units) in the order of ACTION_UNITS.

    A unit that is NaN does not count; -1 where a prototype has no unit left. The first of equal scores counts.
    """
    scores = np.full((len(units), len(EMOTIONS)), -np.inf)
    visible = np.ones(len(units), bool)
    for name, prototype in PROTOTYPES.items():
        own = units[:, [_ROW[unit] for unit in prototype]]
        known = ~np.isnan(own)
        visible &= known.any(axis=1)
        scores[:, EMOTIONS.index(name)] = np.where(known, own, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    found = np.where(scores.max(axis=1) < TRACE, EMOTIONS.index("neutral"), scores.argmax(axis=1))
    return np.where(visible, found, NO_FACE)


def levels(scores: np.ndarray) -> np.ndarray:
    """Intensities 0..5 (faces, units) from blendshapes alone, from `action_units.unit_scores` averaged over both sides
    (faces, units); NaN for units without a score.

    On the same scale, and beyond the same spread of neutral faces, as action units relative to the average face.
    """
    known = [UNITS[unit].scores if unit in UNITS else None for unit in ACTION_UNITS]
    full = np.array([score.full if score else np.nan for score in known])
    return np.clip(5 * np.maximum(scores - PEOPLE.scores - PEOPLE.scores_slack, 0) / full, 0, 5)
