"""Files of a run that are made from all its videos together."""

import json
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from moodreel.report import comparison
from moodreel.settings import paper
from moodreel.storage import atomic
from moodreel.storage.content_marks import ABSENT
from moodreel.workflow.plan.others import kept_meshes
from moodreel.workflow.plan.videos import VideoFiles

EVALUATION_TABLES = ("evaluation.tsv", "classes.tsv", "comparisons.tsv", "calibration.tsv", "leakage.tsv")
"""The tables made from all scores and predictions."""


CLIP_TABLES = ("clip_emotions.tsv", "clip_accuracy.tsv", "detectors.tsv", "emotion_timeline.tsv")
"""The tables made from all emotion scores."""


LARGEST_DESCRIPTION = 64 * 2**20
"""Bytes of the largest description of applied classifiers that is read in planning; the step says if it is larger."""

EXPORTS = {
    "export": {
        "openface": "openface/{video}.csv",
        "trust": "openface/{video}.trust.tsv",
        "openpose": "openpose/{video}",
        "scores": "emotions/{video}.csv",
    },
    "export_frames": {"out": "frames/{video}"},
    "export_events": {"elan": "elan/{video}.eaf", "events": "events/{video}.csv"},
}
"""The files of each video for other programs, by the step that writes them and its outputs, in a folder per format.
Next to OpenFace's columns lies the table of how far its units can be trusted. A step reads no more than its formats
need: the first one only the video's own tables, the second also the screening, the third windows and clusters."""


class RunFiles(VideoFiles):
    """The files of the videos, and the name of every file that is made from all videos."""

    @cached_property
    def kept_meshes(self) -> list[str]:
        """The meshes that are drawn over frames: of the faces that a network reads, if the run keeps them."""
        if not self.settings.extraction.keep_mesh:
            return []
        return [self.mesh(video) for video in self.videos if self.extraction_of(video).face_from == "network"]

    @cached_property
    def meshes_of_others(self) -> list[str]:
        """Existing meshes that other runs keep, but not this one. Unless they are targets, Snakemake would delete them
        after their use."""
        if self.settings.extraction.keep_mesh:
            return []
        kept = kept_meshes(self.name)
        return [mesh for mesh in self.each(self.mesh) if mesh in kept and Path(mesh).exists()]

    @cached_property
    def given_files(self) -> frozenset[str]:
        """The files that exist before the run: those that the table of videos names, and files of other runs."""
        return self.named_files.union(self.previous, self.applied_models)

    @property
    def previous(self) -> list[str]:
        """The clusters.parquet whose numbers are kept; empty where there is none."""
        return [self.settings.clusters.previous] if self.settings.clusters.previous else []

    @cached_property
    def applied_models(self) -> list[str]:
        """The files of the classifiers that are applied."""
        folder = self.settings.apply.models
        found = sorted(Path(folder).glob("*")) if folder and os.path.isdir(folder) else []
        return [str(path) for path in found if path.is_file() and not path.name.startswith(".")]

    @cached_property
    def applied_emotions(self) -> dict[str, str] | None:
        """The `detector` and the `backend` of the emotion scores that the applied classifiers take; None where they
        take none."""
        described = Path(self.settings.apply.models or "", "model.json")
        if not self.settings.apply.models or not os.path.isfile(described):
            return None
        try:
            if described.stat().st_size > LARGEST_DESCRIPTION:
                return None
            scored = json.loads(described.read_text(encoding="utf-8")).get("emotions")
        except (OSError, ValueError, AttributeError, RecursionError):  # the step reports what is wrong with it
            return None
        is_whole = isinstance(scored, dict) and all(isinstance(scored.get(key), str) for key in ("detector", "backend"))
        return scored if is_whole else None

    @property
    def detectors(self) -> Sequence[str]:
        """The detectors whose faces are scored. Where classifiers are applied: the one of their training, or those
        whose scores films show."""
        if self.applied_emotions:
            return [self.applied_emotions["detector"]]
        films = self.settings.annotate
        shown = not self.settings.apply.models or (films.videos and "scores" in films.layers)
        return super().detectors if shown else []

    def applied_scores(self, video: str) -> str | None:
        """The video's emotion scores for the applied classifiers, None where they take none."""
        return self.emotions(video, self.applied_emotions["detector"]) if self.applied_emotions else None

    def marks_of(self, given: Iterable[str]) -> list[str]:
        """Names and content marks of these files: they change when a file changes or disappears."""
        return [f"{Path(path).name} {self.marks.mark(path)}" for path in given]

    @cached_property
    def held_out(self) -> list[str]:
        """The table of action units against neutral faces found without test videos, where several videos share one."""
        shared = any(self.extraction_of(video).face_from == "network" and self.neutral(video) for video in self.videos)
        return [f"{self.run}/held_out.parquet"] if shared and "video" in self.settings.classify.groups else []

    @cached_property
    def held_out_inputs(self) -> list[str]:
        """Its inputs in addition to the features, which depend on poses and faces by way of the screening."""
        return [self.movements(video) for video in self.videos if self.extraction_of(video).face_from == "network"]

    def evaluation_parts(self, kind: str) -> list[str]:
        """The evaluation's files of one kind (`scores`, `predictions`, `chance`), one per job; number 0 is the data."""
        classify = self.settings.classify
        draws, per_job, parts = classify.nulls + 1, classify.replicates_per_job, classify.jobs_per_replicate
        spans = [(first, min(first + per_job, draws) - 1) for first in range(0, draws, per_job)]
        return [
            f"{self.run}/evaluation/{kind}.draws-{first}-{last}.part-{part}-of-{parts}.parquet"
            for first, last in spans
            for part in range(parts)
        ]

    @property
    def emotion_features(self) -> str | None:
        """The folder, in a video's folder, of the emotion scores used as features: those of the first detector; None
        where none are used."""
        used = "emotions" in self.settings.features.groups_in_use
        return self.scoring_folder(self.settings.emotions.detectors[0]) if used else None

    @property
    def emotion_moods(self) -> str | None:
        """The folder of the emotion scores that give moods for the pairing; None where none are used."""
        return self.scoring_folder(self.settings.emotions.detectors[0]) if self.settings.pairing.by_emotions else None

    @property
    def drawn_emotions(self) -> str | None:
        """The folder of the emotion scores that figures show; None where there are none."""
        first = self.settings.emotions.detectors[0]
        return self.scoring_folder(first) if any(first in self.detectors_of(video) for video in self.videos) else None

    @property
    def drawn_emotion_tables(self) -> list[str]:
        """The tables of these scores, of the videos that have them."""
        first = self.settings.emotions.detectors[0]
        return [self.emotions(video, first) for video in self.videos if first in self.detectors_of(video)]

    def scores_of_all(self, scoring: str | None) -> list[str]:
        """The tables of emotion scores in the folder `scoring`, of all videos; none if it is None."""
        return [f"{self.folder(video)}/{scoring}/emotions.parquet" for video in self.videos] if scoring else []

    def exported_emotions(self, video: str) -> str | None:
        """The emotion scores written for other programs: those of the first detector that has any."""
        scored = self.detectors_of(video)
        return self.emotions(video, scored[0]) if scored else None

    @cached_property
    def videos_of_films(self) -> list[str]:
        """The videos of which an annotated film is made. `all` means those whose file exists or will be made, and those
        whose film exists already."""
        requested = self.settings.annotate.videos
        if requested != "all":
            return [
                video
                for video in requested
                if video in self.videos and self.media(video) and self.tables_of_film(video)
            ]
        present = (video for video in self.each_read(str) if self.is_there(video) or Path(self.film(video)).exists())
        return [video for video in present if self.tables_of_film(video)]

    def is_there(self, video: str) -> bool:
        """Whether the video's media file exists, or a rule makes it."""
        media = self.media(video)
        return media is not None and (self.videos[video].kind != "file" or self.marks.mark(media) != ABSENT)

    def film(self, video: str) -> str:
        """The annotated film of the video."""
        return f"{self.run}/annotated/{video}.mp4"

    @property
    def films(self) -> list[str]:
        """All annotated films."""
        return [self.film(video) for video in self.videos_of_films]

    def tables_of_film(self, video: str) -> dict[str, str]:
        """The tables that a film of the video is drawn from, by the step's inputs."""
        layers, extraction = {*self.settings.annotate.layers}, self.extraction_of(video)
        whole, is_tracked = self.settings.study == "expressions", extraction.face_from == "network"
        scores = self.exported_emotions(video) if "scores" in layers or not whole else None
        tables = {
            "pose": self.pose(video) if whole and extraction.pose_from != "nowhere" else None,
            "mesh": self.mesh(video)
            if whole and is_tracked and layers & {"mesh", "box"} and self.settings.extraction.keep_mesh
            else None,
            "face": self.face(video) if whole and "units" in layers and extraction.face_from != "nowhere" else None,
            "emotions": scores,
        }
        return {name: path for name, path in tables.items() if path}

    @property
    def kept_crops(self) -> list[str]:
        """The face crops that are kept as results."""
        kind = self.settings.face_crops.kind
        return [self.face_crops(video, kind) for video in self.videos if kind in self.crop_kinds(video)]

    @property
    def clip_tables(self) -> list[str]:
        """The tables made from all emotion scores."""
        return [f"{self.run}/{name}" for name in CLIP_TABLES]

    @property
    def published_file(self) -> list[str]:
        """The file of the paper's published numbers, relative to the working folder if it lies below it; empty without
        a paper."""
        if not self.settings.paper.name:
            return []
        path = paper.FOLDER / self.settings.paper.name / "expected.yaml"
        return [str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)]

    @property
    def published_sha256(self) -> list[str]:
        """The SHA-256 of this file: its time is not enough, since a clone makes it new."""
        return [atomic.sha256(path) for path in self.published_file]

    @property
    def comparison(self) -> list[str]:
        """The comparison of the run's figures with the paper's, as a table and as a page."""
        return [f"{self.run}/comparison.tsv", f"{self.run}/comparison.html"] if self.published_file else []

    @property
    def compared_tables(self) -> dict[str, str | list[str]]:
        """The tables with the run's figures, by the inputs of the step `compare`; empty lists for those of another kind
        of study."""
        absent: dict[str, list[str]] = {name: [] for kind in comparison.KINDS.values() for name in kind.tables}
        tables = comparison.KINDS[self.settings.study].tables
        return {**absent, **{name: f"{self.run}/{file}" for name, file in tables.items()}}

    @property
    def results(self) -> list[str]:
        """The files that `snakemake` makes without targets."""
        return [*self.record_inputs, f"{self.run}/ro-crate-metadata.json", *self.meshes_of_others]

    @cached_property
    def record_inputs(self) -> list[str]:
        """The results that the record of the run lists, along with everything they were made from."""
        described = [f"{self.run}/settings.yaml", f"{self.run}/videos.tsv"]
        of_videos = [*self.kept_crops, *self.films]
        if self.settings.apply.models:
            return [*described, *self.each(self.applied_table), *of_videos]
        if self.settings.study == "emotions":
            return [*described, *self.clip_tables, *self.comparison, *self.emotion_tables, *of_videos]
        names = [
            "settings.yaml", "videos.tsv", "screening.tsv", "windows.parquet", "labels.parquet", "emotions.tsv",
            "embedding.parquet", "silhouette.tsv", "clusters.parquet", "folds.parquet", "predictions.parquet",
            *EVALUATION_TABLES, "modalities.tsv", "models", "pairs.tsv", "unpaired.tsv", "pairs", "figures",
            "report.html",
        ]  # fmt: skip
        more = ["acted.tsv"] if self.all_built_in else []
        if "psych_ds" in self.settings.export.formats:
            more.append("exports/psych-ds")
        paths = [path for files in self.exported_files.values() for path in files.values()]
        exported = [path.format(video=video) for path in paths for video in self.videos]
        if self.emotion_tables:
            more += CLIP_TABLES
        of_run = [f"{self.run}/{name}" for name in (*names, *more)]
        return [*of_run, *self.comparison, *self.emotion_tables, *exported, *of_videos]

    def applied_table(self, video: str) -> str:
        """The predictions of another run's classifier for the video."""
        return f"{self.run}/applied/{video}.tsv"

    @cached_property
    def exported_files(self) -> dict[str, dict[str, str]]:
        """The files of each `{video}` for other programs, by the step that writes them and its outputs."""
        settings = self.settings.export
        endings = {"openpose": ".zip" if settings.openpose_as == "zip" else "", "frames": f".{settings.frames_as}"}

        def files(paths: dict[str, str]) -> dict[str, str]:
            folders = {name: path.partition("/")[0] for name, path in paths.items()}
            return {
                name: f"{self.run}/exports/{path}{endings.get(folders[name], '')}"
                for name, path in paths.items()
                if folders[name] in settings.formats
            }

        return {step: files(paths) for step, paths in EXPORTS.items()}

    @property
    def all_built_in(self) -> bool:
        """Whether all videos are built-in clips, so that the truth is known."""
        return len(self.builtin) == len(self.videos)
