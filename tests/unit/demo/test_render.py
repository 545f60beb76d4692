from itertools import islice

import cv2
import numpy as np
import pytest

from moodreel.demo import portraits, skin
from moodreel.demo.catalogue import PEOPLE, Clip
from moodreel.demo.film import caption
from moodreel.demo.portraits import PICTURE_PX, PLATE_PX
from moodreel.demo.render import actor, frames
from moodreel.demo.script import MOTIONS, UNITS, script

STILL = np.zeros(len(MOTIONS))
people = pytest.mark.parametrize("person", PEOPLE)


def units(**activations: float) -> np.ndarray:
    return np.array([activations.get(unit, 0.0) for unit in UNITS])


def changed(person: str, unit: str) -> np.ndarray:
    """Where the plate changes by more than a few levels as a unit is active, (PLATE_PX, PLATE_PX)."""
    face = actor(person).face
    return np.abs(face.move(units(**{unit: 1.0})).astype(int) - face.move(units())).max(axis=-1) > 6


def box(person: str, points: list[int]) -> tuple[slice, slice]:
    """The rectangle around mesh points on the plate."""
    mesh = portraits.load(person).mesh[points, :2].astype(int)
    (left, top), (right, bottom) = mesh.min(axis=0), mesh.max(axis=0) + 1
    return np.s_[top:bottom, left:right]


def grey(person: str, **activations: float) -> np.ndarray:
    return actor(person).face.move(units(**activations)).astype(float).mean(axis=-1)


def place_of(patch: np.ndarray, picture: np.ndarray) -> tuple[int, int]:
    """Where `patch` is in `picture`, x and y, by correlation."""
    return cv2.minMaxLoc(cv2.matchTemplate(picture, patch, cv2.TM_CCOEFF_NORMED))[3]


EYES, NOSE, MOUTH = [33, 133, 159, 145, 263, 362, 386, 374], [4, 2, 98, 327], [61, 291, 0, 17]


@people
def test_the_same_seed_gives_the_same_frames_and_another_seed_others(person):
    clip = Clip(person, "jaw_open", 2)
    one, again, other = (np.stack(list(islice(frames(clip, script(clip), noise_seed=seed), 20))) for seed in (3, 3, 4))
    assert one.dtype == np.uint8 and one.shape == (20, PICTURE_PX, PICTURE_PX, 3)
    assert np.array_equal(one, again)
    assert 1 < np.abs(one.astype(int) - other).mean() < 8, "noise changes the film, not what it shows"


@people
def test_the_neutral_face_is_the_portrait(person):
    portrait, neutral = portraits.load(person), actor(person).face.move(units())
    assert neutral.shape == (PLATE_PX, PLATE_PX, 3)
    difference = np.abs(neutral.astype(int) - portrait.plate).max(axis=-1) > 6
    assert difference.mean() < 0.005, "only the skin over the eyes is smoothed"


@people
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_moves_the_face_and_leaves_the_rest(person, unit):
    where = changed(person, unit)
    assert where.sum() > 300
    where[actor(person).face.frame.region] = False
    assert not where.any()


@people
@pytest.mark.parametrize(
    ("unit", "untouched"),
    [
        *((unit, NOSE) for unit in ("au01", "au02", "au04", "au45", "au26")),
        *((unit, EYES) for unit in ("au12", "au15", "au18", "au26")),
        *((unit, MOUTH) for unit in ("au01", "au02", "au04", "au45")),
        ("au18", [4, 1]),
    ],
)
def test_a_unit_does_not_drag_at_other_parts(person, unit, untouched):
    assert changed(person, unit)[box(person, untouched)].mean() < 0.01


@people
def test_fields_fade_out_within_the_faces_region(person):
    fields = actor(person).face.fields
    assert np.isfinite(fields).all()
    border = [fields[:, 0], fields[:, -1], fields[:, :, 0], fields[:, :, -1]]
    assert max(np.abs(edge).max() for edge in border) < 0.05
    assert np.abs(fields).max() < 0.2 * actor(person).face.frame.unit_px, "amplitudes are mild"


@people
def test_closed_lids_cover_the_eyes(person):
    shut, wide = grey(person, au45=1.0), grey(person)
    for x, y in portraits.load(person).mesh[[468, 473], :2].round().astype(int):
        near = np.s_[y - 3 : y + 4, x - 3 : x + 4]
        assert shut[near].mean() > wide[near].mean() + 20, "skin is lighter than the pupil"


@people
def test_the_mouth_opens_dark_and_the_chin_goes_down(person):
    face, mesh = actor(person).face, portraits.load(person).mesh
    x, y = (mesh[14, :2] + face.frame.to_pixels(np.array([0, 0.07]))).round().astype(int)
    assert grey(person, au26=1.0)[y - 2 : y + 3, x - 2 : x + 3].mean() < 60
    rows, columns = face.frame.region
    x, y = (mesh[152, :2] - (columns.start, rows.start)).round().astype(int)
    at_chin = face.fields[UNITS.index("au26"), y - 3, x]
    assert at_chin[1] == pytest.approx(-0.16 * face.frame.unit_px, rel=0.05)


@people
def test_half_an_activation_moves_half_as_far(person):
    """Through the picture: the corner of the mouth, found again by correlation."""
    face, mesh = actor(person).face, portraits.load(person).mesh
    x, y = mesh[61, :2].round().astype(int)
    patch = face.move(units())[y - 14 : y + 15, x - 14 : x + 15]
    around = (face.move(units(au12=activation))[y - 40 : y + 41, x - 40 : x + 41] for activation in (0.5, 1.0))
    half, whole = (26 - place_of(patch, part)[1] for part in around)
    assert whole >= 5 and half == pytest.approx(whole / 2, abs=1.5)


@people
@pytest.mark.parametrize(("name", "dx", "dy"), [("head_x", 1, 0), ("head_y", 0, 1), ("torso_x", 1, 0)])
def test_motion_moves_the_head_and_not_the_background(person, name, dx, dy):
    body, face = actor(person).body, actor(person).face
    motion = np.array([4.0 if m == name else 0.0 for m in MOTIONS])
    still, moved = (cv2.cvtColor(body.move(face.plate, m), cv2.COLOR_RGB2GRAY) for m in (STILL, motion))
    x, y = ((portraits.load(person).mesh[4, :2] + 0.5) * PICTURE_PX / PLATE_PX - 0.5).round().astype(int)
    patch, around = still[y - 20 : y + 21, x - 20 : x + 21], moved[y - 30 : y + 31, x - 30 : x + 31]
    assert place_of(patch, around) == (10 + 4 * dx, 10 + 4 * dy)
    assert np.array_equal(still[:40, :40], moved[:40, :40])


@people
def test_yaw_moves_the_nose_further_than_the_ears(person):
    body, portrait = actor(person).body, portraits.load(person)
    yaw = body.fields[MOTIONS.index("head_yaw")]
    coarse = len(yaw) / PLATE_PX
    nose, *ears = (yaw[tuple((portrait.mesh[i, 1::-1] * coarse).astype(int))][0] for i in (4, 234, 454))
    assert nose < 0, "colour comes from the left: the nose goes right"
    assert abs(nose) > 1.5 * max(map(abs, ears))


def test_inversion_undoes_a_field():
    y, x = np.mgrid[:120, :120].astype(np.float32)
    bump = np.exp(-((x - 60) ** 2 + (y - 60) ** 2) / (2 * 15**2))
    forward = np.stack([6 * bump, -9 * bump], axis=-1)
    inverse = skin.invert(forward)
    there = np.stack([x, y], axis=-1) + inverse
    back = there + cv2.remap(forward, there.astype(np.float32), None, cv2.INTER_LINEAR)
    assert np.abs(back - np.stack([x, y], axis=-1)).max() < 0.1


def test_the_word_synthetic_stands_in_the_corner():
    frame = np.full((PICTURE_PX, PICTURE_PX, 3), 200, np.uint8)
    caption(frame)
    rows, columns = np.nonzero((frame != 200).any(axis=-1))
    assert rows.min() > PICTURE_PX - 30 and columns.min() > PICTURE_PX - 100
    corner = frame[rows.min() :, columns.min() :]
    assert corner.max() > 220 and np.median(corner) < 80, "light letters on dark"


def test_another_size_of_picture_is_refused(monkeypatch):
    monkeypatch.setattr(portraits, "_picture", lambda name: np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ValueError, match="10, 10, 3"):
        portraits.load("hopper")
