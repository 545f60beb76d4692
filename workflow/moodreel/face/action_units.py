"""Action units: the measures of the face, and the scores of the network, that each is computed from.

A `Unit` is a sum of `movements` away from a neutral face, scaled to FACS's five levels; with blendshapes, the weighted
mean of that and of their scores. What each unit looks like is from the FACS manual (Ekman, Friesen & Hager 2002); FACS
levels A to E are ordinal and have no lengths, so `full` (the change that counts as 5) is our choice: about the largest
that the mesh showed in clips of strong expressions.

Tried and left out for lack of evidence (see `movements`):
- regressing each measure in a video on the head's pitch and yaw (robustly) and taking the residuals: the cheek agreed
  better with OpenFace (0.82 to 0.90 on one network), most others did not, and the agreement with blendshapes fell by up
  to 0.3;
- the nearer half of a turned face instead of both halves: as good as both;
- other rigid points, or a robust fit of all points, for the pose: six of them, all within 0.01 on average;
- a low percentile of the video as zero instead of the neutral face: correlation with OpenFace of AU 1, 2, 6, 9, 10 and
  12 on one clip 0.66 on average with the 20th, 0.70 with the neutral face;
- logarithms or roots of the blendshapes: no better than the scores.
"""

from dataclasses import dataclass

import numpy as np

from moodreel.face.movements import AVERAGE, MOVEMENTS, RELATIVE, SPREAD, VIEWERS_LEFT, VIEWERS_RIGHT
from moodreel.tables.extraction import BLENDSHAPES
from moodreel.tables.face import ACTION_UNITS


@dataclass(frozen=True)
class Scores:
    """The blendshape score of a unit.

    `name` is written here without the suffixes `Left` and `Right`, the performer's own, of scores that exist for each
    side. `full` is the rise above neutral that counts as intensity 5, `share` the weight relative to the geometry.
    `average` and `spread` are mean and standard deviation over neutral faces. `quick` as in `movements`.
    """

    name: str
    full: float
    share: float
    average: float
    spread: float
    quick: bool = False


@dataclass(frozen=True)
class Unit:
    """`shows` is the appearance by FACS. `parts`: movements and their weights; `less`: movements of neighbouring units
    that move the same points, subtracted where they have the sign of the factor (a smile lifts the nostrils).

    `full` is the sum that counts as intensity 5, `start` the one up to which it is 0. `scores` contribute where there
    are blendshapes.
    """

    shows: str
    parts: tuple[tuple[str, float], ...]
    full: float
    less: tuple[tuple[str, float], ...] = ()
    start: float = 0.0
    scores: Scores | None = None


UNITS = {
    1: Unit(
        "frontalis, medial: the inner brows rise",
        parts=(("inner_brow_up", 1.0),), full=0.1,
        scores=Scores("browInnerUp", 0.54, share=0.4, average=0.03, spread=0.1),
    ),
    2: Unit(
        "frontalis, lateral: the outer brows rise and arch",
        parts=(("brow_arch_up", 1.0),), less=(("eye_opening", -0.01),), full=0.1,
        scores=Scores("browOuterUp", 0.46, share=0.4, average=0.06, spread=0.07),
    ),
    4: Unit(
        "corrugator, depressor supercilii, procerus: the brows come down, most at their inner ends, and together",
        parts=(("inner_brow_up", -0.7), ("brow_arch_up", -0.3), ("brows_together", 0.5)), full=0.06,
        scores=Scores("browDown", 0.25, share=0.6, average=0.03, spread=0.035),
    ),
    5: Unit(
        "levator palpebrae: the eye opens wider than at rest",
        parts=(("eye_opening", 1.0),), full=0.6,
        scores=Scores("eyeWide", 0.08, share=0.5, average=0.005, spread=0.008, quick=True),
    ),
    6: Unit(
        "orbicularis oculi, orbital: the cheeks rise towards the eyes",
        parts=(("cheek_up", 1.0),), less=(("eye_opening", -0.015),), full=0.08,
        scores=Scores("mouthSmile", 1.2, share=0.25, average=0.005, spread=0.1),
    ),
    7: Unit(
        "orbicularis oculi, palpebral: the lower lid rises, beyond what closing eyes lift it",
        parts=(("lower_lid_up", 1.0),), less=(("eye_opening", -0.025),), full=0.05,
        scores=Scores("eyeSquint", 0.6, share=0.3, average=0.33, spread=0.14),
    ),
    9: Unit(
        "levator labii alaeque nasi: the nostrils' wings rise, beyond what a smile lifts them",
        parts=(("nostril_up", 1.0),), less=(("mouth_corner_up", 0.15), ("mouth_corner_out", 0.15)), full=0.1,
    ),
    10: Unit(
        "levator labii: the upper lip rises, and the cheek above it",
        parts=(("upper_lip_up", 1.0), ("nasolabial_up", 0.5)), full=0.16,
        scores=Scores("mouthUpperUp", 0.9, share=0.35, average=0.002, spread=0.05),
    ),
    12: Unit(
        "zygomaticus major: the mouth's corners go out and up",
        parts=(("mouth_corner_out", 1.0), ("mouth_corner_up", 0.5)), full=0.25,
        scores=Scores("mouthSmile", 1.2, share=0.5, average=0.005, spread=0.1),
    ),
    15: Unit(
        "depressor anguli oris: the mouth's corners go down against the lips",
        parts=(("mouth_corner_up", -1.0),), full=0.13,
        scores=Scores("mouthFrown", 0.06, share=0.25, average=0.001, spread=0.003),
    ),
    17: Unit(
        "mentalis: the chin pushes the lower lip up, beyond what lowered corners do",
        parts=(("lower_lip_up", 1.0),), less=(("mouth_corner_up", -0.3),), full=0.18,
        scores=Scores("mouthShrugLower", 0.4, share=0.6, average=0.02, spread=0.05),
    ),
    18: Unit(
        "incisivii labii: the mouth's corners come in, without being lowered",
        parts=(("mouth_corner_out", -1.0),), less=(("mouth_corner_up", -0.3),), full=0.12,
        scores=Scores("mouthPucker", 0.6, share=0.5, average=0.002, spread=0.05),
    ),
    20: Unit(
        "risorius: the mouth's corners go out, without being raised",
        parts=(("mouth_corner_out", 1.0),), less=(("mouth_corner_up", 1.2),), full=0.12,
        scores=Scores("mouthStretch", 0.2, share=0.3, average=0.005, spread=0.02),
    ),
    25: Unit(
        "the lips part",
        parts=(("lip_gap", 1.0),), full=0.25,
        scores=Scores("jawOpen", 0.3, share=0.2, average=0.014, spread=0.02),
    ),
    26: Unit(
        "masseter relaxed: the lower lip and the chin leave the nose, also where the lips stay closed",
        parts=(("lower_lip_up", -0.5), ("chin_boss_up", -0.5)), full=0.2,
        scores=Scores("jawOpen", 0.3, share=0.5, average=0.014, spread=0.02),
    ),
    45: Unit(
        "levator palpebrae relaxed: the eye closes",
        parts=(("eye_opening", -1.0),), full=0.75, start=0.05,
        scores=Scores("eyeBlink", 0.5, share=0.5, average=0.18, spread=0.12, quick=True),
    ),
}  # fmt: skip
"""How each unit is computed: its appearance by FACS, its movements and scores, and the sum that counts as 5.

Two are absent and stay null. AU 23 (lip tightener): the lips roll in, which the mesh shows as the same thinning that a
smile or lowered corners make, and the blendshapes of pressed and rolled lips go against OpenFace (-0.2). AU 14
(dimpler), a pit next to the mouth's corners: `mouthDimple` did not agree with OpenFace in a clip where that found two
levels (correlation -0.04), and puckered lips raise it; it is in the table under its own name.

The shares follow how well blendshape and distance each agreed with OpenFace on ten clips in first trials (correlation
of the blendshape and of the distance: AU 1 .28 .19, 2 .42 .49, 4 .42 .29, 5 .44 .33, 6 .49 .56, 9 .17 .30, 10 .59 .61,
12 .73 .69, 15 .10 .28, 17 .32 .20, 25 .38 .60, 45 .83 .78). The network's own scores for 6 and 9, `cheekSquint` and
`noseSneer`, never exceeded 0.0001 in thirteen clips: 9 has no score, and 6 has `mouthSmile` instead, since both raise
the cheek and nothing here distinguishes a smile with 6 from a wide one without it. `full` of the scores makes them vary
about as much as the geometry does over those clips.
"""


@dataclass(frozen=True)
class NeutralMeasures:
    """The neutral measures from which intensities are computed.

    `movements` (..., movements) and `scores` (..., units), as `unit_scores` gives them, of the neutral face; changes up
    to `slack` and `scores_slack` of the same shapes count as none and are subtracted from larger ones: for a neutral
    face that is not known well. `zero` (units,): the level, 0 or below on the scale of intensities, that counts as
    none.
    """

    movements: np.ndarray
    scores: np.ndarray
    slack: np.ndarray | float = 0.0
    scores_slack: np.ndarray | float = 0.0
    zero: np.ndarray | float = 0.0


_LEAST = 0.02  # eye distances: least neutral value to divide by, for eyes that never opened

_SCORES = [UNITS[unit].scores if unit in UNITS else None for unit in ACTION_UNITS]

QUICK_SCORES = np.array([bool(s and s.quick) for s in _SCORES])

PEOPLE = NeutralMeasures(
    AVERAGE,
    np.array([s.average if s else np.nan for s in _SCORES]),
    SPREAD,
    np.array([s.spread if s else np.nan for s in _SCORES]),
)
"""The average neutral face, with one standard deviation of neutral faces as slack."""


def unit_scores(scores: np.ndarray) -> np.ndarray:
    """The blendshape scores of the units on either side, (frames, 2, units), of the network's scores (frames, 52).

    Sides in the order of `movements_by_side`. NaN where a score is NaN, and for units without a score.
    """
    result = np.full((len(scores), 2, len(ACTION_UNITS)), np.nan)
    for row, unit in enumerate(_SCORES):
        if unit:
            for side, own in ((VIEWERS_LEFT, "Right"), (VIEWERS_RIGHT, "Left")):
                name = unit.name if unit.name in BLENDSHAPES else unit.name + own
                result[:, side, row] = scores[:, BLENDSHAPES.index(name)]
    return result


def intensities(movements: np.ndarray, scores: np.ndarray, neutral: NeutralMeasures) -> np.ndarray:
    """Intensities 0..5, (..., units) in the order of `ACTION_UNITS`, of movements (..., movements) and unit scores
    (..., units).

    Where a score or its neutral value is NaN, geometry alone counts. NaN for units that are not measured, and where a
    movement or its neutral value is NaN.
    """
    return np.clip(levels(movements, scores, neutral) - neutral.zero, 0, 5)


def levels(movements: np.ndarray, scores: np.ndarray, neutral: NeutralMeasures) -> np.ndarray:
    """Intensities before `neutral.zero` is subtracted and they are clipped: negative where a face moves against a
    unit."""
    unit_of = np.where(RELATIVE, np.maximum(neutral.movements, _LEAST), 1.0)
    change = _subtract_slack(movements - neutral.movements, neutral.slack) / unit_of
    by_name = dict(zip(MOVEMENTS, np.moveaxis(change, -1, 0), strict=True))
    risen = _subtract_slack(scores - neutral.scores, neutral.scores_slack)
    result = np.full((*change.shape[:-1], len(ACTION_UNITS)), np.nan)
    for row, number in enumerate(ACTION_UNITS):
        if number in UNITS:
            result[..., row] = 5 * _level(UNITS[number], by_name, risen[..., row])
    return np.where(np.isnan(change).any(axis=-1, keepdims=True), np.nan, result)


def _level(unit: Unit, change: dict[str, np.ndarray], risen: np.ndarray) -> np.ndarray:
    """The level of a unit, 1 at `full`, from the changes by name and the rise of its score."""
    total = sum(weight * change[name] for name, weight in unit.parts)
    for name, factor in unit.less:
        total = total - abs(factor) * np.maximum(np.sign(factor) * change[name], 0)
    by_geometry = (total - unit.start) / (unit.full - unit.start)
    if not unit.scores:
        return np.asarray(by_geometry)
    by_scores = risen / unit.scores.full
    weighted = (1 - unit.scores.share) * by_geometry + unit.scores.share * by_scores
    return np.where(np.isnan(by_scores), by_geometry, weighted)


def _subtract_slack(change: np.ndarray, slack: np.ndarray | float) -> np.ndarray:
    return np.sign(change) * np.maximum(np.abs(change) - slack, 0)
