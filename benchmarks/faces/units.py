"""Single action units in labelled pictures, without the rule: are they higher where FACS expects them?

For a unit in an emotion's prototype (`rules.PROTOTYPES`): how often it is higher in a picture with that label than in a
neutral one, with ties counted half, which is the area under the ROC curve; 0.5 is chance. Only pictures of the same
rater are compared, since raters' pictures differ in more than the expression.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.faces.judges import Pictures, displacements_in
from benchmarks.faces.rules import PROTOTYPES
from moodreel.classify.interval import LEAST_PEOPLE, LEVEL, RESAMPLES
from moodreel.face.action_units import PEOPLE, NeutralMeasures, levels
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.face import ACTION_UNITS

AVERAGE_FACE = NeutralMeasures(PEOPLE.movements, PEOPLE.scores)
"""The average neutral face without slack: every difference from it counts."""

NEUTRAL = EMOTIONS.index("neutral")


def read(pictures: Pictures, backend: str) -> np.ndarray:
    """Levels (pictures, units) of the units by a face backend relative to the average face, below 0 where a face moves
    against a unit; NaN without a face."""
    return levels(*displacements_in(pictures, backend).of_both, AVERAGE_FACE)


def areas(
    units: np.ndarray, truth: np.ndarray, people: np.ndarray, raters: np.ndarray, seed: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """The figures of `area` by emotion and unit, from levels (pictures, units), indices in EMOTIONS, people and raters
    (pictures,). Units without a figure are left out.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for emotion, prototype in PROTOTYPES.items():
        for unit in prototype:
            level = units[:, list(ACTION_UNITS).index(unit)]
            rows = ~np.isnan(level) & np.isin(truth, (EMOTIONS.index(emotion), NEUTRAL))
            own = area(level[rows], truth[rows] != NEUTRAL, people[rows], raters[rows], seed)
            if own:
                found.setdefault(emotion, {})[f"AU{unit:02d}"] = own
    return found


def area(
    level: np.ndarray, shown: np.ndarray, people: np.ndarray, raters: np.ndarray, seed: int
) -> dict[str, Any] | None:
    """How often `level` (pictures,) is higher where `shown` (pictures,) bool is true than where it is not, over pairs
    of pictures of one of `raters` (pictures,), with a 95 % interval over `people` (pictures,): percentile bootstrap.

    None where there is no such pair. Without 5 people on either side there is no interval.
    """
    who = np.unique(people, return_inverse=True)[1]
    count = who.max(initial=0) + 1
    resamples = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    weights = np.vstack([np.ones(resamples.shape[1]), resamples])[:, who]  # the first row is the original sample
    higher, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    compared = np.zeros(len(level), bool)
    for rater in np.unique(raters):
        with_it, without = (np.flatnonzero((raters == rater) & (shown == side)) for side in (True, False))
        if not len(with_it) or not len(without):
            continue
        difference = level[with_it, np.newaxis] - level[without]
        wins = (difference > 0) + 0.5 * (difference == 0)
        higher += np.einsum("wi,ij,wj->w", weights[:, with_it], wins, weights[:, without], optimize=True)
        pairs += weights[:, with_it].sum(axis=1) * weights[:, without].sum(axis=1)
        compared[with_it] = compared[without] = True
    if not pairs[0]:
        return None
    sides = [len(np.unique(people[compared & (shown == side)])) for side in (True, False)]
    resampled = higher[1:][pairs[1:] > 0] / pairs[1:][pairs[1:] > 0]
    ends: Sequence[float] = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return {
        "pictures": int((compared & shown).sum()),
        "neutral": int((compared & ~shown).sum()),
        "people": len(np.unique(people[compared])),
        "area": float(higher[0] / pairs[0]),
        "interval": ends if min(sides) >= LEAST_PEOPLE else None,
    }
