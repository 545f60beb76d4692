"""Head pose, and the mesh without it: each face is rotated, scaled and translated onto one average head.

Head-fixed axes are those of the average head: x to the viewer's right, y down, z away from the viewer, the origin
between the eyes, the unit one eye distance (between the midpoints of each eye's corners, about 63 mm in adults: Dodgson
2004, doi:10.1117/12.529999). The unit is that of the head as a whole, fitted over nose, eye corners and temples, so it
shrinks neither when the head turns away nor when the eyes close.
"""

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np
from scipy.spatial.transform import Rotation

_HEAD = json.loads(resources.files(__package__).joinpath("canonical_head.json").read_text(encoding="utf-8"))

CANONICAL_HEAD = np.array(_HEAD["points"])
"""The average head, (478, 3), eye distances; mirror-symmetric. `canonical_head.json` describes how it was made."""

MIRROR = np.array(_HEAD["mirror"])
"""(478,): each point's counterpart on the other side of the face; points on the midline are their own counterparts."""

STABLE = {
    "nose bridge and tip": ((168, 6, 197, 195, 5, 4), 3.0),
    "eye corners": ((133, 362, 33, 263), 1.5),
    "temples": ((54, 284, 21, 251, 162, 389, 127, 356), 1.0),
}
"""Points that are fixed in the head while the face moves, and their weights in the fit.

Bone lies close under all of them. Nose and eye corners deviate least from a rigid head in real clips of talking,
smiling and turning; the temples deviate more (the mesh guesses their depth) but stabilise the rotation by their
distance.
The forehead is left out, since brows pull it up: with it the pitch agreed less with OpenFace's (correlation 0.52,
without it 0.70, one clip of 441 frames).
"""

_POINTS = np.concatenate([points for points, _ in STABLE.values()])
_WEIGHTS = np.concatenate([np.full(len(points), weight) for points, weight in STABLE.values()])


@dataclass(frozen=True)
class HeadPose:
    """The rotation of the head, and the face without head pose; NaN where there is no face.

    `angles_deg` (frames, 3): pitch, yaw and roll, positive when the head is turned down, to the viewer's right,
    clockwise as the viewer sees it. `face` (frames, 478, 3): the mesh in head-fixed axes.
    """

    angles_deg: np.ndarray
    face: np.ndarray


def head_pose(mesh_px: np.ndarray) -> HeadPose:
    """Fit the average head to each mesh, (frames, 478, 3), px.

    The fit is the weighted similarity transform of least squares (Umeyama 1991, doi:10.1109/34.88573) over `STABLE`.
    The rotation from head to picture is read as Rx(pitch) Ry(-yaw) Rz(roll), OpenFace's order; OpenFace's yaw has the
    opposite sign. Frames with a point that is not finite, or whose points all coincide, give NaN.
    """
    angles, face = np.full((len(mesh_px), 3), np.nan), np.full(mesh_px.shape, np.nan)
    visible = np.isfinite(mesh_px).all(axis=(1, 2))
    if visible.any():
        visible[visible] = np.ptp(mesh_px[visible][:, _POINTS], axis=1).max(axis=1) > 0
    if visible.any():
        mesh = mesh_px[visible].astype(np.float64)
        rotation, scale, centre = _fit(CANONICAL_HEAD[_POINTS], mesh[:, _POINTS], _WEIGHTS)
        face[visible] = (mesh - centre[:, None]) @ (rotation / scale[:, None, None])
        angles[visible] = Rotation.from_matrix(rotation).as_euler("XYZ", degrees=True) * (1, -1, 1)
    return HeadPose(angles, face)


def _fit(head: np.ndarray, mesh: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotations (n, 3, 3), scales (n,), origins (n, 3): mesh (n, p, 3) ~ scale * rotation @ head (p, 3) + origin."""
    weights = weights / weights.sum()
    head_centre, mesh_centre = weights @ head, np.einsum("p,npi->ni", weights, mesh)
    head, mesh = head - head_centre, mesh - mesh_centre[:, None]
    u, s, vt = np.linalg.svd(np.einsum("p,npi,pj->nij", weights, mesh, head))
    proper = np.ones((len(mesh), 3))
    proper[:, 2] = np.sign(np.linalg.det(u @ vt))  # a rotation, never a reflection
    rotation = (u * proper[:, None]) @ vt
    scale = (s * proper).sum(axis=1) / np.einsum("p,pi,pi->", weights, head, head)
    return rotation, scale, mesh_centre - scale[:, None] * np.einsum("nij,j->ni", rotation, head_centre)
