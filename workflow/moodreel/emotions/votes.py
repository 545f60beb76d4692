"""From a video's emotion scores to one class: the frames vote, or the scores' mean decides.

Votes are those of the paper cs640-2020 (its algorithm 1 and table of classes): each frame has the emotion of its
highest score, each emotion one of three classes, and the video the class of most frames. The paper leaves open which
class wins a tie: here it is the first in the order of its result table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moodreel.tables.emotions import EMOTIONS

CLASSES = ("Pos", "Neg", "Neut")
"""The classes in the order of the paper's result table, in which ties go to the first."""

MEAN = "mean"
"""In place of a detector: the mean of all detectors' scores."""


@dataclass(frozen=True)
class Vote:
    """The vote of a video's frames.

    frames: number of frames by emotion, int (7,).
    mean: mean score by emotion, (7,); NaN where no frame has a face.
    classes: number of frames by class in `CLASSES`, int (3,).
    by_votes, by_mean: the video's class by either rule; None where no frame has a face.
    """

    frames: np.ndarray
    mean: np.ndarray
    classes: np.ndarray
    by_votes: str | None
    by_mean: str | None


def highest(scores: np.ndarray, decimals: int | None = None) -> np.ndarray:
    """The index in `EMOTIONS` of each frame's highest score, int (frames,), of `scores` (frames, 7) without NaN.

    With `decimals`, scores are rounded first. Ties go to the first.
    """
    known = np.asarray(scores, float)
    return np.argmax(known if decimals is None else np.round(known, decimals), axis=1)


def vote(scores: np.ndarray, classes: Mapping[str, str], decimals: int | None = None) -> Vote:
    """The vote of `scores` (frames, 7), NaN where there is no face; `classes` gives each emotion one of `CLASSES`."""
    visible = scores[~np.isnan(scores).any(axis=1)]
    frames = np.bincount(highest(visible, decimals), minlength=len(EMOTIONS))
    member = np.array([[classes[emotion] == name for emotion in EMOTIONS] for name in CLASSES])
    counts = member @ frames
    if not len(visible):
        return Vote(frames, np.full(len(EMOTIONS), np.nan), counts, None, None)
    mean = visible.astype(float).mean(axis=0)
    return Vote(frames, mean, counts, winner(counts), CLASSES[int(np.argmax(member @ mean))])


def winner(counts: np.ndarray) -> str:
    """The class with most frames, from the counts by class in `CLASSES` (3,)."""
    return CLASSES[int(np.argmax(counts))]
