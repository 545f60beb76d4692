"""The plan of a run: from the configuration to file names, step settings and code fingerprints.

The rules take all names from here, so that they contain no logic. Every start of Snakemake imports this module, also
where nothing but Snakemake is installed: with conda the steps have their packages in environments of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from moodreel import face_crops
from moodreel.classify import estimators
from moodreel.report import comparison
from moodreel.settings.resolve import resolve
from moodreel.storage.fingerprint import fingerprint
from moodreel.video.table import VideosTable, emotions_sha256, read_table
from moodreel.workflow.plan.runs import RunFiles
from moodreel.workflow.plan.shards import Shards
from moodreel.workflow.step import load

FINGERPRINTS = Path("results/.cache/fingerprints.json")
"""The cache of the analysis of each module."""

_fingerprint = cache(fingerprint)
"""Rules request the same fingerprint with each job."""


class Plan(RunFiles):
    """One run: its settings, its videos, the name of every file it makes, and the parameters of its steps."""

    table = VideosTable()
    """The table of videos with the lines of its cells; empty where the plan is not made by `of`."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Plan:
        """The plan for a configuration. Raises UserError that lists every mistake in it, or in its table of videos;
        whether files exist is checked elsewhere (`preflight`)."""
        settings = resolve(config)
        table = read_table(settings.videos)
        plan = cls(settings, table.videos)
        plan.table = table
        return plan

    @cached_property
    def shards(self) -> dict[str, Shards]:
        """By extraction, the shards in which videos are read together, before their own jobs."""
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

    @property
    def uses_shards(self) -> bool:
        """Whether one job reads several videos, before their own jobs."""
        return self.settings.extraction.videos_per_job > 1

    def shard_of(self, video: str) -> str | None:
        """The shard that runs before the video's own job, None where there is none."""
        shards = self.shards.get(self.extraction_of(video).name)
        return shards.read_before.get(video) if shards else None

    def code_of(self, step: str, extraction: str | None = None, kind: str | None = None) -> str:
        """The fingerprint of the step's code and of its backends, which the settings, `extraction` or the `kind` of
        face crops determine."""
        classifiers = self.settings.classify.classifiers
        backends = {
            "extract": lambda: self.extractions[extraction].networks if extraction else (),
            "face_crops": lambda: [face_crops.module(kind)] if kind else (),
            "import_face": lambda: (f"moodreel.formats.{self.extractions[extraction].face}",) if extraction else (),
            "evaluate": lambda: [estimators.CLASSIFIERS[name] for name in (*classifiers, estimators.BASELINE)],
            "train": lambda: [estimators.CLASSIFIERS[name] for name in classifiers],
            "apply": lambda: [*estimators.CLASSIFIERS.values()],  # model.json names the one that is used
            "compare": lambda: [comparison.KINDS[self.settings.study].module],
        }.get(step, tuple)
        code = _fingerprint(
            f"steps.{step}", *(module.removeprefix("moodreel.") for module in (*load(step).modules, *backends()))
        )
        return f"{code}-{self.settings.cache.epoch}"

    @cached_property
    def crops_on_the_way(self) -> str:
        """The kinds of face crops that extraction makes, each with its step's fingerprint, separated by spaces.

        They do not trigger extraction: crops that are needed later take one more decode."""
        kinds = dict.fromkeys(kind for video in self.videos for kind in self.crop_kinds(video))
        return " ".join(f"{kind}:{self.code_of('face_crops', kind=kind)}" for kind in kinds)

    def content_of(self, video: str) -> str:
        """A text that changes with the content of the video's file; empty where only the file's time counts."""
        return self.marks.mark(self.media_file(video)) if self.videos[video].kind == "file" else ""

    @cached_property
    def whole_settings(self) -> str:
        """All settings as one JSON string."""
        return json.dumps(self.settings.model_dump(mode="json"), sort_keys=True)

    @cached_property
    def table_settings(self) -> str:
        """The settings that the resolved table of videos depends on, as one JSON string."""
        sections = {
            k: v for step in ("extract", "actor", "face") for k, v in json.loads(self.settings_of(step)).items()
        }
        return json.dumps({"videos": self.settings.videos, **sections}, sort_keys=True)

    @cached_property
    def rows_sha256(self) -> str:
        """The SHA-256 of the resolved table of videos."""
        return hashlib.sha256(json.dumps(self.rows, sort_keys=True).encode()).hexdigest()

    @cached_property
    def emotions_sha256(self) -> str:
        """The SHA-256 of the videos' labels."""
        return emotions_sha256(self.videos.values())
