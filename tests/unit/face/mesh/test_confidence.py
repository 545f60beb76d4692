"""When a face is believed: both mesh networks on crops with and without one, and what the detector adds."""

import math
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from moodreel.crops.square import Square
from moodreel.face import mesh
from moodreel.face.mesh import tracker as tracking
from moodreel.face.mesh.facemesh import FaceMesh
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.video.decode import frames
from trackers import Answered
from unit.face.mesh.portraits import portrait
from unit.face.mesh.sessions import BLANK, HEAD, Detections, Face

FACES = {"astronaut": Square(224, 125, 180), "hopper": Square(265, 250, 300)}
"""About the square that a tracker reads the face from."""


@pytest.fixture(params=["facemesh", "blendshapes"])
def backend(request) -> str:
    return request.param


@pytest.fixture
def tracker(backend, request) -> Answered:
    folder = request.getfixturevalue("models_folder" if backend == "facemesh" else "bundle_folder")
    return Answered(mesh.open_trackers(folder, FaceSettings(backend=backend), ExtractionSettings())())


def faceless() -> Iterator[tuple[np.ndarray, Square]]:
    """Pictures and squares of them that hold no face: next to the portraits' faces, noise of several grains, one grey."""
    random = np.random.default_rng(0)
    for name, face in FACES.items():
        picture = portrait(name)
        height, width = picture.shape[:2]
        for _ in range(60):
            square = Square(*random.uniform((0, 0, 60, -0.5), (width, height, 260, 0.5)))
            if math.hypot(square.x - face.x, square.y - face.y) > (square.side + face.side) / 2:
                yield picture, square
    for grain in (1, 4, 16, 64) * 10:
        noise = random.integers(0, 256, (256 // grain, 256 // grain, 3), np.uint8)
        yield noise.repeat(grain, 0).repeat(grain, 1), Square(128, 128, 200)
    for grey in (0, 60, 127, 200, 255):
        yield np.full((256, 256, 3), grey, np.uint8), Square(128, 128, 200)


def test_crops_without_a_face_are_hardly_ever_believed(tracker):
    """Measured: 1 of 117 with `facemesh`, 2 with `blendshapes`, and none of these by the detector too; of 1275 random
    squares next to the faces of six clips 4 and 1."""
    crops = list(faceless())
    assert len(crops) > 100
    flags = np.array([tracker.read(picture, square)[0] for picture, square in crops])
    assert np.median(flags) < 0.001
    believed = [crop for crop, flag in zip(crops, flags, strict=True) if flag > 0.5]
    assert len(believed) <= 3
    scores = [tracker.score(picture, square.scale(tracking.CHECK_SCALE)) for picture, square in believed]
    assert all(score < tracking.CHECK_SCORE * FaceSettings().min_detection for score in scores)


@pytest.mark.parametrize("name", FACES)
def test_a_face_next_to_the_crops_middle_is_believed_up_to_a_limit(tracker, name):
    face = FACES[name]
    squares = [Square(face.x + share * face.side, face.y, face.side) for share in (0, 0.1, 0.2, 0.4, 0.6)]
    flags = [tracker.read(portrait(name), square)[0] for square in squares]
    assert min(flags[:3]) > 0.9 and max(flags[3:]) < 0.1


def covered(picture: np.ndarray, face: Square, share: float = 1.0) -> np.ndarray:
    """The picture with the lower `share` of the face's box, brow to chin and cheek to cheek, in the skin's colour."""
    made = picture.copy()
    half = face.side / tracking.REGION_SCALE / 2
    left, right, bottom = int(face.x - half), int(face.x + half), int(face.y + half)
    skin = picture[int(face.y) + 10 : int(face.y) + 20, int(face.x) + 25 : int(face.x) + 35].mean((0, 1))
    made[bottom - int(2 * share * half) : bottom, left:right] = skin
    return made


@pytest.mark.parametrize("name", FACES)
def test_a_covered_face_is_let_go_and_taken_up_again(tracker, name):
    picture = portrait(name)
    assert tracker.track(picture, None).status == "ok"
    whole = tracker.read(picture, FACES[name])[2]
    hidden = covered(picture, whole)
    seen = [tracker.track(hidden, None).status for _ in range(tracking.CHECK_EVERY + 5)]
    assert set(seen[-5:]) == {"no_person"}
    assert tracker.track(picture, None).status == "ok"


def test_a_half_covered_face_is_still_believed(tracker):
    """A limit: the lower half is guessed, and the flag does not tell."""
    picture = portrait("hopper")
    assert tracker.track(picture, None).status == "ok"
    hidden = covered(picture, tracker.read(picture, FACES["hopper"])[2], share=0.5)
    assert {tracker.track(hidden, None).status for _ in range(tracking.CHECK_EVERY + 5)} == {"ok"}


def test_a_cartoons_face_is_one_to_facemesh_alone(models_folder, bundle_folder, shared):
    """The detector takes the animal's face for one; the Face Landmarker's mesh network does not."""
    flags: dict[str, list[float]] = {}
    pictures = [frame.picture for frame in islice(frames(shared / "data" / "videos" / "pyfeat_no_face.mp4"), 0, 72, 6)]
    height, width = pictures[0].shape[:2]
    parts = [Square(x, height / 2, height / 2) for x in np.linspace(height / 4, width - height / 4, 5)]
    for backend in ("facemesh", "blendshapes"):
        reader = Answered(mesh.open_trackers(bundle_folder, FaceSettings(backend=backend), ExtractionSettings())())
        squares = [(picture, square) for picture in pictures for part in parts for square in reader.find(picture, part)]
        flags[backend] = [reader.read(picture, square)[0] for picture, square in squares]
    assert len(flags["facemesh"]) > 3 and max(flags["facemesh"]) > 0.5
    assert max(flags["blendshapes"]) < 0.1


@pytest.mark.parametrize(
    ("flag", "interval"),
    [(0.99, tracking.CHECK_EVERY), (0.9, tracking.CHECK_DOUBTFUL_EVERY)],
    ids=["plain", "doubtful"],
)
@pytest.mark.parametrize("head", [HEAD, None], ids=["with a head", "without"])
def test_the_detector_looks_at_intervals_at_a_face_that_is_tracked(head, flag, interval):
    detections = Detections((0.5, 0.5))
    tracker = Answered(FaceMesh(detections, Face([flag] * 60), FaceSettings()))
    asked = []
    for _ in range(2 * interval + 2):
        assert tracker.track(BLANK, head).status == "ok"
        asked.append(detections.asked)
    assert asked == [1] * interval + [2] * (interval + 1) + [3]


def test_the_detector_looks_at_once_where_there_is_no_face_to_track():
    detections = Detections((0.5, 0.5))
    tracker = Answered(FaceMesh(detections, Face([0.99, 0.1, 0.99]), FaceSettings()))
    assert [tracker.track(BLANK, HEAD).status for _ in range(2)] == ["ok", "ok"]
    assert detections.asked == 2


def test_a_face_that_the_detector_no_longer_sees_is_let_go():
    detections = Detections((0.5, 0.5))
    tracker = Answered(FaceMesh(detections, Face([0.99] * 60), FaceSettings()))
    assert tracker.track(BLANK, HEAD).status == "ok"
    detections.centres = ()
    seen = [tracker.track(BLANK, HEAD).status for _ in range(tracking.CHECK_EVERY + 3)]
    assert seen == ["ok"] * (tracking.CHECK_EVERY - 1) + ["no_face"] * 4
