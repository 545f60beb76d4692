"""The look of film, with a mark that it is none: grain, drifting exposure, the caption "synthetic"."""

import cv2
import numpy as np

GRAIN_LEVELS = 2.5
"""Standard deviation of the grain, in levels of 8 bit."""

EXPOSURE_SHARE = 0.02
"""Largest change of brightness by the drifting exposure."""

CAPTION = "synthetic"


class Film:
    """Grain and exposure of one clip, seeded: the same seed and size give the same film."""

    def __init__(self, seed: list[int], *, frames: int, side_px: int) -> None:
        random = np.random.default_rng(seed)
        self.side_px = side_px
        # One tile larger than the picture; each frame uses another part of it, mirrored or not.
        margin = 96
        tile: np.ndarray = random.normal(size=(side_px + margin, side_px + margin, 3)).astype(np.float32)
        tile += 1.5 * tile.mean(axis=2, keepdims=True)  # grain is mostly of brightness, less of colour
        tile = cv2.GaussianBlur(tile, (0, 0), 0.7)
        self.tile = np.clip(128 + GRAIN_LEVELS / tile.std() * tile, 0, 255).round().astype(np.uint8)
        self.corners = random.integers(0, margin, size=(frames, 2))
        self.mirrored = random.integers(0, 2, size=frames)
        time = np.linspace(0, 1, frames)
        waves = [np.sin(2 * np.pi * (rate * time + random.uniform())) for rate in (0.6, 1.7, 3.1)]
        self.exposure = 1 + EXPOSURE_SHARE * np.average(waves, axis=0, weights=(3, 2, 1))

    def expose(self, frame: np.ndarray, index: int) -> np.ndarray:
        """The frame with index `index`, uint8 (side_px, side_px, 3), with grain and exposure."""
        y, x = self.corners[index]
        grain = self.tile[y : y + self.side_px, x : x + self.side_px]
        if self.mirrored[index]:
            grain = cv2.flip(grain, 1)
        return cv2.addWeighted(frame, float(self.exposure[index]), grain, 1.0, -128.0)


def caption(frame: np.ndarray) -> None:
    """Write the word "synthetic" into the lower right corner of `frame`, in place, light on dark."""
    height, width = frame.shape[:2]
    strip = frame[height - 22 :, width - 84 :]
    strip //= 3
    cv2.putText(strip, CAPTION, (8, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (240, 240, 240), 1, cv2.LINE_AA)
