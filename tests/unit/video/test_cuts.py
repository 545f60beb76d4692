"""Cuts between shots are reported, motion and changes of light are not."""

from collections.abc import Iterable

import numpy as np
import pytest
import skimage.data

from moodreel.video.cuts import CutDetector
from moodreel.video.decode import frames

PORTRAIT, COFFEE = skimage.data.astronaut()[:400, :512], skimage.data.coffee()[:400, :512]
GREY, BLACK = np.full_like(PORTRAIT, 127), np.zeros_like(PORTRAIT)


def cuts(pictures: Iterable[np.ndarray]) -> list[int]:
    """Where a shot begins, after the first."""
    detector = CutDetector()
    return [i for i, picture in enumerate(pictures) if detector.is_cut(picture)]


def lit(gain: float, offset: float) -> np.ndarray:
    return np.clip(PORTRAIT * float(gain) + offset, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([PORTRAIT] * 3 + [COFFEE] * 3 + [PORTRAIT] * 2, [3, 6]),
        ([PORTRAIT, BLACK, COFFEE], [1, 2]),
        ([PORTRAIT, PORTRAIT[:, :500], PORTRAIT[:, :500], PORTRAIT], [1, 3]),
        *(([PORTRAIT, lit(*light), PORTRAIT], []) for light in ((1.4, 0), (0.6, 0), (1, 40), (1, -40))),
        # a quarter of the picture in one step: the layout changes altogether, its colours do not
        ([PORTRAIT, np.roll(PORTRAIT, 128, axis=1), np.roll(PORTRAIT, -128, axis=1)], []),
    ],
    ids=["there and back", "black between", "another size", *(["light"] * 4), "motion"],
)
def test_a_cut_is_found_where_one_is(pictures, expected):
    assert cuts(pictures) == expected


def test_noise_is_none():
    """Also where there is nothing but noise."""
    noise = np.random.default_rng(0).normal(0, 15, (4, *PORTRAIT.shape))
    for scene in (PORTRAIT, GREY, BLACK):
        assert cuts((scene + n).clip(0, 255).astype(np.uint8) for n in noise) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3000, 3), (37, 53, 3)])
def test_small_and_odd_pictures_are_taken(shape):
    black, white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
    assert cuts([black, black, white]) == [2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pyfeat_face_noface.mov", [72, 73]),  # one black picture lies between the shots
        ("pyfeat_noface_face.mov", [96, 168]),  # the last picture is black
        ("torchcodec_nasa.mp4", [240]),
        ("moviepy_chaplin.mp4", []),
        ("intel_asl_again.mkv", []),
        ("intel_asl_night.mkv", []),
        ("pyfeat_WolfgangLanger_Pexels.mp4", []),
    ],
)
def test_real_clips_have_the_cuts_that_the_eye_sees(shared, name, expected):
    assert cuts(frame.picture for frame in frames(shared / "data" / "videos" / name)) == expected
