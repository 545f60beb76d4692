"""The measures that action units are computed from: the position of points of the face along a direction.

All are linear in the pose-free mesh of `head_pose`, in eye distances. The points and their references
were chosen among some eighty candidates by objective criteria: the truth of the built-in actors (correlation, and how
little other expressions move the measure), the same measure on the meshes of two networks (192 and 256 px) over
thirteen real clips (a change in only one network is noise), the agreement with MediaPipe's blendshapes there, and with
OpenFace in one clip.
"""

from dataclasses import dataclass

import numpy as np

from moodreel.face.head_pose import CANONICAL_HEAD, MIRROR

UP, OUT, IN = (0, -1, 0), (-1, 0, 0), (1, 0, 0)
"""Directions in head-fixed axes for points on the viewer's left; the other side gets the mirror image."""

Weighted = tuple[tuple[tuple[int, ...], float], ...]


@dataclass(frozen=True)
class Movement:
    """The position of the mean of `points` along `direction`, minus that of `against` (a weighted sum of means).

    Points are those on the viewer's left or on the midline; their counterparts give the same for the viewer's right.
    With `relative` a change counts as a share of the neutral value, otherwise in eye distances. `average` and `spread`
    are mean and standard deviation of the neutral value over people (see `AVERAGE`). A `quick` movement is not
    smoothed: a blink of 0.2 s would keep 0.69 of its depth (parabolas over 0.25 s to either side), of 0.4 s 0.99.
    """

    points: tuple[int, ...]
    direction: tuple[int, int, int]
    against: Weighted
    average: float
    spread: float
    relative: bool = False
    quick: bool = False


EYE: Weighted = (((33, 133), 0.5), ((145, 153, 144), 0.5))
"""Both corners and the lower lid, half each. When the eye closes, the mesh lowers the corners and raises the lid: the
middle stays. Relative to it, brows moved by -2 % and 1 % (two networks) of a full raise when actors closed their eyes,
relative to the corners alone by 17 % and 26 %, to the lid alone by -19 % and -23 %. An error of the pitch moves it as
it moves the brows, and cancels out; relative to the bridge of the nose two networks agreed less (0.54, here 0.78)."""

LIP_LINE: Weighted = (((0,), 0.6), ((17,), 0.4))
"""0.6 of the way from the lower to the upper lip: the height at which a dropping jaw alone moves the mouth's corners
neither up nor down (acted clips)."""

NOSE_BRIDGE: Weighted = (((168, 6), 1.0),)
"""Skin over bone, between the eyes."""

MOVEMENTS = {
    "inner_brow_up": Movement((107, 55, 66, 65), UP, EYE, 0.352, 0.03),
    "brow_arch_up": Movement((105, 63, 52, 53), UP, EYE, 0.35, 0.027),
    "brows_together": Movement((107, 55), IN, (), -0.22, 0.01),
    "eye_opening": Movement((159, 158, 160), UP, (((145, 153, 144), 1.0),), 0.113, 0.028, relative=True, quick=True),
    "lower_lid_up": Movement((145, 153, 144), UP, (((33, 133), 1.0),), -0.038, 0.009),
    "cheek_up": Movement((117, 118, 50, 101), UP, (), -0.363, 0.027),
    "nostril_up": Movement((98, 64, 48), UP, NOSE_BRIDGE, -0.62, 0.038),
    "upper_lip_up": Movement((0, 37, 39, 40), UP, (((2,), 1.0),), -0.252, 0.035),
    "nasolabial_up": Movement((36, 142, 203), UP, (), -0.515, 0.028),
    "mouth_corner_up": Movement((61,), UP, LIP_LINE, -0.02, 0.033),
    "mouth_corner_out": Movement((61,), OUT, (), 0.395, 0.035),
    "lip_gap": Movement((13, 82), UP, (((14, 87), 1.0),), 0.004, 0.02),
    "lower_lip_up": Movement((17, 84), UP, (((2,), 1.0),), -0.5, 0.065),
    "chin_boss_up": Movement((18, 200), UP, NOSE_BRIDGE, -1.385, 0.09),
}
"""The measures, by name. Between `eye_opening` and the others: lids are measured as a share of the neutral opening,
since eyes differ by half in how far they open."""

VIEWERS_LEFT, VIEWERS_RIGHT = 0, 1
"""Sides of `movements_by_side`. The performer's own right is on the viewer's left."""


def _weights_of(movement: Movement) -> np.ndarray:
    """The movement as weights on the mesh's coordinates, (2, 478, 3): on the viewer's left and right."""
    weights = np.zeros((2, *CANONICAL_HEAD.shape))
    mirrored = np.array(movement.direction) * (-1, 1, 1)
    for points, factor in ((movement.points, 1.0), *((p, -f) for p, f in movement.against)):
        for point in points:
            weights[VIEWERS_LEFT, point] += np.array(movement.direction) * factor / len(points)
            weights[VIEWERS_RIGHT, MIRROR[point]] += mirrored * factor / len(points)
    return weights


_WEIGHTS = np.stack([_weights_of(m).reshape(2, -1) for m in MOVEMENTS.values()], axis=1)  # (sides, movements, 1434)
_USED = np.flatnonzero(_WEIGHTS.any(axis=(0, 1)))
_USED_WEIGHTS = _WEIGHTS[:, :, _USED].reshape(-1, len(_USED)).T

AVERAGE = np.array([m.average for m in MOVEMENTS.values()])
SPREAD = np.array([m.spread for m in MOVEMENTS.values()])
"""(movements,): the neutral value of people, and its spread.

Median and 1.48 times the median absolute deviation, rounded, of thirteen neutral faces (the two built-in portraits and
eleven people or clips), each read by two networks; medians, since four of the thirteen smile throughout. The lip gap's
spread allows for mouths that are open when neutral.
"""

RELATIVE = np.array([m.relative for m in MOVEMENTS.values()])
QUICK = np.array([m.quick for m in MOVEMENTS.values()])


def movements_by_side(face: np.ndarray) -> np.ndarray:
    """Values of `MOVEMENTS` on either side, (frames, 2, movements), of pose-free meshes (frames, 478, 3).

    First the viewer's left, then their right. NaN where a mesh is NaN.
    """
    coordinates = face.reshape(len(face), _WEIGHTS.shape[-1])[:, _USED]
    return (coordinates @ _USED_WEIGHTS).reshape(len(face), 2, len(MOVEMENTS))


def movements(face: np.ndarray) -> np.ndarray:
    """Values of `MOVEMENTS`, (frames, movements): the mean of both sides."""
    return movements_by_side(face).mean(axis=1)
