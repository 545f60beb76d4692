"""Lids: the upper one slides over the eye, the lower one rises. Fields with a cut at the lid's margin.

All fields are inverse, from each pixel to the source of its colour: dt in the face frame, (height, width).
"""

import cv2
import numpy as np

from moodreel.demo.faceframe import FaceFrame, Lids
from moodreel.demo.portraits import Framing
from moodreel.demo.shapes import bell, ramp

LASHES = 0.035
"""Height of the upper lashes, in units."""

SEAM = 0.025
"""Height, in units, over which closed lids meet."""


def _lid_skin(face: FaceFrame, framing: Framing, lids: Lids) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower height of the skin that covers the closed eye."""
    top = lids.crease(face.s) - framing.lid_reach
    return top, np.maximum(lids.upper(face.s) - LASHES, top + 0.02)


def _arch(face: FaceFrame, lids: Lids) -> np.ndarray:
    """An arch of height 1 over the eye, 0 at its corners and beyond."""
    left, right = lids.corners
    return np.sqrt(np.clip((face.s - left) * (right - face.s), 0, None)) * 2 / (right - left)


def close_eyes(face: FaceFrame, framing: Framing) -> np.ndarray:
    """Draw the upper lids' skin down over the eyes; the lashes below that skin keep their height."""
    field = np.zeros_like(face.s)
    for lids in face.eyes:
        top, lashes = _lid_skin(face, framing, lids)
        lower = lids.lower(face.s)
        opening = np.maximum(lower - lids.upper(face.s), 0)
        inside = (face.s > lids.corners[0]) & (face.s < lids.corners[1])
        stretch = np.clip((face.t - top) / (lashes + opening - top), 0, 1)
        field -= inside * opening * stretch * np.clip(1 - (face.t - lower) / SEAM, 0, 1)
    return field


def raise_lower_lids(face: FaceFrame) -> np.ndarray:
    """Lift the lower lids, 0.035 at the middle of the eye; the skin stretches from the pouch."""
    field = np.zeros_like(face.s)
    for lids in face.eyes:
        rise = 0.035 * _arch(face, lids)
        lower, pouch = lids.lower(face.s), lids.pouch(face.s)
        edge = lower - rise
        stretch = (pouch - face.t) / np.maximum(pouch - edge, 1e-6)
        field += np.where((face.t >= edge) & (face.t < pouch), rise * stretch, 0)
    return field


def lash_line(face: FaceFrame) -> np.ndarray:
    """The shade where closed lids meet: relative change of brightness, (height, width)."""
    return sum(-0.5 * _arch(face, lids) * bell(face.t - lids.lower(face.s) - SEAM / 2, 0.013) for lids in face.eyes)


def smooth_drawn_skin(plate: np.ndarray, face: FaceFrame, framing: Framing) -> np.ndarray:
    """The plate with the skin above the eyes smoothed along its folds.

    Closing lids stretch that skin; unsmoothed, it would show streaks.
    """
    plate = plate.copy()
    region = plate[face.region]
    mask = np.zeros_like(face.s)
    for lids in face.eyes:
        top, lashes = _lid_skin(face, framing, lids)
        left, right = lids.corners
        lid = ramp(face.t, top - 0.015, top) * ramp(face.t, lashes + 0.015, lashes)
        mask += lid * ramp(face.s, left, left + 0.06) * ramp(face.s, right, right - 0.06)
    along = cv2.GaussianBlur(region, (0, 0), sigmaX=0.08 * face.unit_px, sigmaY=0.1).astype(np.float32)
    region[:] = np.rint(region + (along - region) * mask[..., None])
    return plate
