"""Which rows of an imported file are one person's face, where a frame may hold several.

Faces are followed by their place. Other programs number faces too, but such a number is no person: OpenFace gives a
new one whenever it finds a face again (its issues 732, 804, 982). In a public file with one man alone 41 % of the rows
have another number than the rest.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

SAME_FACE = 1.0
"""A face farther than this from where one was expected, in heights of that face, is another's, or a cut lies between.
A head that crosses its own height within a frame, at 25 Hz, moves at 6 m/s."""

PATIENCE = 50
"""Frames after which a face that was not visible is no longer expected, as in `openpose.person`."""

EXTRAPOLATED = 5
"""Frames for which a face that was lost is expected to have gone on moving, and not to have stopped."""

ONE_FACE = 0.5
"""Faces of a frame that are nearer than this, in heights of the face, are one that was found twice: two heads do not
fit there."""

MOST_FACES = 100
"""Most faces in a frame: the pairs of faces to compare grow with its square."""


@dataclass(frozen=True)
class Track:
    """rows: one per frame, in order of the frames, (frames,). visible: bool (frames,), whether the person's face is in
    the row; where it is not, the row only tells that the frame was read. most: faces in a frame. restarts: how often
    the face was not where it had been before, so that it may be another person's."""

    rows: np.ndarray
    visible: np.ndarray
    most: int
    restarts: int


def track_face(
    frames: np.ndarray,
    visible: np.ndarray,
    certainty: np.ndarray,
    places: np.ndarray,
    heights: np.ndarray,
    numbers: np.ndarray | None = None,
) -> Track:
    """The rows of the face that is there for longest: the one with the largest sum of `certainty`.

    frames: (n,) numbers, in any order, several rows per frame for several faces. visible: bool (n,). certainty: (n,),
    0 to 1. places: (n, 2 or 3), the faces' centres; NaN, no columns, or all the same: unknown. heights: (n,), of the
    faces, in the unit of the places. numbers: (n,), the other program's numbers of the faces, which are followed where
    no place is known.

    Each face is followed on its own, by the least total distance from where the faces of the frames before are
    expected. Pieces of a track that are never in a frame together are then joined, by their certainty: they are one
    person before and after a cut, or a pause.

    Raises ValueError when more than `MOST_FACES` are in a frame.
    """
    order = np.argsort(frames, kind="stable")
    starts = np.flatnonzero(np.diff(frames[order], prepend=-np.inf) > 0)
    rows = order[starts]
    faces = order[visible[order]]
    _, first, counts = np.unique(frames[faces], return_index=True, return_counts=True)
    most = int(counts.max(initial=0))
    if most > MOST_FACES:
        raise ValueError(
            f"{most} faces in frame {frames[faces[first[counts.argmax()]]]:g}; up to {MOST_FACES} are read"
        )
    known = bool(np.nanmax(np.ptp(places[faces], axis=0), initial=0)) if len(faces) and places.shape[1] else False
    certainty = np.nan_to_num(certainty, nan=0.0)
    if most > 1:
        if known or numbers is None:
            pieces = _follow(faces, first, counts, frames, certainty, places, heights)
        else:
            pieces = np.unique(numbers[faces], return_inverse=True)[1]
        chosen = _join(faces[pieces >= 0], pieces[pieces >= 0], frames, certainty)
    else:
        chosen = faces
    at = np.searchsorted(frames[rows], frames[chosen])
    rows[at] = chosen
    shown = np.zeros(len(rows), bool)
    shown[at] = True
    return Track(rows, shown, most, _restarts(chosen, places, heights) if known else 0)


def _restarts(chosen: np.ndarray, places: np.ndarray, heights: np.ndarray) -> int:
    steps = np.linalg.norm(np.diff(places[chosen], axis=0), axis=1)
    with np.errstate(invalid="ignore"):
        return int((steps > SAME_FACE * heights[chosen[:-1]]).sum())


def _follow(
    faces: np.ndarray,
    first: np.ndarray,
    counts: np.ndarray,
    frames: np.ndarray,
    certainty: np.ndarray,
    places: np.ndarray,
    heights: np.ndarray,
) -> np.ndarray:
    """The number of the piece that each of the `faces` (rows, in order of the frames) belongs to, (faces,); -1 for a
    face that was found twice."""
    pieces = np.full(len(faces), -1)
    open_pieces: list[_Piece] = []
    made = 0
    for start, count in zip(first.tolist(), counts.tolist(), strict=True):
        here = faces[start : start + count]
        single = _without_doubles(here, certainty, places, heights) if count > 1 else np.arange(1)
        here = here[single]
        frame = float(frames[here[0]])
        open_pieces = [piece for piece in open_pieces if frame - piece.frame <= PATIENCE]
        taken: dict[int, _Piece] = {}
        if open_pieces:
            expected = np.array([piece.expected(frame) for piece in open_pieces])
            reach = np.array([piece.height for piece in open_pieces])
            distances = np.linalg.norm(expected[:, None] - places[here][None], axis=2) / reach[:, None]
            # beyond reach, and unknown, cost the same, so that no pair is stretched to spare another
            costs = np.where(distances <= SAME_FACE, distances, 10 * SAME_FACE)
            for which, face in zip(*linear_sum_assignment(costs), strict=True):
                if costs[which, face] <= SAME_FACE:
                    taken[int(face)] = open_pieces[which]
        for number, row in enumerate(here.tolist()):
            piece = taken.get(number)
            if piece is None:
                piece = _Piece(made)
                made += 1
                open_pieces.append(piece)
            piece.add(frame, places[row], float(heights[row]))
            pieces[start + single[number]] = piece.number
    return pieces


def _without_doubles(here: np.ndarray, certainty: np.ndarray, places: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Which of the faces of a frame to keep: of those at one place the most certain."""
    kept: list[int] = []
    for face in np.argsort(-certainty[here], kind="stable").tolist():
        distances = np.linalg.norm(places[here[kept]] - places[here[face]], axis=1)
        if not (distances < ONE_FACE * heights[here[face]]).any():
            kept.append(face)
    return np.array(sorted(kept))


class _Piece:
    """One face in successive frames: where it is expected next."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.frame, self.height = -np.inf, 1.0
        self._place = self._velocity = np.zeros(0)

    def add(self, frame: float, place: np.ndarray, height: float) -> None:
        """Go on with the face of a frame."""
        moved = (place - self._place) / (frame - self.frame) if len(self._place) else np.zeros(len(place))
        # halfway to the new step: one jitter does not throw the face off its way
        self._velocity = (self._velocity + moved) / 2 if len(self._velocity) else moved
        self.frame, self._place, self.height = frame, place, height

    def expected(self, frame: float) -> np.ndarray:
        """The place in a later frame."""
        return self._place + self._velocity * min(frame - self.frame, EXTRAPOLATED)


def _join(faces: np.ndarray, pieces: np.ndarray, frames: np.ndarray, certainty: np.ndarray) -> np.ndarray:
    """The rows among `faces` of the most certain piece, and of those that are never in a frame with it or another that
    was taken, the most certain first."""
    order = np.argsort(pieces, kind="stable")
    groups = np.split(faces[order], np.flatnonzero(np.diff(pieces[order])) + 1)
    sums = np.array([certainty[group].sum() for group in groups])
    _, index = np.unique(frames[faces], return_inverse=True)
    slots = np.split(index[order], np.flatnonzero(np.diff(pieces[order])) + 1)
    taken = np.zeros(index.max() + 1, bool)
    chosen = []
    for which in np.argsort(-sums, kind="stable"):
        if not taken[slots[which]].any():
            taken[slots[which]] = True
            chosen.append(groups[which])
    found = np.concatenate(chosen)
    return found[np.argsort(frames[found], kind="stable")]
