"""Tracks one person and their face through successive frames."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from moodreel.face.mesh import Mesh, MeshTracker
from moodreel.face.mesh.head import head_square
from moodreel.face_crops import Cutter, FaceCrop, cut_all
from moodreel.networks.requests import Inference
from moodreel.pose import Pose, PoseTracker
from moodreel.pose.body25 import hide_unseen
from moodreel.pose.nobody import NOT_READ
from moodreel.video.cuts import CutDetector
from moodreel.video.frame import Frame


class Row(NamedTuple):
    """The readings of a frame."""

    frame: int
    time_s: float
    pose: Pose
    mesh: Mesh
    cut: bool = False
    """Whether a new shot begins with this frame."""
    crops: tuple[FaceCrop | None, ...] = ()
    """The face crop by each cutter."""


class PersonTracker:
    """Tracks one person, and the face in the head region of the pose, or in the whole picture where no pose is read.
    At a cut both start again.

    detect_every: the person detector also runs in frames whose index is a multiple of this.
    min_visibility: points less confident than this, or outside the picture, have NaN for x and y.
    cutters: cut the face out of the pictures.
    """

    def __init__(
        self,
        body: PoseTracker,
        face: MeshTracker,
        *,
        detect_every: int,
        min_visibility: float,
        cutters: Sequence[Cutter] = (),
    ) -> None:
        self._body = body
        self._face = face
        self._detect_every = detect_every
        self._min_visibility = min_visibility
        self._cutters = cutters
        self._cuts = CutDetector()

    def read(self, frames: Sequence[Frame]) -> Inference[list[Row]]:
        """The rows of the next `frames`.

        The body is read in all of them before the face: alternating networks evict each other's weights from the
        processor's cache.
        """
        cuts, poses, rows = [], [], []
        for frame in frames:
            cuts.append(self._cuts.is_cut(frame.picture))
            if cuts[-1]:
                self._body.forget()
            look = frame.index % self._detect_every == 0
            poses.append((yield from self._body.track(frame.picture, frame.time_s, look=look)))
        for frame, pose, cut in zip(frames, poses, cuts, strict=True):
            if cut:
                self._face.forget()
            head = None
            if pose.points is not None:
                head = head_square(pose.points)
                height, width = frame.picture.shape[:2]
                pose = replace(pose, points=hide_unseen(pose.points, width, height, self._min_visibility))
            mesh = yield from self._face.track(frame.picture, head)
            if pose.status == NOT_READ and mesh.status == "no_person":
                mesh = replace(mesh, status="no_face")  # nobody looked for a person
            crops = cut_all(self._cutters, frame.picture, mesh.points) if self._cutters else ()
            rows.append(Row(frame.index, frame.time_s, pose, mesh, cut, crops))
        return rows
