"""HSEmotion's recipe, against what its own package made of the same faces.

The package is hsemotion-onnx 0.3.1. Its network cannot be had here; both ran a made-up one (mean colour times weights).
"""

import cv2
import numpy as np
import pytest

from moodreel.emotions.scorers import open_scorer
from moodreel.emotions.scorers.hsemotion import PX
from moodreel.tables.emotions import EMOTIONS

WEIGHTS, BOX = np.random.default_rng(3).normal(size=(3, 8)).astype(np.float32), np.array([30, 20, 71, 90])
RECORDED = {
    "anger": 0.0037558878, "contempt": 0.5915855169, "disgust": 0.0286630373, "fear": 0.0409963094,
    "happiness": 0.0409162045, "neutral": 0.0585793108, "sadness": 0.2100149840, "surprise": 0.0254886877,
}  # fmt: skip
"""What `HSEmotionRecognizer.predict_emotions` gives of the face in `BOX`."""

THEIRS = {"angry": "anger", "happy": "happiness", "sad": "sadness"}


def network(batch: np.ndarray) -> dict[str, np.ndarray]:
    """The made-up network."""
    assert batch.dtype == np.float32 and batch.shape[1:] == (3, PX, PX)
    return {"output": batch.mean(axis=(2, 3)) @ WEIGHTS}


@pytest.fixture
def picture() -> np.ndarray:
    picture = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    picture[:, :80, 0] //= 3
    return picture


def test_scores_are_those_of_the_package_without_contempt(picture: np.ndarray) -> None:
    scorer = open_scorer("hsemotion", network)
    face = scorer.face(picture, BOX)
    (scores,) = scorer.scores(np.stack([face]))
    kept = [RECORDED[THEIRS.get(name, name)] / (1 - RECORDED["contempt"]) for name in EMOTIONS]
    assert scores == pytest.approx(kept, abs=2e-5) and scores.dtype == np.float32
    both = scorer.scores(np.stack([face[::-1], face]))
    assert both[1] == pytest.approx(scores, abs=1e-6), "a batch gives what singles give"


def test_the_box_is_cut_at_the_pictures_edge(picture: np.ndarray) -> None:
    scorer = open_scorer("hsemotion", network)
    assert (scorer.face(picture, np.array([-20, -10, 60, 60])) == cv2.resize(picture[:50, :40], (PX, PX))).all()
    assert scorer.face(picture, np.array([-90, 0, 50, 50])) is None


def test_a_face_crop_is_shown_as_it_is(picture: np.ndarray) -> None:
    smooth = cv2.resize(cv2.blur(picture, (31, 31)), (PX, PX))
    jpeg = cv2.imencode(".jpg", cv2.cvtColor(smooth, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    found = open_scorer("hsemotion", network).decode(jpeg)
    assert found.shape == (PX, PX, 3) and np.abs(found.astype(int) - smooth).mean() < 2
