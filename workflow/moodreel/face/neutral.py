"""The resting face of a performer, found among frames full of expression.

No frame is marked as neutral, and the mean of a person who mostly smiles is a smile. A frame speaks for rest when each
of its movements has a value to which this person keeps coming back (every video passes through rest, few through the
same expression) and one that is plausible for a resting face at all (which decides where there is a single video). The
frames that say so loudest are taken, and the median of their meshes is the resting face.

What this cannot know: whether somebody who shows one unusual face throughout a single video rests or acts. With several
videos of different expressions it can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moodreel.face.action_units import AVERAGE, SPREAD, movements
from moodreel.face.head_pose import HeadPose

MAX_FRAMES = 1500
"""Frames looked at per performer, shared equally among the videos: bounds memory (17 MB of meshes, 18 MB of kernels)
and time."""

_TAKEN = 0.1  # share of the frames looked at: acted clips rest for an eighth of their time
_VISITED = 0.1  # share of a video's frames near a value from which the video counts as having come to it
_BANDWIDTH = 0.25  # of the kernels, in spreads between people: about the mesh's own jitter
_EVIDENCE = 3.0  # weight of what this person's videos say against what is plausible for people


@dataclass(frozen=True)
class Neutral:
    """A resting face, the median of `frames` frames from `videos` videos: `face` (478, 3) in head-fixed axes, NaN where
    nobody was seen."""

    face: np.ndarray
    frames: int
    videos: int


def candidates(sure: np.ndarray, videos: int) -> np.ndarray:
    """Rows of one video to look at: evenly spaced among those where `sure` (frames,) is true, at most four times the
    video's share of `MAX_FRAMES` among `videos`, since the head may be turned away in some."""
    return _thinned(np.flatnonzero(sure), 4 * _share(videos))


def frontal(pose: HeadPose, videos: int, *, max_turn_deg: float) -> np.ndarray:
    """One video's sample: pose-free meshes turned by at most `max_turn_deg`, evenly spaced, (<= share, 478, 3)."""
    turn = np.maximum(np.abs(pose.pitch_deg), np.abs(pose.yaw_deg))
    return _thinned(pose.face[turn <= max_turn_deg], _share(videos))


def _share(videos: int) -> int:
    return max(1, MAX_FRAMES // max(1, videos))


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of `rows`, evenly spaced."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)]


def find(samples: list[np.ndarray]) -> Neutral:
    """The resting face among `samples`, one array of pose-free meshes (n, 478, 3) per video; some may be empty."""
    samples = [s for s in samples if len(s)]
    if not samples:
        return Neutral(np.full((478, 3), np.nan), 0, 0)
    faces = np.concatenate(samples)
    video = np.repeat(np.arange(len(samples)), [len(s) for s in samples])
    support = rest_support(movements(faces), video)
    best = np.argsort(-support, kind="stable")[: int(np.ceil(_TAKEN * len(faces)))]
    return Neutral(np.median(faces[best], axis=0), len(best), len(np.unique(video[best])))


def rest_support(moved: np.ndarray, video: np.ndarray) -> np.ndarray:
    """How much each frame speaks for rest, (frames,), of movements (frames, movements) in videos (frames,), 0, 1, ...

    Sum over movements of `_EVIDENCE` x log(share of videos that come to its value) + log(prior). A video comes to a
    value fully when `_VISITED` of its frames are near it (Gaussian kernels), in part when fewer are. The prior is how
    plausible the value is at rest: Student's t with 3 degrees of freedom around the average of people; its heavy tails
    leave room for unusual faces.
    """
    member = np.eye(video.max() + 1)[video]  # (frames, videos)
    member /= member.sum(axis=0)
    support = np.zeros(len(moved))
    for value in ((moved - AVERAGE) / SPREAD).T:
        near = np.exp(-0.5 * ((value[:, None] - value[None]) / _BANDWIDTH) ** 2)
        visited = np.minimum(near @ member / _VISITED, 1).mean(axis=1)
        support += _EVIDENCE * np.log(visited) - 2 * np.log1p(value**2 / 3)
    return support
