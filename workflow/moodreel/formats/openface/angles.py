"""Converts head pose and gaze between OpenFace's angles and ours.

Both have the axes x to the viewer's right, y down, z away from the viewer. OpenFace gives the head's rotation
Rx(pose_Rx) Ry(pose_Ry) Rz(pose_Rz) in radians. Ours are the same angles in degrees except yaw, whose sign differs
(face.head_pose). On a clip of 441 frames read by both, pitch correlates with 0.71 and yaw with 0.92; roll hardly
varies there.

OpenFace's gaze is the direction in which both eyes look in the camera's axes, so it turns with the head:
gaze_angle_x = atan2(x, -z), gaze_angle_y = atan2(y, -z), in radians, positive to the viewer's right and down. Ours is
the direction within the head, arcsin(x) and arcsin(y) in degrees (face.gaze). The head's rotation leads from one to
the other.
"""

import numpy as np
from scipy.spatial.transform import Rotation

_SIGNS = np.array([1.0, -1.0, 1.0])


def head_deg(rotation: np.ndarray) -> np.ndarray:
    """pose_Rx, pose_Ry, pose_Rz (n, 3), radians, as our pitch, yaw, roll (n, 3), degrees."""
    return np.degrees(rotation) * _SIGNS


def head_rad(pitch_yaw_roll_deg: np.ndarray) -> np.ndarray:
    """Our pitch, yaw, roll (n, 3), degrees, as pose_Rx, pose_Ry, pose_Rz (n, 3), radians."""
    return np.radians(pitch_yaw_roll_deg) * _SIGNS


def direction(gaze_angles: np.ndarray) -> np.ndarray:
    """gaze_angle_x, gaze_angle_y (n, 2), radians, as unit vectors (n, 3) in the camera's axes."""
    forward = np.where(np.cos(gaze_angles[:, 0]) < 0, -1.0, 1.0)  # -z; negative: away from the camera
    found = np.column_stack([np.tan(gaze_angles) * forward[:, None], -forward])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def mean_direction(gaze_vectors: np.ndarray) -> np.ndarray:
    """gaze_0_xyz, gaze_1_xyz (n, 6) as unit vectors (n, 3): the mean of both eyes, as OpenFace computes its angles."""
    mean = gaze_vectors[:, :3] + gaze_vectors[:, 3:]
    with np.errstate(invalid="ignore"):
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def in_head_deg(directions: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Directions (n, 3) in the camera's axes as our gaze (n, 2), degrees, in a head turned by `rotation` (n, 3),
    radians as OpenFace's; NaN where either is."""
    found = np.full((len(directions), 2), np.nan)
    known = np.isfinite(directions).all(axis=1) & np.isfinite(rotation).all(axis=1)
    if known.any():
        inside = _rotations(rotation[known]).inv().apply(directions[known])
        found[known] = np.degrees(np.arcsin(np.clip(inside[:, :2], -1, 1)))
    return found


def to_camera_rad(gaze_deg: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Our gaze (n, 2), degrees, as gaze_angle_x, gaze_angle_y (n, 2), radians, of a head turned by `rotation`.

    A gaze of more than 90 degrees from straight ahead, which no eye has, becomes one of 90.
    """
    found = np.full((len(gaze_deg), 2), np.nan)
    known = np.isfinite(gaze_deg).all(axis=1) & np.isfinite(rotation).all(axis=1)
    if known.any():
        sideways = np.sin(np.radians(gaze_deg[known]))
        sideways /= np.maximum(np.linalg.norm(sideways, axis=1, keepdims=True), 1)
        ahead = -np.sqrt(np.clip(1 - (sideways**2).sum(axis=1), 0, None))
        x, y, z = _rotations(rotation[known]).apply(np.column_stack([sideways, ahead])).T
        found[known] = np.stack([np.arctan2(x, -z), np.arctan2(y, -z)], axis=1)
    return found


def _rotations(rotation: np.ndarray) -> Rotation:
    return Rotation.from_euler("XYZ", rotation)
