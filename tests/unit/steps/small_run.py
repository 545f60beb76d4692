"""A small run on files: features, windows and clusters that are made up, and the steps that evaluate them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl

from moodreel.features.labels import add_labels
from moodreel.features.windows import index
from moodreel.settings.windows import WindowsSettings
from moodreel.steps import evaluate, folds, summarise
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.labels import LABELS

COLUMNS = ("AU01_r", "AU12_r", "pitch_deg")
CUT = ("--windows", "windows.parquet", "--labels", "labels.parquet")
INPUTS = ("--features", "features.parquet", *CUT, "--clusters", "clusters.parquet")
KINDS = ("scores", "predictions", "chance")
"""What each evaluation job writes."""
SUMMARISED = {
    "predictions": "predictions.parquet",
    **{name: f"{name}.tsv" for name in ("evaluation", "classes", "comparisons", "calibration", "leakage")},
}
QUICK = {
    "features": {"groups": ["action_units", "head_pose"]},
    "embed": {"dims": 2, "n_neighbors": 5},
    "clusters": {"k": 2, "restarts": 2},
    "classify": {"classifiers": ["knn"], "groups": ["video"], "folds": 2, "nulls": 1},
}


def settings(**classify: object) -> dict:
    """Settings of the sections that the steps read; `k` is that of the clusters."""
    clusters = QUICK["clusters"] | ({"k": classify.pop("k")} if "k" in classify else {})
    return QUICK | {"clusters": clusters, "classify": QUICK["classify"] | classify}


def make(folder: Path, *, videos: int = 8, seconds: int = 6, labels: str = "ab", noise: float = 0.2) -> None:
    """Features, windows and clusters of videos that take turns at showing the `labels`, a column each, in `noise`."""
    rng = np.random.default_rng(0)
    rows = 25 * seconds
    times = np.arange(rows) / 25
    features, windows = [], []
    for i in range(videos):
        label = labels[i % len(labels)]
        values = rng.normal(size=(rows, 3)) * (noise, noise, 2) + np.array([(2, 0, 0), (0, 2, 0)]["ab".index(label)])
        head = {"video": f"v{i}", "time_s": times, "valid": True}
        features.append(pl.DataFrame(head | dict(zip(COLUMNS, values.T, strict=True))))
        found = index(times, np.ones(rows, bool), rows * i, WindowsSettings())
        windows.append(found.with_columns(video=pl.lit(f"v{i}"), performer=pl.lit("p"), label=pl.lit(label)))
    table = pl.concat(windows)
    write_features(folder, pl.concat(features))
    write_windows(folder, table)
    clusters = table.with_columns(
        cluster=pl.col("label").replace_strict({"a": 1, "b": 2}),
        distance=pl.lit(0.0),
        silhouette=pl.lit(None, pl.Float32),
        map_x=pl.lit(0.0),
        map_y=pl.lit(0.0),
    )
    base.write(folder / "clusters.parquet", CLUSTERS, clusters.select(CLUSTERS.names), {})


def write_features(folder: Path, table: pl.DataFrame) -> None:
    base.write(folder / "features.parquet", FEATURES, table, {"rate_hz": 25.0})


def write_windows(folder: Path, table: pl.DataFrame) -> None:
    """Write WINDOWS, and LABELS from their further column `label`."""
    cutting = {"settings": {"windows": WindowsSettings().model_dump(mode="json")}}
    base.write(folder / "windows.parquet", WINDOWS, table.select(WINDOWS.names), cutting)
    base.write(folder / "labels.parquet", LABELS, table.select(LABELS.names), {})


def read_windows(folder: Path) -> pl.DataFrame:
    """What `write_windows` has written."""
    return add_labels(base.read(folder / "windows.parquet", WINDOWS), base.read(folder / "labels.parquet", LABELS))


def step(folder: Path, module: ModuleType, sections: dict, *arguments: str) -> None:
    """Run a step's `main` in `folder`."""
    with contextlib.chdir(folder):
        module.main([*arguments, "--settings", json.dumps(sections), "--code", "c0de"])


def evaluated(folder: Path, sections: dict, jobs: tuple[tuple[str, ...], ...] = (("--draws", "0-1"),)) -> None:
    """Folds, one evaluation for each of `jobs` (arguments), and what the summary writes."""
    step(folder, folds, sections, *CUT, "--out", "folds.parquet")
    for number, job in enumerate(jobs):
        out = [word for kind in KINDS for word in (f"--{kind}-out", f"{kind}-{number}.parquet")]
        step(folder, evaluate, sections, *INPUTS, "--folds", "folds.parquet", *job, *out)
    parts = [word for kind in KINDS for word in (f"--{kind}", *(f"{kind}-{n}.parquet" for n in range(len(jobs))))]
    out = [word for name, path in SUMMARISED.items() for word in (f"--{name}-out", path)]
    step(folder, summarise, sections, *parts, *out)
