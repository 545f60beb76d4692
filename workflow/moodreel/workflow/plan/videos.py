"""Files of a run's videos: their paths, and how each video is read."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from moodreel import face_crops
from moodreel.emotions.networks import CROPS, required_networks
from moodreel.errors import UserError
from moodreel.networks import catalogue
from moodreel.settings.resolve import Settings
from moodreel.storage.content_marks import Marks
from moodreel.tables import staging
from moodreel.video.source import source_key
from moodreel.video.table_rows import Video
from moodreel.workflow.plan import media
from moodreel.workflow.plan.extractions import Extraction, Origin, pattern
from moodreel.workflow.step import load

T = TypeVar("T")


class VideoFiles:
    """A run's settings and videos, and the path of every file that is made from one video or one performer's videos.

    Files made with other settings have other paths, so that runs with different settings do not overwrite each other's.
    """

    ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

    def __init__(self, settings: Settings, videos: list[Video]) -> None:
        self.settings = settings
        self.videos = {v.video: media.with_located_files(v) for v in videos}
        self.name = settings.run
        self.run = f"results/runs/{settings.run}"
        self.models_folder = settings.models.folder
        self.gpus = 1 if settings.extraction.device == "cuda" else 0
        self.extraction_mb = 6000 if self.gpus else 1500  # with a GPU, the segments of all slots are held
        self.extraction_env = f"../../envs/extraction{'-cuda' if self.gpus else ''}.yaml"

    @cached_property
    def extractions(self) -> dict[str, Extraction]:
        """The extractions of the run's videos, by name."""
        found = (self.extraction_of(video) for video in self.videos)
        return {extraction.name: extraction for extraction in found}

    def extraction_of(self, video: str) -> Extraction:
        """The extraction by which the video is read."""
        return self._extraction_by_key[self._extraction_key(self.videos[video])]

    @cached_property
    def _extraction_by_key(self) -> dict[tuple[str, str, str], Extraction]:
        extract = load("extract")
        return {
            (pose, face, actors): Extraction(
                pose, face, extract.settings_of(self.settings, pose=pose, face=face), actors, self.models_folder
            )
            for pose, face, actors in {self._extraction_key(video) for video in self.videos.values()}
        }

    def _extraction_key(self, video: Video) -> tuple[str, str, str]:
        """Pose backend, face backend, and for built-in clips the settings that they are made with."""
        return (
            video.pose_backend or self.settings.pose.backend,
            video.face_backend or self.settings.face.backend,
            self._actors if video.kind == "builtin" else "",
        )

    @cached_property
    def _actors(self) -> str:
        """The settings of built-in clips: with another noise seed, clips of the same name are other clips."""
        return self.settings_of("actor")

    def folder_pattern(self, *, pose: Origin | None = None, face: Origin | None = None) -> str:
        """A regular expression for the folders of extractions with these origins of pose and face; None: any origin."""
        return pattern(self.extractions.values(), pose=pose, face=face)

    def folder(self, video: str) -> str:
        return f"results/videos/{video}/{self.extraction_of(video).name}"

    def pose(self, video: str) -> str:
        return f"{self.folder(video)}/pose.parquet"

    def mesh(self, video: str) -> str:
        return f"{self.folder(video)}/mesh.parquet"

    def face_folder(self, video: str) -> str:
        """The folder of the face's tables; for a face read by a network one per settings of the action units."""
        folder = self.folder(video)
        return f"{folder}/{self.units(video)}" if self.extraction_of(video).face_from == "network" else folder

    def face(self, video: str) -> str:
        return f"{self.face_folder(video)}/face.parquet"

    def units(self, video: str) -> str:
        """`au-<8 hex>`: the settings of the action units and the videos in which the neutral face is found."""
        return self._units[self._performer(video)]

    @cached_property
    def raw_columns(self) -> list[str]:
        """The tables of OpenFace's unchanged columns, of the videos with a file of it, if they are the features."""
        if self.settings.features.set != "paper":
            return []
        return [
            f"{self.folder(video)}/openface.parquet"
            for video in self.videos
            if self.extraction_of(video).face == "openface"
        ]

    def movements(self, video: str) -> str:
        """The table of displacements from which action units are computed, where a network reads the face."""
        return f"{self.face_folder(video)}/movements.parquet"

    def neutral(self, video: str, units: str | None = None) -> str | None:
        """The neutral face that the performer's videos share; None where the video has its own.

        Raises UserError if `units` are not those of this run.
        """
        performer, extraction = key = self._performer(video)
        if units not in (None, self._units[key]):
            raise UserError(f"{video}: this run measures action units as {self._units[key]}, not as {units}")
        if not self._shares(key):
            return None
        return f"results/performers/{performer}/{extraction}/{self._units[key]}/neutral.parquet"

    def of_performer(self, performer: str, extraction: str, units: str) -> list[str]:
        """The performer's videos with this extraction and these units. Raises UserError if this run has none."""
        videos = self._videos_of.get((performer, extraction), [])
        if units != self._units.get((performer, extraction)):
            raise UserError(f"{performer}: this run has no videos that are read as {extraction}/{units}")
        return videos

    def urgency(self, video: str) -> int:
        """The priority of reading the video, from 1 (last): a performer's videos come one after the other, since
        measuring one of them needs all, and meshes that are not kept take space until then."""
        return self._urgency[video]

    @cached_property
    def _urgency(self) -> dict[str, int]:
        order = [video for videos in self._videos_of.values() for video in videos]
        return {video: len(order) - place for place, video in enumerate(order)}

    @cached_property
    def _videos_of(self) -> dict[tuple[str, str], list[str]]:
        """The videos by performer and extraction."""
        videos_of = defaultdict(list)
        for video in self.videos:
            videos_of[self._performer(video)].append(video)
        return dict(videos_of)

    def _performer(self, video: str) -> tuple[str, str]:
        return self.videos[video].performer, self.extraction_of(video).name

    def _shares(self, performer: tuple[str, str]) -> bool:
        """Whether the performer's videos share a neutral face."""
        return self.settings.action_units.neutral == "performer" and len(self._videos_of[performer]) > 1

    @cached_property
    def _units(self) -> dict[tuple[str, str], str]:
        settings = self.settings_of("face")
        return {
            performer: f"au-{_digest(settings, *(sorted(videos) if self._shares(performer) else ()))}"
            for performer, videos in self._videos_of.items()
        }

    def emotions(self, video: str, detector: str) -> str:
        """The video's emotion scores of the faces that the detector finds."""
        return f"{self.folder(video)}/{self.scoring_folder(detector)}/emotions.parquet"

    def scoring_folder(self, detector: str) -> str:
        """`emotions-<detector>-<8 hex>`: the detector whose faces are scored, and the settings of the scores."""
        return f"emotions-{detector}-{self._scoring}"

    @cached_property
    def _scoring(self) -> str:
        return _digest(self.settings_of("emotions"))

    def emotion_models(self, detector: str) -> list[str]:
        """The paths of the networks for scoring the faces of this detector."""
        names = required_networks(self.settings.emotions.backend, detector)
        return [str(path) for path in catalogue.paths(self.models_folder, names)]

    def emotion_models_sha256(self, detector: str) -> str:
        """The hashes of these networks as JSON: with another network faces are scored again."""
        names = required_networks(self.settings.emotions.backend, detector)
        return json.dumps({name: catalogue.declared_hash(name) for name in names}, sort_keys=True)

    def face_crops(self, video: str, kind: str) -> str:
        """The video's face crops of this kind."""
        return face_crops.path(self.folder(video), kind)

    def crop_kinds(self, video: str) -> list[str]:
        """The kinds of face crops that the run needs of the video; none where no network tracks the face."""
        if self.extraction_of(video).face_from != "network":
            return []
        kept = [self.settings.face_crops.kind] if self.settings.face_crops.keep else []
        scored = [CROPS[self.settings.emotions.backend]] if "mesh" in self.detectors_of(video) else []
        return list(dict.fromkeys(kept + scored))

    def scored_crops(self, video: str) -> str:
        """The face crops that are scored where the detector is `mesh`."""
        return self.face_crops(video, CROPS[self.settings.emotions.backend])

    def cost_of_crops(self, video: str, kind: str) -> str:
        """The present cost of cutting the face out, in words for the rule's message."""
        read_before = Path(self.mesh(video)).exists()
        if not read_before or staging.path(Path(self.face_crops(video, kind))).exists():
            return "while it is read"
        return "one more decode without tracking; none if the video is read again anyway"

    def detectors_of(self, video: str) -> list[str]:
        """The detectors whose faces of this video are scored; none where there is no video."""
        row = self.videos[video]
        if self.settings.emotions.backend == "none" or row.kind == "none":
            return []
        is_tracked = self.extraction_of(video).face_from == "network"
        return [name for name in self.detectors if name != "mesh" or is_tracked]

    @property
    def detectors(self) -> Sequence[str]:
        """The detectors whose faces are scored."""
        return self.settings.emotions.detectors

    @cached_property
    def emotion_tables(self) -> list[str]:
        """The tables of emotion scores."""
        return [self.emotions(video, detector) for video in self.videos for detector in self.detectors_of(video)]

    def soundtrack(self, video: str) -> str:
        """The description of the sound of the video, or of each `{video}`."""
        return f"results/videos/{video}/{self._soundtrack}"

    @cached_property
    def _soundtrack(self) -> str:
        return f"soundtrack-{_digest(self.settings_of('soundtrack'))}.parquet"

    def media(self, video: str) -> str | None:
        """The path of the video's media file, which may still have to be made or fetched; None where there is none."""
        path = media.media_path(self.videos[video], self.settings)
        return None if path is None else str(path)

    def media_file(self, video: str) -> str:
        """The path of the media file of a video that has one."""
        media = self.media(video)
        assert media is not None, f"{video} has no media file"
        return media

    @cached_property
    def marks(self) -> Marks:
        """The content marks of given files."""
        return Marks(Path("results/.cache/marks.json"))

    @cached_property
    def named_files(self) -> frozenset[str]:
        """The files that the table of videos names."""
        media = (self.media(row.video) for row in self.videos.values() if row.kind == "file")
        tables = (path for row in self.videos.values() for path in (row.pose_file, row.face_file))
        return frozenset(path for path in (*media, *tables) if path)

    @cached_property
    def made_media(self) -> list[str]:
        """The media files that rules make or fetch."""
        return [self.media_file(row.video) for row in self.videos.values() if row.kind in ("builtin", "youtube")]

    @cached_property
    def recordings(self) -> dict[str, str]:
        """By video, the first video of the table with the same recording: the same source, or a file with the same
        content. The content of downloads is not known before they are there."""
        self.marks.look(self.named_files)
        first_of: dict[str, str] = {}
        linked: dict[str, str] = {}
        for video in self.videos.values():
            linked[video.video] = video.video
            for key in self._contents(video):
                one, other = (_end(linked, name) for name in (first_of.setdefault(key, video.video), video.video))
                linked[max(one, other, key=self._place.__getitem__)] = min(one, other, key=self._place.__getitem__)
        return {video: _end(linked, video) for video in linked}

    @cached_property
    def _place(self) -> dict[str, int]:
        return {video: number for number, video in enumerate(self.videos)}

    def _contents(self, video: Video) -> Iterator[str]:
        if video.source:
            yield source_key(video.source)
        media = self.media_file(video.video) if video.kind == "file" else None
        for path in (media, video.pose_file, video.face_file):
            if path:
                content = self.marks.content(path)
                yield f"content {content}" if content else f"file {os.path.normpath(path)}"

    def truth(self, video: str) -> str:
        """The table of what a built-in clip shows, next to the clip."""
        return self.media_file(video).removesuffix(".mp4") + ".truth.parquet"

    @cached_property
    def builtin(self) -> list[str]:
        return [v.video for v in self.videos.values() if v.kind == "builtin"]

    def each(self, name: Callable[[str], T]) -> list[T]:
        """`name` of every video, in the table's order."""
        return [name(video) for video in self.videos]

    def each_read(self, name: Callable[[str], str]) -> list[str]:
        """`name` of every video that has a media file, not only imported tables."""
        return [name(row.video) for row in self.videos.values() if row.kind != "none"]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the resolved table of videos (tables/videos.py), without labels, which only the step `labels`
        reads."""
        return [
            {
                **{name: value for name, value in asdict(v).items() if name != "emotion"},
                "pose_backend": self.extraction_of(v.video).pose,
                "face_backend": self.extraction_of(v.video).face,
                "path": self.media(v.video),
                "folder": self.folder(v.video),
                "face_folder": self.face_folder(v.video),
                "recording": self.recordings[v.video] if self.recordings[v.video] != v.video else None,
            }
            for v in self.videos.values()
        ]

    def settings_of(self, step: str) -> str:
        """The settings that the step sees, as one JSON string."""
        return load(step).settings_of(self.settings)


def _end(linked: dict[str, str], name: str) -> str:
    while linked[name] != name:
        name = linked[name]
    return name


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
