"""Action units from the geometry of the face: which points move which way, and how far that is.

Everything is read from the pose-free mesh of `head_pose`. A `Movement` is a linear measure (so many eye distances up,
outwards, ...), a `Unit` is a sum of movements away from a resting face, scaled to FACS's five levels. What each unit
looks like is from the FACS manual (Ekman, Friesen & Hager 2002); FACS levels A to E are ordinal and have no lengths, so
`full` (the change that counts as 5) is ours: about the largest that the mesh showed in clips of strong expressions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moodreel.face.head_pose import CANONICAL_HEAD, MIRROR
from moodreel.tables.face import ACTION_UNITS

UP, DOWN, OUT, IN = (0, -1, 0), (0, 1, 0), (-1, 0, 0), (1, 0, 0)
"""Directions in head-fixed axes for points on the viewer's left; the other side gets the mirror image."""

Weighted = tuple[tuple[tuple[int, ...], float], ...]


@dataclass(frozen=True)
class Movement:
    """Where `points` (their mean) lie along `direction`, less where `against` lies (a weighted sum of means).

    Points are those on the viewer's left or on the midline; the counterparts on the right are measured too, and both
    sides averaged. With `relative` a change counts as a share of the resting value, otherwise in eye distances.
    `average` and `spread` are mean and standard deviation of the resting value over people (see `AVERAGE`).
    """

    points: tuple[int, ...]
    direction: tuple[int, int, int]
    against: Weighted
    average: float
    spread: float
    relative: bool = False


EYE_LINE: Weighted = (((33, 133), 1.0),)
"""Both corners of the eye: brows, lids and cheeks are measured from here, so that a small error of the pitch cancels
out."""

NOSE_BRIDGE: Weighted = (((6, 197, 195), 1.0),)

MOVEMENTS = {
    "inner_brow_up": Movement((107, 55, 66, 65), UP, EYE_LINE, 0.351, 0.042),
    "outer_brow_up": Movement((70, 46, 63, 53), UP, EYE_LINE, 0.272, 0.033),
    "brows_together": Movement((107, 55), IN, (), -0.221, 0.01),
    "eye_opening": Movement((159, 158, 160), UP, (((145, 153, 144), 1.0),), 0.116, 0.029, relative=True),
    "lower_lid_up": Movement((145, 153, 144), UP, EYE_LINE, -0.039, 0.011),
    "cheek_up": Movement((117, 118, 50, 101, 24, 23, 110), UP, EYE_LINE, -0.247, 0.028),
    "nostril_up": Movement((98, 64, 48), UP, NOSE_BRIDGE, -0.495, 0.024),
    "upper_lip_up": Movement((0, 37, 39, 40), UP, (((2,), 1.0),), -0.262, 0.042),
    "mouth_corner_up": Movement((61,), UP, (((0,), 0.6), ((17,), 0.4)), -0.024, 0.036),
    "mouth_corner_out": Movement((61,), OUT, (), 0.399, 0.03),
    "lip_gap": Movement((13, 82), UP, (((14, 87), 1.0),), 0.001, 0.02),
    "lower_lip_up": Movement((17, 84), UP, (((2,), 1.0),), -0.496, 0.064),
    "chin_boss_up": Movement((18, 200), UP, NOSE_BRIDGE, -1.267, 0.097),
}
"""The measures, by name. The lip line against which the mouth's corners are measured lies 0.6 of the way to the upper
lip: on acted clips that is the height at which a dropping jaw alone moves them neither up nor down."""


@dataclass(frozen=True)
class Unit:
    """`parts`: movements and their weights; `less`: movements of neighbouring units that pull at the same points, taken
    off where they go the way of the factor's sign (a smile lifts the nostrils, closing eyes lift the cheeks).

    `full` is the sum that counts as intensity 5, `start` the one up to which it is 0.
    """

    parts: tuple[tuple[str, float], ...]
    full: float
    less: tuple[tuple[str, float], ...] = ()
    start: float = 0.0


UNITS = {
    # inner brow raiser: frontalis, medial; what rises evenly with the outer part is left to 2
    1: Unit((("inner_brow_up", 1.0), ("outer_brow_up", -0.4)), full=0.08),
    # outer brow raiser: frontalis, lateral; in the mesh closing lids pull the eye line down, which is no brow
    2: Unit((("outer_brow_up", 1.0), ("inner_brow_up", -0.35)), full=0.08, less=(("eye_opening", -0.025),)),
    # brow lowerer: brows down, most at their inner ends, and together
    4: Unit((("inner_brow_up", -0.7), ("outer_brow_up", -0.3), ("brows_together", 0.5)), full=0.05),
    # upper lid raiser: the eye opens wider than at rest
    5: Unit((("eye_opening", 1.0),), full=0.4),
    # cheek raiser: orbicularis oculi, orbital; cheek and pouch rise towards the eye, beyond what closing lids do
    6: Unit((("cheek_up", 1.0),), full=0.06, less=(("eye_opening", -0.04),)),
    # lid tightener: orbicularis oculi, palpebral; the lower lid rises, beyond what closing lids do
    7: Unit((("lower_lid_up", 1.0),), full=0.05, less=(("eye_opening", -0.04),)),
    # nose wrinkler: the nostrils' wings rise, beyond what a smile lifts them
    9: Unit((("nostril_up", 1.0),), full=0.05, less=(("mouth_corner_up", 0.1), ("mouth_corner_out", 0.1))),
    # upper lip raiser: the middle of the upper lip nears the nose; a dropping jaw pulls it up in the mesh
    10: Unit((("upper_lip_up", 1.0),), full=0.08, less=(("lip_gap", 0.1),)),
    # lip corner puller: corners up and out
    12: Unit((("mouth_corner_up", 0.5), ("mouth_corner_out", 0.5)), full=0.14),
    # lip corner depressor: corners down against the lip line
    15: Unit((("mouth_corner_up", -1.0),), full=0.09),
    # chin raiser: the chin boss pushes the lower lip up, beyond what lowered corners do
    17: Unit((("lower_lip_up", 0.5), ("chin_boss_up", 0.5)), full=0.06, less=(("mouth_corner_up", -0.3),)),
    # lip pucker: corners in, without being lowered
    18: Unit((("mouth_corner_out", -1.0),), full=0.12, less=(("mouth_corner_up", -0.3),)),
    # lip stretcher: corners out, without being raised
    20: Unit((("mouth_corner_out", 1.0),), full=0.08, less=(("mouth_corner_up", 1.2),)),
    # lips part
    25: Unit((("lip_gap", 1.0),), full=0.25),
    # jaw drop: the chin leaves the nose, also where the lips stay closed
    26: Unit((("chin_boss_up", -1.0),), full=0.2),
    # blink: the eye closes; up to a seventh of its opening is gaze and smile
    45: Unit((("eye_opening", -1.0),), full=0.75, start=0.15),
}
"""How each unit is read.

Units of `tables.face.ACTION_UNITS` that are absent here cannot be told from this mesh and stay null: 14 (dimpler: a pit
beside the mouth's corners) and 23 (lip tightener: the lips roll in, which the mesh shows as the same thinning that a
smile or lowered corners make).
"""

_UNIT_ROW = {unit: row for row, unit in enumerate(ACTION_UNITS)}


def _weights_of(movement: Movement) -> np.ndarray:
    """The movement as weights on the mesh's coordinates, (478, 3)."""
    weights = np.zeros_like(CANONICAL_HEAD)
    mirrored = np.array(movement.direction) * (-1, 1, 1)
    for points, factor in ((movement.points, 1.0), *((p, -f) for p, f in movement.against)):
        for point in points:
            weights[point] += np.array(movement.direction) * factor / len(points) / 2
            weights[MIRROR[point]] += mirrored * factor / len(points) / 2
    return weights


_WEIGHTS = np.stack([_weights_of(m).ravel() for m in MOVEMENTS.values()])

AVERAGE = np.array([m.average for m in MOVEMENTS.values()])
SPREAD = np.array([m.spread for m in MOVEMENTS.values()])
"""(movements,): mean and standard deviation of the resting value over people

Of nine people: the two built-in portraits (of the astronaut only the upper face, since she smiles) and resting frames
of seven people in public clips. The lip gap's spread is 0.004 there; 0.02 leaves room for mouths that rest open.
"""


_RELATIVE = np.array([m.relative for m in MOVEMENTS.values()])


def movements(face: np.ndarray) -> np.ndarray:
    """Values of `MOVEMENTS`, (frames, movements), of pose-free meshes (frames, 478, 3); NaN where those are."""
    return face.reshape(len(face), _WEIGHTS.shape[1]) @ _WEIGHTS.T


def intensities(moved: np.ndarray, resting: np.ndarray, slack: np.ndarray | float = 0.0) -> np.ndarray:
    """Intensities 0..5, (frames, units) in the order of `ACTION_UNITS`, of movements (frames, movements) away from a
    resting face's (movements,).

    Changes up to `slack` (movements,) count as none and shorten larger ones: use it where the resting face is not known
    well. NaN for units that the mesh does not show, and where a movement or the resting face is NaN.
    """
    change = moved - resting
    change = np.sign(change) * np.maximum(np.abs(change) - slack, 0) / np.where(_RELATIVE, resting, 1.0)
    by_name = dict(zip(MOVEMENTS, change.T, strict=True))
    result = np.full((len(moved), len(ACTION_UNITS)), np.nan)
    for number, unit in UNITS.items():
        total = sum(weight * by_name[name] for name, weight in unit.parts)
        for name, factor in unit.less:
            total = total - abs(factor) * np.maximum(np.sign(factor) * by_name[name], 0)
        result[:, _UNIT_ROW[number]] = np.clip(5 * (total - unit.start) / (unit.full - unit.start), 0, 5)
    return result
