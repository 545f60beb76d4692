"""moodreel's extraction inside this process, and its networks alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.timing import Seconds, measure
from moodreel import pose
from moodreel.extraction.person_tracker import Follower
from moodreel.extraction.segments import join_rows, tasks
from moodreel.extraction.tables import groups, mesh_table, pose_table
from moodreel.face import mesh
from moodreel.face.mesh.facemesh import FaceMesh
from moodreel.networks.requests import Asking
from moodreel.networks.scheduler import Lanes
from moodreel.networks.session import Session, open_session
from moodreel.pose.blazepose import BlazePose
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.tables.extraction import BODY_25, MESH_POINTS
from moodreel.video.decode import Frame
from moodreel.video.prefetch import ahead

POSE_NETWORKS = pose.MODELS["blazepose"]
FACE_NETWORKS = mesh.MODELS["facemesh"]
NETWORKS = (*POSE_NETWORKS, *FACE_NETWORKS)
LANDMARKS = {"pose": POSE_NETWORKS[1], "face": FACE_NETWORKS[1]}
"""The networks that every frame goes through."""

KEPT_INPUTS = 64
"""So many inputs of each network are kept to run it alone; 130 MB in all."""


class CountingSession:
    """A session that counts its runs and keeps the first inputs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.most = session.most
        self.runs = 0
        self.inputs: list[np.ndarray] = []

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """What the network makes of `batch`."""
        self.runs += 1
        if len(self.inputs) < KEPT_INPUTS:
            self.inputs.append(batch)
        return self._session.run(batch)


class RecordingTracker:
    """A tracker that keeps the points (k, 2) it has seen in each picture, NaN where there were none.

    make: makes the tracker; `anew` for every picture, else once.
    """

    def __init__(self, make: Callable[[], Any], points: int, *, anew: bool) -> None:
        self._make, self._anew = make, anew
        self._tracker = make()
        self._none = np.full((points, 2), np.nan)
        self.seen: list[np.ndarray] = []

    def follow(self, *told: Any, **more: Any) -> Asking[Any]:
        """As the tracker's."""
        if self._anew:
            self._tracker = self._make()
        found = yield from self._tracker.follow(*told, **more)
        self.seen.append(self._none if found.points is None else found.points[:, :2])
        return found

    def forget(self) -> None:
        """As the tracker's."""
        self._tracker.forget()


class Ours:
    """Extraction with default settings on one thread, with networks from the folder `models`."""

    def __init__(self, models: Path) -> None:
        self.networks = {name: CountingSession(open_session(models / f"{name}.onnx", threads=1)) for name in NETWORKS}
        self._pose, self._face = PoseSettings(), FaceSettings()

    def trackers(self) -> tuple[BlazePose, FaceMesh]:
        """New trackers, which have seen nothing yet."""
        person, body = (self.networks[name] for name in POSE_NETWORKS)
        head, points = (self.networks[name] for name in FACE_NETWORKS)
        return BlazePose(person, body, self._pose), FaceMesh(head, points, self._face)

    def extract(self, frames: Iterable[Frame]) -> None:
        """The tables of `frames`, made and let go."""
        for _ in self._tables(frames, *self.trackers()):
            pass

    def points(self, frames: Iterable[Frame], *, detecting: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Body (n, 25, 2) px, which of its points the tables show (n, 25), and mesh (n, 478, 2) px of `frames`; NaN
        where there is none.

        detecting: start anew in every frame, so that the detectors say where to look; else follow as extraction does.
        """
        body = RecordingTracker(lambda: self.trackers()[0], len(BODY_25), anew=detecting)
        face = RecordingTracker(lambda: self.trackers()[1], MESH_POINTS, anew=detecting)
        shown = []
        for poses, _ in self._tables(frames, body, face):
            shown.append(np.column_stack([poses[f"{point}_x"].is_not_null().to_numpy() for point in BODY_25]))
        return np.array(body.seen), np.concatenate(shown), np.array(face.seen)

    def _tables(self, frames: Iterable[Frame], body: Any, face: Any) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        every, least = ExtractionSettings().detect_every, self._pose.min_visibility
        follower = Follower(body, face, detect_every=every, min_visibility=least)
        with ahead(tasks(frames, lambda: follower, 1), 1) as drawn:
            for group in groups(join_rows(Lanes(drawn, 1))):
                yield pose_table(group), mesh_table(group)

    def alone(self, runs: dict[str, int]) -> dict[str, Seconds]:
        """What each network takes for so many runs on inputs that extraction has prepared before."""
        return {name: measure(partial(self._run, name, times)) for name, times in runs.items()}

    def _run(self, name: str, times: int) -> None:
        network = self.networks[name]
        for batch in islice(cycle(network.inputs), times):
            network.run(batch)
