"""moodreel's extraction inside this process, and its networks alone."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.origin import measure
from moodreel import pose
from moodreel.extraction.job import Sections
from moodreel.extraction.person_tracker import PersonTracker, Row
from moodreel.extraction.segments import join_rows, tasks
from moodreel.extraction.tables import groups, mesh_table, pose_table
from moodreel.face import mesh
from moodreel.face.mesh.facemesh import FaceMesh
from moodreel.networks.requests import Inference
from moodreel.networks.scheduler import BatchScheduler
from moodreel.networks.session import Session, open_session
from moodreel.pose.blazepose import BlazePose
from moodreel.tables.extraction import BODY_25, MESH_POINTS
from moodreel.video.frame import Frame
from moodreel.video.prefetch import ahead

POSE_NETWORKS = pose.MODELS["blazepose"]
FACE_NETWORKS = mesh.MODELS["facemesh"]
NETWORKS = (*POSE_NETWORKS, *FACE_NETWORKS)
LANDMARKS = {"pose": POSE_NETWORKS[1], "face": FACE_NETWORKS[1]}
"""The networks that run on every frame."""

KEPT_INPUTS = 64
"""Number of inputs kept of each network, to run it alone; 130 MB in all."""


class CountingSession:
    """A session that counts its runs and keeps the first inputs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.most = session.most
        self.runs = 0
        self.inputs: list[np.ndarray] = []

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """The network's outputs for `batch`."""
        self.runs += 1
        if len(self.inputs) < KEPT_INPUTS:
            self.inputs.append(batch)
        return self._session.run(batch)


class RecordingTracker:
    """A tracker that appends its points (k, 2) in each picture to `recorded`, NaN where there are none."""

    def __init__(self, tracker: Any, points: int, recorded: list[np.ndarray]) -> None:
        self._tracker = tracker
        self._none = np.full((points, 2), np.nan)
        self._recorded = recorded
        self.forget = tracker.forget

    def track(self, *args: Any, **kwargs: Any) -> Inference[Any]:
        """As `track` of the wrapped tracker."""
        found = yield from self._tracker.track(*args, **kwargs)
        self._recorded.append(self._none if found.points is None else found.points[:, :2])
        return found


class Ours:
    """Extraction with default settings, with networks from the folder `models`, each wrapped by `wrap`."""

    def __init__(self, models: Path, wrap: Callable[[Session], Any] = CountingSession) -> None:
        self.networks = {name: wrap(open_session(models / f"{name}.onnx", threads=1)) for name in NETWORKS}
        self._settings = Sections.of({})

    def trackers(self) -> tuple[Any, Any]:
        """New trackers of a body and of a face."""
        person, body, head, points = (self.networks[name] for name in NETWORKS)
        return BlazePose(person, body, self._settings.pose), FaceMesh(head, points, self._settings.face)

    def tables(self, frames: Iterable[Frame], **slots: int) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """The tables of `frames`, part by part. `slots` as for `BatchScheduler`; by default one."""
        for group in groups(self._rows(frames, lambda: self._tracker(*self.trackers()), **slots)):
            yield pose_table(group), mesh_table(group)

    def extract(self, frames: Iterable[Frame]) -> None:
        """Make the tables of `frames` and drop them."""
        for _ in self.tables(frames):
            pass

    def points(self, frames: Iterable[Frame], *, detecting: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Body (n, 25, 2) px, which of its points are in the tables (n, 25), and mesh (n, 478, 2) px of `frames`; NaN
        where there is none.

        detecting: start again in every frame, so that the detectors give the regions; else track as extraction does.
        """
        bodies: list[np.ndarray] = []
        faces: list[np.ndarray] = []

        def new_tracker() -> PersonTracker:
            body, face = self.trackers()
            recorded = RecordingTracker(body, len(BODY_25), bodies), RecordingTracker(face, MESH_POINTS, faces)
            return self._tracker(*recorded)

        videos = ([frame] for frame in frames) if detecting else [frames]
        rows = [row for video in videos for row in self._rows(video, new_tracker)]
        hidden = np.full(len(BODY_25), False)
        visible = [hidden if row.pose.points is None else np.isfinite(row.pose.points[:, 0]) for row in rows]
        return np.array(bodies), np.array(visible), np.array(faces)

    def _tracker(self, body: Any, face: Any) -> PersonTracker:
        settings = self._settings
        every, least = settings.extraction.detect_every, settings.pose.min_visibility
        return PersonTracker(body, face, detect_every=every, min_visibility=least)

    def _rows(
        self, frames: Iterable[Frame], new_tracker: Callable[[], PersonTracker], count: int = 1, **slots: int
    ) -> Iterator[Row]:
        with ahead(tasks(frames, new_tracker, count), 1) as ready_tasks:
            yield from join_rows(BatchScheduler(ready_tasks, count, **slots))

    def alone(self, runs: dict[str, int]) -> dict[str, dict[str, float]]:
        """Time of each network for `runs` runs on inputs that extraction has prepared before."""
        return {name: measure(partial(self._run, name, times)) for name, times in runs.items()}

    def _run(self, name: str, times: int) -> None:
        network = self.networks[name]
        for batch in islice(cycle(network.inputs), times):
            network.run(batch)
