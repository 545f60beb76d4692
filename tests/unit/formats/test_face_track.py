"""One person's face among the rows of a file."""

import itertools

import numpy as np
import pytest

from moodreel.formats.face_track import MOST_FACES, track_face

HEIGHT = 100.0


def follow(faces, *, certainty=None, visible=None, numbers=None):
    """The followed face's x by frame, and the track. faces: (frame, x) per row; y is 0, heights are 100."""
    rows = np.array(faces, float)
    count = len(rows)
    track = track_face(
        rows[:, 0],
        np.ones(count, bool) if visible is None else np.array(visible),
        np.ones(count) if certainty is None else np.array(certainty),
        np.column_stack([rows[:, 1], np.zeros(count)]),
        np.full(count, HEIGHT),
        numbers,
    )
    return [float(rows[row, 1]) if seen else None for row, seen in zip(track.rows, track.visible, strict=True)], track


def test_who_is_there_for_longest_is_followed_in_whatever_order_the_rows_stand():
    faces = [(frame, x) for frame in range(10) for x in (0.0, 300.0) if x or frame < 8]
    places, track = follow(np.random.default_rng(1).permutation(faces))
    assert places == [300.0] * 10 and track.most == 2 and track.restarts == 0


def test_certainty_weighs_the_frames():
    faces = [(frame, x) for frame in range(10) for x in (0.0, 300.0)]
    assert follow(faces, certainty=[0.9 if x else 0.5 for _, x in faces])[0] == [300.0] * 10


@pytest.mark.parametrize("hidden", [0, 3])
def test_people_who_cross_keep_their_way(hidden):
    """One goes to the right, one to the left; where they meet the one behind is not found for some frames."""
    faces = [(frame, 20.0 * frame) for frame in range(41)]
    faces += [(frame, 810.0 - 20.0 * frame) for frame in range(40) if abs(frame - 20) > hidden]
    places, _ = follow(faces)
    assert places == [20.0 * frame for frame in range(41)]


@pytest.mark.parametrize(
    "places",
    [
        [0.0] * 20,
        [0.0] * 10 + [700.0] * 10,  # a cut
        [0.0, 700.0] * 10,  # a face that jumps
        [10.0 * frame for frame in range(20)],
    ],
)
def test_one_face_alone_is_followed_wherever_it_is(places):
    found, track = follow(list(enumerate(places)))
    assert found == places
    assert track.restarts == sum(abs(a - b) > HEIGHT for a, b in itertools.pairwise(places))


def test_pieces_before_and_after_a_cut_are_one_persons_and_of_those_who_are_there_together_one_is_taken():
    faces = [(frame, 0.0) for frame in range(20)] + [(frame, 900.0) for frame in range(20, 50)]
    faces += [(frame, 450.0) for frame in range(15, 30)]  # with both
    places, track = follow(faces)
    assert places == [0.0] * 20 + [900.0] * 30
    assert track.restarts == 1


def test_a_frame_with_others_only_is_one_without_the_person():
    faces = [(frame, 0.0) for frame in range(20) if frame not in (7, 8)] + [(frame, 400.0) for frame in range(5, 12)]
    assert follow(faces)[0] == [None if frame in (7, 8) else 0.0 for frame in range(20)]


def test_a_face_found_twice_is_one():
    """When a program finds a face again it may write both for a while; the person's rows do not end with the first."""
    faces = [(frame, 0.0) for frame in range(0, 13)] + [(frame, 5.0) for frame in range(10, 20)]
    places, _ = follow(faces, certainty=[0.9] * 13 + [0.8] * 10)
    assert places == [0.0] * 13 + [5.0] * 7


def test_rows_without_a_face_tell_that_the_frame_was_read():
    places, track = follow([(0, 0.0), (1, 0.0), (1, 500.0), (2, 0.0)], visible=[True, False, False, True])
    assert places == [0.0, None, 0.0] and len(track.rows) == 3


def test_without_places_the_files_own_numbers_are_followed():
    faces = [(frame, 0.0) for frame in range(10) for _ in range(2)]  # all in one place: no places at all
    numbers = np.array([number for frame in range(10) for number in ((3, 8) if frame < 6 else (8, 9))])
    _, track = follow(faces, numbers=numbers)
    assert numbers[track.rows].tolist() == [8] * 10


def test_crowds_are_refused():
    with pytest.raises(ValueError, match=f"{MOST_FACES + 1} faces in frame 3"):
        follow([(3, 300.0 * number) for number in range(MOST_FACES + 1)])


def test_no_rows():
    nothing = np.empty(0)
    assert len(track_face(nothing, nothing.astype(bool), nothing, np.empty((0, 2)), nothing).rows) == 0
