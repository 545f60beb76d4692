"""Draws the extraction's results over the picture that they come from."""

from collections.abc import Iterable

import cv2
import numpy as np

from moodreel.tables.extraction import BODY_25

BONES = (
    ("neck", "right_shoulder"), ("neck", "left_shoulder"), ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("neck", "nose"),
    ("neck", "mid_hip"), ("nose", "right_eye"), ("nose", "left_eye"), ("right_eye", "right_ear"),
    ("left_eye", "left_ear"), ("mid_hip", "right_hip"), ("mid_hip", "left_hip"), ("right_hip", "right_knee"),
    ("right_knee", "right_ankle"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ("right_ankle", "right_heel"), ("right_ankle", "right_big_toe"), ("right_big_toe", "right_small_toe"),
    ("left_ankle", "left_heel"), ("left_ankle", "left_big_toe"), ("left_big_toe", "left_small_toe"),
)  # fmt: skip
"""The sticks of a BODY_25 figure (OpenPose, doc/02_output.md)."""

_RINGS = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
     136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
    (469, 470, 471, 472),
    (474, 475, 476, 477),
)  # fmt: skip
_LINES = (
    (46, 53, 52, 65, 55), (70, 63, 105, 66, 107), (276, 283, 282, 295, 285), (300, 293, 334, 296, 336),
    (168, 6, 197, 195, 5, 4), (98, 97, 2, 326, 327),
)  # fmt: skip
CONTOURS = (*((*ring, ring[0]) for ring in _RINGS), *_LINES)
"""Lines along the 478 points: oval, eyes, lips outside and inside, irises, brows below and above, bridge and base of
the nose (MediaPipe, face_mesh_connections.py)."""

BODY_RGB, MESH_RGB, EDGE_RGB = (240, 228, 66), (120, 220, 255), (20, 25, 30)
"""Yellow and light blue, which the colour-blind tell apart, on dark edges, which set them off from light clothes."""

_SHIFT = 4  # cv2 takes places as whole numbers of sixteenths of a pixel


def draw(
    picture: np.ndarray, body: np.ndarray, mesh: np.ndarray | None, *, widths: tuple[int, int] | None = None
) -> np.ndarray:
    """A copy of an RGB picture, uint8 (h, w, 3), with the skeleton and the face's contours on it.

    `body`, shape (25, 2), are BODY_25's points in px of this picture and `mesh`, (478, 2), those of the face mesh; NaN
    where not visible. Sticks whose ends are not both visible are left out. `widths`: of sticks and contours, px; None:
    a 240th of the picture's longer side.
    """
    drawn = np.ascontiguousarray(picture).copy()
    width, fine = widths or (max(1, round(max(picture.shape[:2]) / 240)),) * 2
    place = dict(zip(BODY_25, body, strict=True))
    sticks = _visible([place[a], place[b]] for a, b in BONES)
    joints = body[np.isfinite(body).all(axis=1)]
    for extra, shade in ((2, EDGE_RGB), (0, BODY_RGB)):
        _lines(drawn, sticks, shade, width + extra)
        for joint in joints:
            centre = tuple(int(v) for v in np.round(joint * 2**_SHIFT))
            cv2.circle(drawn, centre, int((width + 0.5 + extra / 2) * 2**_SHIFT), shade, -1, cv2.LINE_AA, _SHIFT)
    if mesh is not None:
        _lines(drawn, _visible(mesh[list(contour)] for contour in CONTOURS), MESH_RGB, fine)
    return drawn


def _visible(lines: Iterable) -> list[np.ndarray]:
    return [line for line in map(np.asarray, lines) if np.isfinite(line).all()]


def _lines(picture: np.ndarray, lines: list[np.ndarray], shade: tuple[int, int, int], width: int) -> None:
    points = [np.round(line * 2**_SHIFT).astype(np.int32).reshape(-1, 1, 2) for line in lines]
    cv2.polylines(picture, points, False, shade, width, cv2.LINE_AA, _SHIFT)
