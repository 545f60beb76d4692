"""Faces by the detectors, next to what the originals found on the same pictures.

recorded.json holds boxes of OpenCV 4.14's cascade (x, y, width, height; by one thread), of `mtcnn` 0.1.1 under TensorFlow 2.21 (the
same and the probability) and of `facenet-pytorch` 2.6.0 under PyTorch 2.14 (corners and probability), each fed blue,
green, red as FER feeds it. Weights and cascade are those of the packages.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from moodreel.emotions.detectors import open_detector
from moodreel.emotions.detectors.mtcnn import Mtcnn
from moodreel.emotions.networks import FINDERS
from moodreel.errors import UserError
from moodreel.networks import catalogue
from moodreel.networks.session import open_session
from moodreel.video.decode import frames
from moodreel.video.frame import Frame
from unit.emotions.pictures import pictures

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())
PICTURES = list(RECORDED["haar"])


@pytest.fixture(scope="module")
def opened(emotion_models: Path):
    """Opens a detector by its name."""

    def opened(name: str):
        files = dict(zip(FINDERS[name], catalogue.paths(emotion_models, FINDERS[name]), strict=True))
        return open_detector(name, files=files, run=lambda path: open_session(path).run)

    return opened


def frame(picture: np.ndarray) -> Frame:
    """A frame that shows a picture of blue, green, red."""
    return Frame(0, 0.0, picture[..., ::-1])


@pytest.mark.parametrize("name", PICTURES)
def test_the_cascade_finds_what_opencv_4_finds(opened, name: str) -> None:
    assert opened("haar").boxes(frame(pictures()[name])).tolist() == RECORDED["haar"][name]


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("flavour", ["mtcnn", "facenet"])
def test_mtcnn_finds_what_the_originals_find_in_their_order(opened, flavour: str, name: str) -> None:
    boxes, probabilities = opened(flavour).detect(pictures()[name])
    recorded = np.array(RECORDED[flavour][name]).reshape(-1, 5)
    theirs = recorded[:, :4].astype(int)
    if flavour == "facenet":
        theirs[:, 2:] -= theirs[:, :2]
    assert boxes.shape == theirs.shape
    assert np.abs(boxes - theirs).max(initial=0) <= 1
    assert probabilities == pytest.approx(recorded[:, 4], abs=1e-3)


@pytest.mark.parametrize("size", [(11, 40), (1, 1), (19, 19)])
@pytest.mark.parametrize("flavour", ["mtcnn", "facenet"])
def test_pictures_smaller_than_any_face_hold_none(opened, flavour: str, size: tuple[int, int]) -> None:
    assert opened(flavour).boxes(frame(np.full((*size, 3), 90, np.uint8))).shape == (0, 4)


def test_a_face_at_the_edge_is_boxed_within_the_picture_from_above_and_left(opened) -> None:
    """The older one begins no box before the picture; the newer one may."""
    boxes = opened("mtcnn").boxes(frame(pictures()["astronaut"][85:220, 195:330]))
    assert (boxes[:, :2] >= 0).all()


def sure_of(row: int, columns: dict[int, float], offset: float = 0.0):
    """A first network that is sure of places in one row, by column, of pictures that are large enough, and moves each."""

    def pnet(batch: np.ndarray) -> dict[str, np.ndarray]:
        size = (batch.shape[1] - 10) // 2, (batch.shape[2] - 10) // 2
        probability, regression = np.zeros((1, 2, *size), np.float32), np.zeros((1, 4, *size), np.float32)
        if size[0] > 20:
            probability[0, 1, row, list(columns)] = list(columns.values())
            regression[0, :, row, list(columns)] = offset
        return {"probability": probability, "regression": regression}

    return pnet


def test_one_lone_place_takes_the_mirrored_offsets_as_the_older_one_does() -> None:
    """A first network that is sure of one place only: its box is moved by what stands at the mirrored column."""
    moved = []
    for flavour in ("mtcnn", "facenet"):
        batches = []

        def rnet(batch: np.ndarray, batches: list = batches) -> dict[str, np.ndarray]:
            batches.append(batch)
            return {"probability": np.tile([[1.0, 0.0]], (len(batch), 1)), "regression": np.zeros((len(batch), 4))}

        ramp = np.arange(100, dtype=np.uint8)[:, None, None] + np.zeros((100, 100, 3), np.uint8)
        assert len(Mtcnn(sure_of(3, {2: 0.9}, 0.5), rnet, rnet, flavour).detect(ramp)[0]) == 0
        moved.append(batches[0].mean())
    assert moved[0] < moved[1], "the newer one looks half a face further down"


@pytest.mark.parametrize(("flavour", "first"), [("mtcnn", [11, 14.5, 30, 33.5]), ("facenet", [10.5, 14, 29.5, 33])])
def test_places_that_divide_without_rest_are_rounded_as_each_original_rounds_them(flavour, first) -> None:
    """(2 * 3 + 12) / 0.6 is 30, and 29.999998 in PyTorch's single precision: 3 of 91 frames of real clips had other boxes."""
    pnet = sure_of(4, {3: 0.9, 20: 0.8})
    assert Mtcnn(pnet, pnet, pnet, flavour)._propose(np.zeros((100, 100, 3), np.uint8))[0, :4].tolist() == first


def test_the_cascade_takes_a_cartoon_for_a_face_and_mtcnn_does_not(opened, shared: Path) -> None:
    """Every twentieth frame of a clip that shows nobody: one false face, as OpenCV 4 finds it too."""
    with frames(shared / "data" / "videos" / "pyfeat_no_face.mp4") as decoding:
        some = [frame for frame in decoding if frame.index % 20 == 0 and frame.picture is not None]
    found = {name: [len(opened(name).boxes(frame)) for frame in some] for name in ("haar", "mtcnn", "facenet")}
    assert len(some) == 5
    assert (sum(found["haar"]), found["mtcnn"], found["facenet"]) == (1, [0] * 5, [0] * 5)


def test_a_missing_cascade_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist; make it with"):
        open_detector("haar", files={FINDERS["haar"][0]: tmp_path / "no.xml"}, run=open_session)


@pytest.mark.parametrize("threads", [1, 4])
def test_the_cascades_order_does_not_depend_on_threads(opened, threads: int) -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    try:
        found = [opened("haar").boxes(frame(pictures()["crowd"])).tolist() for _ in range(3)]
        assert found == [RECORDED["haar"]["crowd"]] * 3
        assert cv2.getNumThreads() == threads
    finally:
        cv2.setNumThreads(before)
