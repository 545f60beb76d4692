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
from moodreel.video import source
from moodreel.video.table import Video, read

SECTIONS: dict[str, tuple[str, ...]] = {
    "actor": ("actors",),
    "fetch": ("source",),
    "models": (),
    "extract": ("pose", "face", "extraction"),
    "neutral": ("action_units",),
    "face": ("action_units",),
    "soundtrack": ("music",),
    "screen": ("screen",),
    "windows": ("windows", "features"),
    "embed": ("embed", "clusters"),
    "cluster": ("clusters",),
    "gallery": ("clusters",),
    "folds": ("classify",),
    "evaluate": ("embed", "clusters", "classify"),
    "summarise": ("classify",),
    "train": ("classify",),
    "pair": ("pairing", "music"),
    "preview": ("pairing",),
    "report": ("report", "clusters", "pairing"),
    "acted": (),
}
"""The sections of the settings that each step reads; a change elsewhere does not rerun it."""

WHERE_NOT_WHAT = {"extraction": {"device", "threads"}, "models": {"folder", "mirror"}}
"""Settings that say where a step computes, not what: they rerun nothing and name no folder."""


class Plan:
    """One run: its settings, its videos, and the name of every file it makes."""

    ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

    def __init__(self, settings: Settings, videos: list[Video]) -> None:
        self.settings = settings
        self.videos = {v.video: v for v in videos}
        self.run = f"results/runs/{settings.run}"
        self.models_folder = settings.models.folder
        self.pose_model_names = pose.MODELS[settings.pose.backend]
        self.face_model_names = mesh.MODELS[settings.face.backend]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Plan:
        """The plan for a configuration. Raises UserError that lists every mistake of the configuration or of the table."""
        settings = resolve(config)
        plan = cls(settings, read(settings.videos))
        plan._check_files()
        return plan

    def _check_files(self) -> None:
        """A file that is absent is a mistake, unless it was read before (then its tables serve)."""
        missing = [
            f"{v.video}: {v.source}"
            for v in self.videos.values()
            if v.kind == "file" and not Path(v.source).exists() and not Path(self.pose(v.video)).exists()
        ]
        if missing:
            raise UserError(
                f"{self.settings.videos}: {len(missing)} of {len(self.videos)} video files do not exist:\n"
                + "\n".join(f"  - {line}" for line in missing)
                + f"\nPaths are relative to the folder in which snakemake runs ({Path.cwd()})."
            )

    # Names of files, per video

    @cached_property
    def extraction(self) -> str:
        """`<pose>-<face>-<8 hex of the extraction settings>`: runs with the same share their tables."""
        digest = hashlib.sha256(self.settings_of("extract").encode()).hexdigest()[:8]
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

    @cached_property
    def evaluations(self) -> list[str]:
        """One file per protocol, group and draw; draw 0 is the data, the others are nulls."""
        return [
            f"{self.run}/evaluation/{protocol}-{group}-{draw}.parquet"
            for protocol, group in protocols(self.settings.classify, {v.performer for v in self.videos.values()})
            for draw in range(self.settings.classify.nulls + 1)
        ]

    @cached_property
    def results(self) -> list[str]:
        """What `snakemake` makes when asked for nothing in particular."""
        names = [
            "settings.yaml", "videos.tsv", "screening.tsv", "windows.parquet", "embedding.parquet", "silhouette.tsv",
            "clusters.parquet", "folds.parquet", "predictions.parquet", "evaluation.tsv", "models", "pairs.tsv", "pairs", "report.html",
        ]  # fmt: skip
        return [f"{self.run}/{name}" for name in names] + ([f"{self.run}/acted.tsv"] if self.all_acted else [])

    @property
    def all_acted(self) -> bool:
        """Whether every clip is a built-in one, so that the truth is known throughout."""
        return len(self.builtin) == len(self.videos)

    # What steps are told

    def settings_of(self, step: str) -> str:
        """The step's sections as one JSON string: Snakemake compares strings reliably, and nothing else."""
        sections = {
            name: {k: v for k, v in getattr(self.settings, name).model_dump(mode="json").items() if k not in WHERE_NOT_WHAT.get(name, ())}
            for name in SECTIONS[step]
        }
        return json.dumps(sections, sort_keys=True)

    def code_of(self, step: str) -> str:
        """The fingerprint of the step's code and of the backends that the settings choose for it."""
        backends = {
            "extract": lambda: [pose.BACKENDS[self.settings.pose.backend], mesh.BACKENDS[self.settings.face.backend]],
            "evaluate": lambda: [estimators.REGISTRY[c] for c in self.settings.classify.classifiers],
            "train": lambda: [estimators.REGISTRY[c] for c in self.settings.classify.classifiers],
        }.get(step, list)
        modules = [m.removeprefix("moodreel.") for m in backends()]
        return f"{fingerprint(f'steps.{step}', *modules)}-{self.settings.cache.epoch}"

    def shell_prefix(self, *, package: Path, interpreter: Path, conda: bool) -> str:
        """What comes before every command: where the package lies, which Python runs it (conda brings its own), and
        caches and threads that would otherwise be chosen outside the project."""
        exports = {
            "PYTHONPATH": shlex.quote(str(package)),
            "NUMBA_CACHE_DIR": '"$PWD/results/.cache/numba"',
            "MPLCONFIGDIR": '"$PWD/results/.cache/matplotlib"',
            "NUMBA_NUM_THREADS": '"$OMP_NUM_THREADS"',
            "POLARS_MAX_THREADS": '"$OMP_NUM_THREADS"',
        }
        if not conda:
            exports["PATH"] = f'{shlex.quote(str(interpreter.parent))}:"$PATH"'
        return "set -euo pipefail; export " + " ".join(f"{k}={v}" for k, v in exports.items()) + "; "
