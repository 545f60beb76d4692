"""What a run consists of: from the configuration to file names, step settings and code fingerprints.

The rules ask this page for names, so that they hold none of the logic. It is read at every start of Snakemake and
imports nothing heavy.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from moodreel import pose
from moodreel.classify import estimators
from moodreel.errors import UserError
from moodreel.face import mesh
from moodreel.models import catalogue
from moodreel.provenance import fingerprint
from moodreel.settings.resolve import Settings, resolve
from moodreel.shards import Shards
from moodreel.video import source
from moodreel.video.actors.catalogue import parse
from moodreel.video.table import Video, read

SECTIONS: dict[str, tuple[str, ...]] = {
    "actor": ("actors",),
    "fetch": ("source",),
    "extract": ("pose", "face", "extraction"),
    "neutral": ("action_units",),
    "face": ("action_units",),
    "soundtrack": ("music",),
    "screen": ("screen",),
    "windows": ("windows", "features"),
    "embed": ("features", "embed"),
    "cluster": ("clusters",),
    "gallery": ("clusters",),
    "folds": ("classify",),
    "evaluate": ("features", "embed", "clusters", "classify"),
    "summarise": ("classify",),
    "train": ("features", "embed", "classify"),
    "pair": ("pairing",),
    "preview": ("pairing",),
    "report": ("report", "clusters"),
    "acted": (),
    "describe": (),
    "table": (),
}
"""The sections of the settings that each step reads; a change elsewhere does not rerun it."""

READ_BY: dict[str, tuple[str, ...]] = {
    "extraction.device": (),
    "extraction.threads": (),
    "extraction.lanes": (),
    "extraction.keep_mesh": (),
    "extraction.videos_per_job": (),
    "clusters.names": ("report",),
    "clusters.gallery_pictures": ("gallery",),
    "classify.nulls": (),
    "classify.draws_per_job": (),
}
"""Settings that only these of the steps with their section are told. Those told to none say where, what is kept or how
often something is done, not what comes out: they rerun nothing and name no folder."""


class Plan:
    """One run: its settings, its videos, and the name of every file it makes."""

    ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

    def __init__(self, settings: Settings, videos: list[Video]) -> None:
        self.settings = settings
        self.videos = {v.video: v for v in videos}
        self.name = settings.run
        self.run = f"results/runs/{settings.run}"
        self.models_folder = settings.models.folder
        self.models_used = (*pose.MODELS[settings.pose.backend], *mesh.MODELS[settings.face.backend])
        self.videos_count = len(videos)
        self.gpus = 1 if settings.extraction.device == "cuda" else 0
        self.extraction_mb = 6000 if self.gpus else 1500  # beside a GPU, stretches in all lanes are held
        self.extraction_env = f"../../envs/extraction{'-cuda' if self.gpus else ''}.yaml"

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Plan:
        """The plan for a configuration. Raises UserError that lists every mistake of it, or of its table of videos."""
        plan = cls.unchecked(config)
        plan._check_builtin()
        plan._check_files()
        plan._check_terms()
        return plan

    @classmethod
    def unchecked(cls, config: Mapping[str, Any]) -> Plan:
        """The same without looking for the videos' files: for steps, which come after that."""
        settings = resolve(config)
        return cls(settings, read(settings.videos))

    def _check_builtin(self) -> None:
        """A built-in clip that does not exist is told before anything runs."""
        mistakes = []
        for video in self.builtin:
            try:
                parse(self.videos[video].source)
            except UserError as error:
                mistakes.append(f"  - {video}: {error}")
        if mistakes:
            raise UserError(
                f"{self.settings.videos}: {len(mistakes)} built-in clips do not exist:\n" + "\n".join(mistakes)
            )

    def _check_files(self) -> None:
        """A file that is absent is a mistake, unless it was read before (then its tables serve)."""
        missing = [
            f"{v.video}: {v.source}"
            for v in self.videos.values()
            if v.kind == "file" and not Path(self.media(v.video)).is_file() and not Path(self.pose(v.video)).exists()
        ]
        if missing:
            raise UserError(
                f"{self.settings.videos}: {len(missing)} of {len(self.videos)} video files do not exist:\n"
                + "\n".join(f"  - {line}" for line in missing)
                + f"\nPaths are relative to the folder in which snakemake runs ({Path.cwd()})."
            )

    def _check_terms(self) -> None:
        """Downloading is asked for by name, before anything else is done."""
        remote = [
            v.video for v in self.videos.values() if v.kind == "youtube" and not Path(self.media(v.video)).exists()
        ]
        if remote and not self.settings.source.youtube.accept_terms:
            some = ", ".join([*remote[:5], *(["..."] if len(remote) > 5 else [])])
            raise UserError(
                f"{len(remote)} videos have to be downloaded ({some}). "
                "YouTube's terms forbid downloading without permission: set source.youtube.accept_terms: true in the "
                "configuration if you have the right to do it, or give files instead."
            )

    # Names of files, per video

    @cached_property
    def extraction(self) -> str:
        """`<pose>-<face>-<8 hex of the extraction settings>`: runs with the same share their tables.

        Built-in clips of another noise seed are other clips by the same name, so their seed counts too.
        """
        told = self.settings_of("extract") + (self.settings_of("actor") if self.builtin else "")
        digest = hashlib.sha256(told.encode()).hexdigest()[:8]
        return f"{self.settings.pose.backend}-{self.settings.face.backend}-{digest}"

    def folder(self, video: str) -> str:
        return f"results/videos/{video}/{self.extraction}"

    def pose(self, video: str) -> str:
        return f"{self.folder(video)}/pose.parquet"

    def mesh(self, video: str) -> str:
        return f"{self.folder(video)}/mesh.parquet"

    def face(self, video: str) -> str:
        return f"{self.folder(video)}/face.parquet"

    def neutral(self, performer: str) -> str:
        return f"results/performers/{performer}/{self.extraction}/neutral.parquet"

    def soundtrack(self, video: str) -> str:
        return f"results/videos/{video}/soundtrack.parquet"

    def media(self, video: str) -> str:
        """The video's media file: where it lies, or where it will be made or fetched."""
        return str(source.media_path(self.videos[video], self.settings))

    def truth(self, video: str) -> str:
        """The acted truth beside a built-in clip."""
        return self.media(video).removesuffix(".mp4") + ".truth.parquet"

    @cached_property
    def model_files(self) -> list[str]:
        """The networks that extraction runs."""
        return [str(path) for path in catalogue.paths(self.models_folder, self.models_used)]

    def of_performer(self, performer: str) -> list[str]:
        return [v.video for v in self.videos.values() if v.performer == performer]

    @cached_property
    def builtin(self) -> list[str]:
        return [v.video for v in self.videos.values() if v.kind == "builtin"]

    # Names of files, per run

    def each(self, name: Callable[[str], str]) -> list[str]:
        """`name` of every video, in the table's order."""
        return [name(video) for video in self.videos]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The resolved table of videos (tables/videos.py)."""
        return [
            {**asdict(v), "path": self.media(v.video), "folder": self.folder(v.video)} for v in self.videos.values()
        ]

    def evaluation_parts(self, kind: str) -> list[str]:
        """The evaluation's files of one kind (`scores`, `predictions`), one per job; draw 0 is the data."""
        draws, per_job = self.settings.classify.nulls + 1, self.settings.classify.draws_per_job
        spans = [(first, min(first + per_job, draws) - 1) for first in range(0, draws, per_job)]
        return [f"{self.run}/evaluation/{kind}-{first}-{last}.parquet" for first, last in spans]

    @cached_property
    def report_inputs(self) -> list[str]:
        """What the page is made from."""
        names = [
            "settings.yaml", "videos.tsv", "screening.tsv", "features.parquet", "windows.parquet", "silhouette.tsv",
            "embedding.parquet", "clusters.parquet", "gallery", "folds.parquet", "predictions.parquet",
            "evaluation.tsv", "pairs.tsv", "pairs",
        ]  # fmt: skip
        return [f"{self.run}/{name}" for name in names]

    @cached_property
    def results(self) -> list[str]:
        """What `snakemake` makes when asked for nothing in particular."""
        names = [
            "settings.yaml", "videos.tsv", "screening.tsv", "windows.parquet", "embedding.parquet", "silhouette.tsv",
            "clusters.parquet", "folds.parquet", "predictions.parquet", "evaluation.tsv", "models", "pairs.tsv",
            "pairs", "report.html",
        ]  # fmt: skip
        return [f"{self.run}/{name}" for name in names] + ([f"{self.run}/acted.tsv"] if self.all_acted else [])

    @property
    def all_acted(self) -> bool:
        """Whether every clip is a built-in one, so that the truth is known throughout."""
        return len(self.builtin) == len(self.videos)

    @cached_property
    def shards(self) -> Shards:
        """Which videos are read together, ahead of their own jobs."""
        return Shards(
            self.rows,
            per_job=self.settings.extraction.videos_per_job,
            code=self.code_of("extract"),
            folder=f"{self.run}/shards/{self.extraction}",
        )

    # What steps are told

    def settings_of(self, step: str) -> str:
        """The step's sections as one JSON string: Snakemake compares strings reliably, and nothing else."""
        sections = {
            name: {
                key: value
                for key, value in getattr(self.settings, name).model_dump(mode="json").items()
                if step in READ_BY.get(f"{name}.{key}", (step,))
            }
            for name in SECTIONS[step]
        }
        return json.dumps(sections, sort_keys=True)

    def code_of(self, step: str) -> str:
        """The fingerprint of the step's code and of the backends that the settings choose for it."""
        backends = {
            "extract": lambda: [pose.BACKENDS[self.settings.pose.backend], mesh.BACKENDS[self.settings.face.backend]],
            "evaluate": lambda: [
                estimators.CLASSIFIERS[c] for c in (*self.settings.classify.classifiers, estimators.BASELINE)
            ],
            "train": lambda: [estimators.CLASSIFIERS[c] for c in self.settings.classify.classifiers],
        }.get(step, list)
        modules = [m.removeprefix("moodreel.") for m in backends()]
        return f"{fingerprint(f'steps.{step}', *modules)}-{self.settings.cache.epoch}"

    def span_of(self, video: str) -> str:
        """The part of the video that is used, as options of the extract step."""
        times = {"--start-s": self.videos[video].start_s, "--end-s": self.videos[video].end_s}
        return " ".join(f"{option}={time!r}" for option, time in times.items() if time is not None)

    @cached_property
    def models_sha256(self) -> str:
        """The hashes of the networks that extraction runs: another network reruns it."""
        return json.dumps({name: catalogue.sha256(name) for name in self.models_used}, sort_keys=True)

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
