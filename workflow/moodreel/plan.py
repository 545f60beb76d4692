"""What a run consists of: from the configuration to file names, step settings and code fingerprints.

The rules ask this page for names, so that they hold none of the logic. It is read at every start of Snakemake and
imports nothing heavy.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from moodreel.checks import check
from moodreel.classify import estimators
from moodreel.extractions import Extraction, Origin, pattern
from moodreel.provenance import fingerprint
from moodreel.settings.resolve import Settings, resolve
from moodreel.shards import Shards
from moodreel.told import told
from moodreel.video import source
from moodreel.video.table import Video, read

EVALUATION_TABLES = ("evaluation.tsv", "classes.tsv", "comparisons.tsv", "calibration.tsv", "leakage.tsv")
"""What is made of all scores and predictions, beside these."""


class Plan:
    """One run: its settings, its videos, and the name of every file it makes."""

    ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

    def __init__(self, settings: Settings, videos: list[Video]) -> None:
        self.settings = settings
        self.videos = {v.video: v for v in videos}
        self.name = settings.run
        self.run = f"results/runs/{settings.run}"
        self.models_folder = settings.models.folder
        self.videos_count = len(videos)
        self.gpus = 1 if settings.extraction.device == "cuda" else 0
        self.extraction_mb = 6000 if self.gpus else 1500  # beside a GPU, stretches in all lanes are held
        self.extraction_env = f"../../envs/extraction{'-cuda' if self.gpus else ''}.yaml"

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Plan:
        """The plan for a configuration. Raises UserError that lists every mistake of it, or of its table of videos."""
        plan = cls.unchecked(config)
        check(plan)
        return plan

    @classmethod
    def unchecked(cls, config: Mapping[str, Any]) -> Plan:
        """The same without looking for the videos' files: for steps, which come after that."""
        settings = resolve(config)
        return cls(settings, read(settings.videos))

    # Names of files, per video

    @cached_property
    def extractions(self) -> dict[str, Extraction]:
        """The ways in which the run's videos are read, by name."""
        found = (self.extraction_of(video) for video in self.videos)
        return {extraction.name: extraction for extraction in found}

    def extraction_of(self, video: str) -> Extraction:
        """How the video is read."""
        return self._ways[self._backends(self.videos[video])]

    @cached_property
    def _ways(self) -> dict[tuple[str, str], Extraction]:
        """By pose and face backend. Built-in clips of another noise seed are other clips by the same name, so their
        seed counts too."""
        also = self.settings_of("actor") if self.builtin else ""
        return {
            (pose, face): Extraction(
                pose, face, told(self.settings, "extract", pose=pose, face=face), also, self.models_folder
            )
            for pose, face in {self._backends(video) for video in self.videos.values()}
        }

    def _backends(self, video: Video) -> tuple[str, str]:
        return (
            video.pose_backend or self.settings.pose.backend,
            video.face_backend or self.settings.face.backend,
        )

    def named(self, *, pose: Origin | None = None, face: Origin | None = None) -> str:
        """A pattern for the folders of videos whose pose and face come from there; None: from anywhere."""
        return pattern(self.extractions.values(), pose=pose, face=face)

    def folder(self, video: str) -> str:
        return f"results/videos/{video}/{self.extraction_of(video).name}"

    def pose(self, video: str) -> str:
        return f"{self.folder(video)}/pose.parquet"

    def mesh(self, video: str) -> str:
        return f"{self.folder(video)}/mesh.parquet"

    @cached_property
    def kept_meshes(self) -> list[str]:
        """The meshes that are drawn over frames: of the faces that a network reads, unless they are not kept."""
        if not self.settings.extraction.keep_mesh:
            return []
        return [self.mesh(video) for video in self.videos if self.extraction_of(video).face_from == "network"]

    def face(self, video: str) -> str:
        return f"{self.folder(video)}/face.parquet"

    @cached_property
    def raw_columns(self) -> list[str]:
        """OpenFace's columns as they stand in its files, of the videos that have one, where the features are these."""
        if self.settings.features.set != "paper":
            return []
        return [
            f"{self.folder(video)}/openface.parquet"
            for video in self.videos
            if self.extraction_of(video).face == "openface"
        ]

    def movements(self, video: str) -> str:
        """What action units are made from, where a network reads the face."""
        return f"{self.folder(video)}/movements.parquet"

    def neutral(self, video: str) -> str:
        """The resting face of the video's performer."""
        return f"results/performers/{self.videos[video].performer}/{self.extraction_of(video).name}/neutral.parquet"

    def soundtrack(self, video: str) -> str:
        return f"results/videos/{video}/soundtrack.parquet"

    def media(self, video: str) -> str | None:
        """The video's media file: where it lies, or where it will be made or fetched; None where there is none."""
        path = source.media_path(self.videos[video], self.settings)
        return None if path is None else str(path)

    def truth(self, video: str) -> str:
        """The acted truth beside a built-in clip."""
        return self.media(video).removesuffix(".mp4") + ".truth.parquet"

    def of_performer(self, performer: str, extraction: str) -> list[str]:
        """The performer's videos that are read in this way."""
        return [
            v.video
            for v in self.videos.values()
            if v.performer == performer and self.extraction_of(v.video).name == extraction
        ]

    @cached_property
    def builtin(self) -> list[str]:
        return [v.video for v in self.videos.values() if v.kind == "builtin"]

    # Names of files, per run

    def each(self, name: Callable[[str], str]) -> list[str]:
        """`name` of every video, in the table's order."""
        return [name(video) for video in self.videos]

    def each_seen(self, name: Callable[[str], str]) -> list[str]:
        """`name` of every video that is more than what others have read of it."""
        return [name(row.video) for row in self.videos.values() if row.kind != "none"]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The resolved table of videos (tables/videos.py)."""
        return [
            {
                **asdict(v),
                "pose_backend": self.extraction_of(v.video).pose,
                "face_backend": self.extraction_of(v.video).face,
                "path": self.media(v.video),
                "folder": self.folder(v.video),
            }
            for v in self.videos.values()
        ]

    @cached_property
    def held_out(self) -> list[str]:
        """Action units against resting faces that no test video helped to find, where several videos share one."""
        if self.settings.action_units.neutral != "performer" or "video" not in self.settings.classify.groups:
            return []
        together = Counter((row.performer, self.extraction_of(row.video)) for row in self.videos.values())
        shared = any(count > 1 and extraction.face_from == "network" for (_, extraction), count in together.items())
        return [f"{self.run}/held_out.parquet"] if shared else []

    @cached_property
    def held_out_inputs(self) -> list[str]:
        """What these are measured from."""
        read = [video for video in self.videos if self.extraction_of(video).face_from == "network"]
        return [name(video) for name in (self.pose, self.face, self.movements) for video in read]

    def evaluation_parts(self, kind: str) -> list[str]:
        """The evaluation's files of one kind (`scores`, `predictions`), one per job; draw 0 is the data."""
        classify = self.settings.classify
        draws, per_job, parts = classify.nulls + 1, classify.draws_per_job, classify.jobs_per_draw
        spans = [(first, min(first + per_job, draws) - 1) for first in range(0, draws, per_job)]
        return [
            f"{self.run}/evaluation/{kind}.draws-{first}-{last}.part-{part}-of-{parts}.parquet"
            for first, last in spans
            for part in range(parts)
        ]

    @property
    def published(self) -> list[str]:
        """What the paper that the run reruns has published."""
        return [f"workflow/papers/{self.settings.paper.name}/expected.yaml"] if self.settings.paper.name else []

    @property
    def comparison(self) -> list[str]:
        """The run's figures beside these, as a table and as a page."""
        return [f"{self.run}/comparison.tsv", f"{self.run}/comparison.html"] if self.published else []

    @cached_property
    def figures_inputs(self) -> list[str]:
        """What figures are drawn from."""
        names = [
            "features.parquet", "windows.parquet", "silhouette.tsv", "clusters.parquet", "gallery",
            "predictions.parquet", *EVALUATION_TABLES,
        ]  # fmt: skip
        return [f"{self.run}/{name}" for name in names]

    @cached_property
    def report_inputs(self) -> list[str]:
        """What the page is made from."""
        names = [
            "settings.yaml",
            "videos.tsv",
            "screening.tsv",
            "embedding.parquet",
            "folds.parquet",
            "pairs.tsv",
            "pairs",
        ]
        return [*self.figures_inputs, *(f"{self.run}/{name}" for name in names)]

    @cached_property
    def results(self) -> list[str]:
        """What `snakemake` makes when asked for nothing in particular."""
        if self.settings.apply.models:
            return [f"{self.run}/settings.yaml", f"{self.run}/videos.tsv", *self.each(self.applied)]
        names = [
            "settings.yaml", "videos.tsv", "screening.tsv", "windows.parquet", "embedding.parquet", "silhouette.tsv",
            "clusters.parquet", "folds.parquet", "predictions.parquet", *EVALUATION_TABLES, "models", "pairs.tsv",
            "pairs", "figures", "report.html",
        ]  # fmt: skip
        more = ["acted.tsv"] if self.all_acted else []
        if "psych_ds" in self.settings.export.formats:
            more.append("exports/psych-ds")
        exported = [path.format(video=video) for path in self.written.values() for video in self.videos]
        return [f"{self.run}/{name}" for name in (*names, *more)] + self.comparison + exported

    def applied(self, video: str) -> str:
        """What another run's classifier says of the video."""
        return f"{self.run}/applied/{video}.tsv"

    @property
    def applying(self) -> str:
        """How that classifier is asked, as options."""
        chosen = self.settings.apply.classifier
        name = f"--classifier {shlex.quote(chosen)} " if chosen else ""
        return name + _options({"--last-frames": self.settings.apply.last_frames})

    @cached_property
    def written(self) -> dict[str, str]:
        """By format, what is written of each `{video}` for other programs."""
        endings = {
            "openface": ".csv",
            "openpose": ".zip" if self.settings.export.openpose_as == "zip" else "",
            "elan": ".eaf",
            "events": ".csv",
        }
        return {
            name: f"{self.run}/exports/{name}/{{video}}{endings[name]}"
            for name in self.settings.export.formats
            if name in endings
        }

    @property
    def all_acted(self) -> bool:
        """Whether every clip is a built-in one, so that the truth is known throughout."""
        return len(self.builtin) == len(self.videos)

    @cached_property
    def shards(self) -> dict[str, Shards]:
        """By extraction, which videos are read together, ahead of their own jobs."""
        return {
            name: Shards(
                [row for row in self.rows if self.extraction_of(row["video"]) is extraction],
                per_job=self.settings.extraction.videos_per_job,
                code=self.code_of("extract", name),
                folder=f"{self.run}/shards/{name}",
            )
            for name, extraction in self.extractions.items()
            if extraction.pose_from == extraction.face_from == "network"
        }

    def shard_of(self, video: str) -> str | None:
        """The shard after which the video's own job comes, None where there is none."""
        shards = self.shards.get(self.extraction_of(video).name)
        return shards.ahead.get(video) if shards else None

    # What steps are told

    def settings_of(self, step: str) -> str:
        """What the step is told of the settings, as one JSON string."""
        return told(self.settings, step)

    def code_of(self, step: str, extraction: str | None = None) -> str:
        """The fingerprint of the step's code and of the backends that the settings, or `extraction`, choose for it."""
        classifiers = self.settings.classify.classifiers
        backends = {
            "extract": lambda: self.extractions[extraction].networks if extraction else (),
            "import_face": lambda: (f"moodreel.formats.{self.extractions[extraction].face}",) if extraction else (),
            "evaluate": lambda: [estimators.CLASSIFIERS[name] for name in (*classifiers, estimators.BASELINE)],
            "train": lambda: [estimators.CLASSIFIERS[name] for name in classifiers],
            "classify": lambda: [*estimators.CLASSIFIERS.values()],  # which, the model says
        }.get(step, tuple)
        code = fingerprint(f"steps.{step}", *(module.removeprefix("moodreel.") for module in backends()))
        return f"{code}-{self.settings.cache.epoch}"

    def span_of(self, video: str) -> str:
        """The part of the video that is used, as options of the extract step."""
        row = self.videos[video]
        return _options({"--start-s": row.start_s, "--end-s": row.end_s})

    def import_of(self, video: str) -> str:
        """What importing is told of the video besides files, as options."""
        row = self.videos[video]
        return _options({"--start-s": row.start_s, "--end-s": row.end_s, "--rate-hz": row.rate_hz})

    @cached_property
    def whole_settings(self) -> str:
        """All settings as one JSON string."""
        return json.dumps(self.settings.model_dump(mode="json"), sort_keys=True)

    @cached_property
    def models_settings(self) -> str:
        """Where networks are looked for, as the models step takes it."""
        return json.dumps({"models": self.settings.models.model_dump(mode="json")})

    @cached_property
    def table_settings(self) -> str:
        """What resolving the table of videos takes, as one JSON string; other settings leave the table alone."""
        sections = {**json.loads(self.settings_of("extract")), **json.loads(self.settings_of("actor"))}
        return json.dumps({"videos": self.settings.videos, **sections}, sort_keys=True)

    @cached_property
    def rows_sha256(self) -> str:
        """Changes whenever the resolved table of videos does."""
        return hashlib.sha256(json.dumps(self.rows, sort_keys=True).encode()).hexdigest()

    def shell_prefix(self, *, package: Path, interpreter: Path, software_deployed: bool) -> str:
        """What comes before every command: where the package lies, which Python runs it (conda and containers bring
        their own), and caches and threads that would otherwise be chosen outside the project."""
        exports = {
            "PYTHONPATH": shlex.quote(str(package)),
            "NUMBA_CACHE_DIR": '"$PWD/results/.cache/numba"',
            "MPLCONFIGDIR": '"$PWD/results/.cache/matplotlib"',
            "NUMBA_NUM_THREADS": '"$OMP_NUM_THREADS"',
            "POLARS_MAX_THREADS": '"$OMP_NUM_THREADS"',
        }
        if not software_deployed:
            exports["PATH"] = f'{shlex.quote(str(interpreter.parent))}:"$PATH"'
        return "set -euo pipefail; export " + " ".join(f"{k}={v}" for k, v in exports.items()) + "; "


def _options(numbers: Mapping[str, float | None]) -> str:
    """Command-line options with these values, without those that are None."""
    return " ".join(f"{option}={number!r}" for option, number in numbers.items() if number is not None)
