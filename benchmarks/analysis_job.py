"""One step of the analysis as its rule runs it, in a process of its own that tells where its time went.

python -m benchmarks.analysis_job <told.json> <step> <the step's options>
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

WATCHED = (
    ("read features into bins", "moodreel.features.bins", "read"),
    ("scaler", "moodreel.features.scaling.FeatureScaler", "fit"),
    ("scaler", "moodreel.features.scaling.FeatureScaler", "transform"),
    ("PCA", "sklearn.decomposition.PCA", "fit"),
    ("PCA", "sklearn.decomposition.PCA", "transform"),
    ("UMAP fit", "moodreel.clusters.embed.Umap", "fit"),
    ("UMAP transform", "moodreel.clusters.embed.Umap", "transform"),
    ("k-means", "moodreel.clusters.series.SeriesKMeans", "fit"),
    ("silhouettes", "moodreel.clusters.choose", "silhouettes"),
    ("silhouette curve and resamples", "moodreel.clusters.choose", "select"),
    ("silhouette curve and resamples", "moodreel.clusters.choose", "curve"),
)
"""Stage, and the function that it is: its module or class, and its name there."""


class Stages:
    """Seconds by stage: of the clock and of the processor, all threads, without the stages inside."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)
        self._inside = [[0.0, 0.0]]

    def watch(self, name: Callable[..., str], function: Callable) -> Callable:
        """`function`, timed under what `name` makes of its arguments."""

        @functools.wraps(function)
        def timed(*args: Any, **options: Any) -> Any:
            self._inside.append([0.0, 0.0])
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return function(*args, **options)
            finally:
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                inner = self._inside.pop()
                stage = name(*args)
                self.wall[stage] += wall - inner[0]
                self.cpu[stage] += cpu - inner[1]
                self._inside[-1][0] += wall
                self._inside[-1][1] += cpu

        return timed

    def as_json(self) -> dict[str, Any]:
        return {stage: {"wall": self.wall[stage], "cpu": self.cpu[stage]} for stage in sorted(self.wall)}


def main() -> None:
    started = time.perf_counter()
    told, step, options = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    stages = Stages()
    for stage, owner, name in WATCHED:
        place = _found(owner)
        setattr(place, name, stages.watch(lambda *_, stage=stage: stage, getattr(place, name)))
    if step == "evaluate":
        from moodreel.classify import protocol

        protocol.train = stages.watch(lambda classifier, *_: f"{classifier}: training", protocol.train)
        protocol.predict = stages.watch(lambda one, *_: f"{one.name}: prediction", protocol.predict)
    importlib.import_module(f"moodreel.steps.{step}").main(options)
    total = {"wall": time.perf_counter() - started, "cpu": time.process_time()}
    told.write_text(json.dumps({"step": step, "total": total, "stages": stages.as_json()}))


def _found(path: str) -> Any:
    """The module or class of that dotted path."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(_found(module), name)


if __name__ == "__main__":
    main()
