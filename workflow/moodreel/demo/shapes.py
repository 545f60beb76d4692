"""Soft edges, to bound a displacement field without a visible border."""

import cv2
import numpy as np

Polyline = tuple[tuple[float, float], ...]
"""Points (s, t), s ascending."""


def ramp(x: np.ndarray, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
    """Smooth step from 0 at `low` to 1 at `high`, which may lie below `low`."""
    x = np.clip((x - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def bell(x: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian of height 1."""
    return np.exp(-0.5 * (x / sigma) ** 2)


def height(polyline: Polyline, s: np.ndarray) -> np.ndarray:
    """The polyline's t at `s`, constant beyond its ends."""
    return np.interp(s, *np.transpose(polyline))


def sample(picture: np.ndarray, positions: np.ndarray, border: int = cv2.BORDER_CONSTANT) -> np.ndarray:
    """`picture` sampled at `positions` (height, width, 2), px, bilinear; `border`: OpenCV's mode outside the
    picture."""
    return cv2.remap(  # type: ignore[call-overload]  # OpenCV allows None
        picture, positions, None, cv2.INTER_LINEAR, borderMode=border
    )


def vectors(ds: np.ndarray | float, dt: np.ndarray | float) -> np.ndarray:
    """A field of vectors (..., 2) from its two components."""
    return np.stack(np.broadcast_arrays(ds, dt), axis=-1)
