"""Cuts between shots are told, motion and changes of light are not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import skimage.data

from moodreel.video.cuts import CutDetector
from moodreel.video.decode import frames

PORTRAIT, COFFEE = skimage.data.astronaut()[:400, :512], skimage.data.coffee()[:400, :512]
GREY = np.full_like(PORTRAIT, 127)


def cuts(pictures: Iterable[np.ndarray]) -> list[int]:
    """Where a shot begins, after the first."""
    detector = CutDetector()
    return [i for i, picture in enumerate(pictures) if detector.is_cut(picture)]


def lit(gain: float, offset: float) -> np.ndarray:
    return np.clip(PORTRAIT * float(gain) + offset, 0, 255).astype(np.uint8)


def test_a_cut_is_told_once_and_back():
    assert cuts([PORTRAIT] * 3 + [COFFEE] * 3 + [PORTRAIT] * 2) == [3, 6]


def test_a_black_picture_between_two_shots_is_a_shot():
    assert cuts([PORTRAIT, np.zeros_like(PORTRAIT), COFFEE]) == [1, 2]


def test_the_first_picture_is_no_cut():
    assert cuts([PORTRAIT]) == []


def test_a_change_of_size_is_a_cut():
    assert cuts([PORTRAIT, PORTRAIT[:, :500], PORTRAIT[:, :500], PORTRAIT]) == [1, 3]


@pytest.mark.parametrize(("gain", "offset"), [(1.4, 0), (0.6, 0), (1, 40), (1, -40)])
def test_a_change_of_light_is_none(gain, offset):
    assert cuts([PORTRAIT, lit(gain, offset), PORTRAIT]) == []


def test_motion_is_none():
    """A quarter of the picture in one step: the layout changes altogether, its colours do not."""
    assert cuts([PORTRAIT, np.roll(PORTRAIT, 128, axis=1), np.roll(PORTRAIT, -128, axis=1)]) == []


def test_noise_is_none():
    """Also where there is nothing but noise."""
    noise = np.random.default_rng(0).normal(0, 15, (4, *PORTRAIT.shape))
    for scene in (PORTRAIT, GREY, np.zeros_like(PORTRAIT)):
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
        ("torchcodec_nasa.mp4", [202]),
        ("moviepy_chaplin.mp4", []),
        ("intel_asl_again.mkv", []),
        ("intel_asl_night.mkv", []),
        ("pyfeat_WolfgangLanger_Pexels.mp4", []),
    ],
)
def test_real_clips_have_the_cuts_that_the_eye_sees(shared, name, expected):
    assert cuts(frame.picture for frame in frames(shared / "data" / "videos" / name)) == expected
