"""Extraction of several videos in one process: their networks are loaded once, and their segments share slots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2

from moodreel import pose
from moodreel.extraction.person_tracker import PersonTracker
from moodreel.extraction.segments import Segment, join_rows, tasks
from moodreel.extraction.tables import crops_table, groups, mesh_table, pose_table
from moodreel.face import mesh
from moodreel.face.mesh import MeshTracker, NoMesh
from moodreel.face_crops import cutter, path, writing
from moodreel.networks.requests import Inference
from moodreel.networks.scheduler import BatchScheduler, Task
from moodreel.pose import PoseTracker
from moodreel.pose.from_table import TablePose
from moodreel.pose.nobody import NoPose
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.limits import LimitsSettings
from moodreel.settings.pose import PoseSettings
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp, onnxruntime_name
from moodreel.tables import base, staging
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face_crops import FACE_CROPS
from moodreel.tables.schema import Table
from moodreel.video.decode import frames
from moodreel.video.errors import VideoError
from moodreel.video.prefetch import ahead
from moodreel.video.probe import audio_start_s
from moodreel.video.progress import Progress

LIBRARIES = ("av", "numpy", "opencv-contrib-python-headless")


@dataclass(frozen=True)
class Video:
    """One video to extract: the file, the tables to write, and the used part, in seconds from its first frame (None:
    from its start, to its end).

    One of the tables may be None and is then not written. Without `pose_out`, `pose_in` is a table with the pose;
    without that, the face is searched for in the whole picture.
    """

    path: Path
    pose_out: Path | None
    mesh_out: Path | None
    start_s: float | None = None
    end_s: float | None = None
    pose_in: Path | None = None
    crops: tuple[Crops, ...] = ()


@dataclass(frozen=True)
class Crops:
    """Face crops made together with the mesh: their kind, the fingerprint of the code that makes them
    (`face_crops.writing.stamp`), and the table."""

    kind: str
    code: str
    out: Path


def staged_crops(mesh: Path, kinds: Iterable[tuple[str, str]]) -> tuple[Crops, ...]:
    """Crops of these kinds (and codes), with staging tables next to the path of the video's `mesh`."""
    return tuple(Crops(kind, code, staging.path(Path(path(mesh.parent, kind)))) for kind, code in kinds)


@dataclass(frozen=True)
class Sections:
    """The settings that extraction reads."""

    pose: PoseSettings
    face: FaceSettings
    extraction: ExtractionSettings
    limits: LimitsSettings = field(default_factory=LimitsSettings)

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Sections:
        """From the settings by section; a section that is left out has its defaults."""
        return cls(
            PoseSettings(**settings.get("pose", {})),
            FaceSettings(**settings.get("face", {})),
            ExtractionSettings(**settings.get("extraction", {})),
            LimitsSettings(**settings.get("limits", {})),
        )

    def on(self, **where: Any) -> Sections:
        """A copy with another `device`, `threads` or `slots`, where these are not None."""
        options = {key: value for key, value in where.items() if value is not None}
        return replace(self, extraction=self.extraction.model_copy(update=options))


@dataclass(frozen=True)
class Begin:
    """The start of a video, before its first frame: its end as its container announces it."""

    announced_end_s: float | None


@dataclass(frozen=True)
class End:
    """The end of a video, after its last frame: facts of the file for the stamps, or the reason why it cannot be
    read."""

    facts: dict[str, Any]


Read = Begin | Segment | End
"""The sequence of each video: its begin (unless it cannot be opened), its segments, and its end."""


class Job:
    """Extraction with given settings and networks.

    models: folder of the networks.
    code: fingerprint of the code, for the stamps.
    """

    def __init__(self, sections: Sections, models: Path, code: str) -> None:
        self._sections = sections
        self._models = models
        self._code = code
        self._sha256 = cache(lambda name: atomic.sha256(models / f"{name}.onnx"))

    def stamp_of(self, video: Video) -> dict[str, Any]:
        """The stamp of both tables before anything is read: everything that they are made from."""
        return make_stamp(
            code=self._code,
            settings={
                "pose": self._sections.pose.model_dump(mode="json"),
                "face": self._sections.face.model_dump(mode="json"),
                "extraction": self._sections.extraction.model_dump(mode="json"),
                "limits": self._sections.limits.model_dump(mode="json"),
            },
            libraries=(*LIBRARIES, onnxruntime_name()),
            models={name: self._sha256(name) for name in self._networks(video)},
            inputs={str(path): atomic.sha256(path) for path in (video.path, video.pose_in) if path},
            reason=None,
            start_s=video.start_s,
            end_s=video.end_s,
        )

    def extract(self, videos: Sequence[Video]) -> None:
        """Write both tables of each of `videos`, which exist, whole and in their order; print the progress.

        A video that cannot be read has tables without rows, with the reason in their stamps. Raises UserError where
        the networks cannot be loaded.
        """
        settings = self._sections.extraction
        cv2.setNumThreads(settings.threads)
        new_body: Callable[[], PoseTracker] = NoPose
        new_face: Callable[[], MeshTracker] = NoMesh
        if any(video.pose_out for video in videos):
            new_body = pose.open_trackers(self._models, self._sections.pose, settings)
        if any(video.mesh_out for video in videos):
            new_face = mesh.open_trackers(self._models, self._sections.face, settings)

        def new_tracker(video: Video) -> Callable[[], PersonTracker]:
            body = new_body if video.pose_out else NoPose
            if video.pose_out is None and video.pose_in is not None:
                body = partial(TablePose, base.read(video.pose_in, POSE))
            face = NoMesh if video.mesh_out is None else new_face
            return lambda: PersonTracker(
                body(),
                face(),
                detect_every=settings.detect_every,
                min_visibility=self._sections.pose.min_visibility,
                cutters=[cutter(crops.kind) for crops in video.crops],
            )

        def all_tasks() -> Iterator[Task[Read]]:
            for video in videos:
                yield from _tasks(video, new_tracker(video), settings.slot_count, self._sections.limits)

        progress = Progress()
        with ahead(all_tasks(), 1) as ready_tasks:
            read = iter(BatchScheduler(ready_tasks, settings.slot_count, settings.batch, settings.threads))
            for video in videos:
                self._write(video, read, progress)

    def _write(self, video: Video, read: Iterator[Read], progress: Progress) -> None:
        """Write the tables of a video from its part of `read`, up to its end."""
        stamp = self.stamp_of(video)
        crop_stamps = [writing.stamp(crops.kind, crops.code, stamp) for crops in video.crops]
        progress.begin(str(video.path), video.start_s or 0.0)
        with ExitStack() as written:
            append_pose = written.enter_context(_writer(video.pose_out, POSE, stamp))
            append_mesh = written.enter_context(_writer(video.mesh_out, MESH, stamp))
            append_crops = [
                written.enter_context(base.writer(crops.out, FACE_CROPS, crop_stamp))
                for crops, crop_stamp in zip(video.crops, crop_stamps, strict=True)
            ]
            rows = join_rows(_segments(read, [stamp, *crop_stamps], progress))
            for group in groups(progress.count(rows)):
                append_pose(pose_table(group))
                append_mesh(mesh_table(group))
                for which, append in enumerate(append_crops):
                    append(crops_table(group, which))
        corrupt = stamp.get("corrupt_packets")
        lost = f"; {corrupt} packets could not be decoded" if corrupt else ""
        print(f"{video.path}: {stamp['reason'] or f'{progress}{lost}'}", flush=True)

    def _networks(self, video: Video) -> tuple[str, ...]:
        """The names of the networks that read the video, as in the catalogue."""
        return (
            *(pose.MODELS[self._sections.pose.backend] if video.pose_out else ()),
            *(mesh.MODELS[self._sections.face.backend] if video.mesh_out else ()),
        )


def _writer(path: Path | None, spec: Table, stamp: dict[str, Any]) -> AbstractContextManager[Callable[..., None]]:
    return nullcontext(lambda table: None) if path is None else base.writer(path, spec, stamp)


def _tasks(
    video: Video, new_tracker: Callable[[], PersonTracker], slots: int, limits: LimitsSettings
) -> Iterator[Task[Read]]:
    """Tasks whose results, in order, are the `Read` sequence of a video."""
    try:
        with frames(video.path, start_s=video.start_s, end_s=video.end_s, **limits.decoding) as decoding:
            ends_s = [end_s for end_s in (video.end_s, decoding.announced_duration_s) if end_s is not None]
            yield Task(_finished(Begin(min(ends_s, default=None))))
            yield from tasks(decoding, new_tracker, slots)
        facts = {**decoding.facts, "sound_start_s": audio_start_s(video.path)}
    except VideoError as error:
        facts = {"reason": error.reason, "detail": error.detail}
    yield Task(_finished(End(facts)))


def _finished(result: Read) -> Inference[Read]:
    return result
    yield  # makes this a generator without requests


def _segments(read: Iterator[Read], stamps: Sequence[dict[str, Any]], progress: Progress) -> Iterator[Segment]:
    """The segments in `read` up to an end. Puts the facts into `stamps` and the announced end into `progress`."""
    for part in read:
        match part:
            case Begin():
                progress.end_s = part.announced_end_s
            case End():
                for stamp in stamps:
                    stamp |= part.facts
                return
            case Segment():
                yield part
