"""The neutral face of a performer, found among frames full of expression.

No frame is marked as neutral, and the mean of a person who mostly smiles is a smile. A frame counts as neutral when
the eyes are open, and each of its movements has a value to which this person returns often (every video passes through
neutral, few through the same expression) and which is plausible for a neutral face (which decides where there is a
single video). The neutral face is the median of the meshes of the most neutral frames.

This cannot decide whether an unusual face that a person shows throughout a single video is neutral. Several videos of
different expressions can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.face.action_units import NeutralMeasures, levels, unit_scores
from moodreel.face.displacements import Displacements
from moodreel.face.head_pose import HeadPose, head_pose
from moodreel.face.movements import AVERAGE, MOVEMENTS, SPREAD, movements, movements_by_side
from moodreel.settings.action_units import ActionUnitsSettings
from moodreel.tables import base, mesh_points
from moodreel.tables.extraction import BLENDSHAPES
from moodreel.tables.face import ACTION_UNITS, NEUTRAL

MAX_FRAMES = 1500
"""Candidate frames per performer, shared equally among the videos: bounds memory (17 MB of meshes, 18 MB of kernels)
and time."""

_TAKEN = 0.1  # share of the candidate frames: acted clips are neutral for an eighth of their time
_VISITED = 0.1  # share of a video's frames near a value from which the video counts as visiting it
_BANDWIDTH = 0.25  # of the kernels, in spreads between people: about the mesh's own jitter
_OWN_WEIGHT = 3.0  # weight of this person's videos, relative to the prior over people
_LOWERED = (
    1.0  # of 5: nearly all of the possible gain; the neutral face of a person who smiles throughout is not a frown
)
_OPEN = 0.6  # share of this person's wide open eyes (90th percentile): below, they blink or look down


@dataclass(frozen=True)
class Sample:
    """Candidate frames of one video: pose-free meshes `face` (n, 478, 3) and blendshapes `scores` (n, 52), NaN where
    there are none."""

    face: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Neutral:
    """A neutral face, the medians over `frames` frames of `videos` videos.

    `face` (478, 3) in head-fixed axes, NaN where no person was found; `scores` (52,): its blendshapes, NaN without;
    `zero` (units,): the level of each unit (`action_units.levels`), 0 or below, that counts as none.
    """

    face: np.ndarray
    scores: np.ndarray
    zero: np.ndarray
    frames: int
    videos: int

    @classmethod
    def read(cls, path: Path) -> Neutral:
        """From a table NEUTRAL."""
        row = base.read(path, NEUTRAL).row(0, named=True)
        if not row["frames"]:
            return NOBODY
        face = np.stack([row[axis] for axis in "xyz"], axis=1)
        scores = NOBODY.scores if row["blendshapes"] is None else np.array(row["blendshapes"])
        return cls(face, scores, np.array(row["zero"]), row["frames"], row["videos"])

    def table(self, performer: str) -> pl.DataFrame:
        """The table NEUTRAL of this performer."""
        row: dict[str, Any] = {"performer": performer, "frames": self.frames, "videos": self.videos}
        if self.frames:
            row |= {**dict(zip("xyz", self.face.T.tolist(), strict=True)), "zero": self.zero.tolist()}
            row["blendshapes"] = None if np.isnan(self.scores).any() else self.scores.tolist()
        return pl.DataFrame([row], schema=base.polars_schema(NEUTRAL))


NOBODY = Neutral(np.full((478, 3), np.nan), np.full(len(BLENDSHAPES), np.nan), np.zeros(len(ACTION_UNITS)), 0, 0)


def sample_mesh(path: str | Path, videos: int, settings: ActionUnitsSettings) -> Sample:
    """The candidate frames of one of `videos` videos, with its MESH table at `path`, for the performer's neutral
    face."""
    rows = candidates(mesh_points.sure(path, settings.min_confidence), videos)
    points, scores = mesh_points.at(path, rows)
    return frontal(head_pose(points), scores, videos, max_turn_deg=settings.max_turn_deg)


def candidates(sure: np.ndarray, videos: int) -> np.ndarray:
    """Candidate rows of one video: evenly spaced among those where `sure` (frames,) is true, at most four times the
    video's share of `MAX_FRAMES` among `videos`, since the head may be turned away in some."""
    return _thinned(np.flatnonzero(sure), 4 * _share(videos))


def frontal(pose: HeadPose, scores: np.ndarray, videos: int, *, max_turn_deg: float) -> Sample:
    """One video's sample: the frames with the head turned by at most `max_turn_deg`, evenly spaced, at most its share.

    `scores` (frames, 52): their blendshapes, NaN without.
    """
    turn = np.abs(pose.angles_deg[:, :2]).max(axis=1)
    rows = _thinned(np.flatnonzero(turn <= max_turn_deg), _share(videos))
    return Sample(pose.face[rows], scores[rows])


def candidate_rows(sure: np.ndarray, turn_deg: np.ndarray, videos: int, *, max_turn_deg: float) -> np.ndarray:
    """Candidate rows of one video where all frames have been read: those that `candidates` and `frontal` take.

    `sure` (frames,) bool; `turn_deg` (frames,): the rotation of the head, NaN where there is no face.
    """
    rows = candidates(sure, videos)
    return _thinned(rows[turn_deg[rows] <= max_turn_deg], _share(videos))


def _share(videos: int) -> int:
    return max(1, MAX_FRAMES // max(1, videos))


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of `rows`, evenly spaced."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)]


def find(samples: list[Sample]) -> Neutral:
    """The neutral face among `samples`, one per video; some may be empty."""
    samples = [s for s in samples if len(s.face)]
    if not samples:
        return NOBODY
    faces = np.concatenate([s.face for s in samples])
    scores = np.concatenate([s.scores for s in samples])
    video = np.repeat(np.arange(len(samples)), [len(s.face) for s in samples])
    displacements = Displacements(movements_by_side(faces), unit_scores(scores))
    best = _most_neutral(displacements, video)
    face, neutral_scores = np.median(faces[best], axis=0), np.median(scores[best], axis=0)
    zero = _zero(
        displacements, NeutralMeasures(movements(face[None])[0], unit_scores(neutral_scores[None])[0].mean(axis=0))
    )
    return Neutral(face, neutral_scores, zero, len(best), len(np.unique(video[best])))


def neutral_measures_among(samples: Sequence[Displacements]) -> NeutralMeasures | None:
    """Neutral measures of either side, found like `find` but without a mesh: the medians are those of the movements,
    not of the points. None where all `samples`, one per video, are empty.

    On the demo's 42 clips, of two performers, intensities (0 to 5) differ from those against the neutral face of the
    meshes by 0.0003 in the median and 0.05 at most, in AU 4 of one performer.
    """
    samples = [s for s in samples if len(s)]
    if not samples:
        return None
    displacements = Displacements(
        *(np.concatenate([getattr(s, name) for s in samples]) for name in ("movements", "scores"))
    )
    best = _most_neutral(displacements, np.repeat(np.arange(len(samples)), [len(s) for s in samples]))
    neutral = NeutralMeasures(
        np.median(displacements.movements[best], axis=0), np.median(displacements.scores[best], axis=0)
    )
    return replace(
        neutral, zero=_zero(displacements, NeutralMeasures(neutral.movements.mean(axis=0), neutral.scores.mean(axis=0)))
    )


def _most_neutral(displacements: Displacements, video: np.ndarray) -> np.ndarray:
    """The most neutral frames; `video` (frames,) as in `neutral_support`."""
    support = neutral_support(displacements.of_both[0], video)
    return np.argsort(-support, kind="stable")[: int(np.ceil(_TAKEN * len(displacements)))]


def _zero(displacements: Displacements, neutral: NeutralMeasures) -> np.ndarray:
    """The level of each unit, (units,), that counts as none: that of the neutral face, 0, or the median if that is
    lower, by at most `_LOWERED`.

    Frames that are neutral in one unit may be active in another, and one face for all units is too high in some: a unit
    that would be absent in more than half of the frames has their median as its zero. (OpenFace too shifts each
    unit by a quantile over the video.) On thirteen real clips the agreement with blendshapes rose from 0.47 to 0.53 on
    one network and from 0.74 to 0.78 on another; with OpenFace in one clip it changed by 0.01 and -0.02. The median
    also where it is higher makes half of every acted clip vanish.
    """
    unit_levels = levels(*displacements.of_both, neutral)
    known = ~np.isnan(unit_levels).all(axis=0)
    zero = np.zeros(len(ACTION_UNITS))
    zero[known] = np.clip(np.nanmedian(unit_levels[:, known], axis=0), -_LOWERED, 0)
    return zero


def neutral_support(movements: np.ndarray, video: np.ndarray) -> np.ndarray:
    """How neutral each frame is, (frames,), from movements (frames, movements) in videos (frames,), 0, 1, ...

    Sum over movements of `_OWN_WEIGHT` x log(share of videos that visit its value) + log(prior). A video visits a value
    fully when `_VISITED` of its frames are near it (Gaussian kernels), in part when fewer are. The prior is how
    plausible the value is in a neutral face: Student's t with 3 degrees of freedom around the average of people; its
    heavy tails allow for unusual faces. Frames with eyes that are not open rank behind all others.
    """
    member = np.eye(video.max() + 1)[video]  # (frames, videos)
    member /= member.sum(axis=0)
    support = np.zeros(len(movements))
    for value in ((movements - AVERAGE) / SPREAD).T:
        near = np.exp(-0.5 * ((value[:, None] - value[None]) / _BANDWIDTH) ** 2)
        visited = np.minimum(near @ member / _VISITED, 1).mean(axis=1)
        support += _OWN_WEIGHT * np.log(visited) - 2 * np.log1p(value**2 / 3)
    opening = movements[:, list(MOVEMENTS).index("eye_opening")]
    shut = opening < _OPEN * np.percentile(opening, 90)
    return support - np.where(shut, 1e6, 0)
