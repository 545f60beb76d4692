"""What the converted models and the originals are both asked about: crops of one portrait, or points of two faces.

Only whole pixels are left out or repeated, so that the pictures are the same to the bit wherever they are made.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from moodreel.networks.catalogue import Model
from moodreel.networks.signature import Points

MESHES = Path(__file__).parents[1] / "face" / "mesh" / "reference_portraits.json"

# Upper edge, left edge and side of each crop in skimage's 512 x 512 `astronaut`, in px; sides are whole multiples or
# parts of the model's input. The second face crop is so tight that lips and eyes reach the border.
CROPS = {
    "pose_detection": [(0, 0, 448), (64, 64, 448)],
    "pose_landmark_full": [(0, 0, 512), (0, 96, 256)],
    "face_detection_short_range": [(0, 96, 256), (40, 160, 128)],
    "face_detection_full_range_sparse": [(24, 128, 192), (0, 32, 384)],
    "face_landmark": [(24, 128, 192), (80, 180, 96)],
    "face_landmark_with_attention": [(24, 128, 192), (80, 180, 96)],
    "iris_landmark": [(80, 168, 64), (80, 220, 64)],
    "face_landmarks_detector": [(46, 160, 128), (0, 96, 256)],
}


def given(model: Model) -> np.ndarray:
    """What the model is asked about, float32 [shape=(2, *model.input.shape)]: pictures in its value range, or points of
    two faces."""
    if isinstance(model.input, Points):
        meshes = json.loads(MESHES.read_text())
        faces = np.array([meshes[name]["points_px"] for name in ("astronaut", "hopper")], np.float32)
        return faces[:, model.input.points, :2]
    low, high = model.input.values
    made = pixels(model.name, model.input.px) / np.float32(255) * np.float32(high - low) + np.float32(low)
    return made.astype(np.float32)


def pixels(model: str, input_px: int) -> np.ndarray:
    """The same as uint8."""
    import skimage.data

    portrait = skimage.data.astronaut()
    made = []
    for top, left, side in CROPS[model]:
        crop = portrait[top : top + side, left : left + side]
        if side >= input_px:
            crop = crop[:: side // input_px, :: side // input_px]
        else:
            crop = crop.repeat(input_px // side, axis=0).repeat(input_px // side, axis=1)
        made.append(crop)
    return np.stack(made)
