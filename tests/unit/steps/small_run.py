"""A small run on files: features, windows and clusters that are made up, and the steps that evaluate them."""

import contextlib
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
from unit.steps.calls import call, table_of

COLUMNS = ("AU01_r", "AU12_r", "pitch_deg")
CUT = {name: f"{name}.parquet" for name in ("windows", "labels")}
INPUTS = {**CUT, **{name: f"{name}.parquet" for name in ("features", "clusters", "folds")}}
KINDS = ("scores", "predictions", "chance")
"""What each evaluation job writes."""
SUMMARISED = {
    "predictions_out": "predictions.parquet",
    **{f"{name}_out": f"{name}.tsv" for name in ("evaluation", "classes", "comparisons", "calibration", "leakage")},
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
        windows.append(
            found.with_columns(
                video=pl.lit(f"v{i}"), performer=pl.lit("p"), recording=pl.lit(None, pl.String), label=pl.lit(label)
            )
        )
    table = pl.concat(windows)
    write_features(folder, pl.concat(features))
    write_windows(folder, table)
    numbers = pl.col("label").replace_strict({"a": 1, "b": 2})
    clusters = table.with_columns(cluster=numbers, distance=0.0, map_x=0.0, map_y=0.0)
    base.write(folder / "clusters.parquet", CLUSTERS, table_of(CLUSTERS, clusters), {})


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


def step(folder: Path, module: ModuleType, sections: dict, **given: object) -> None:
    """Run a step in `folder`."""
    with contextlib.chdir(folder):
        call(module, settings=sections, **given)


def fold(folder: Path, sections: dict) -> None:
    step(folder, folds, sections, **CUT, out="folds.parquet")


def evaluation_of(suffix: object) -> dict[str, str]:
    """What an evaluation job writes, as its options."""
    return {f"{kind}_out": f"{kind}-{suffix}.parquet" for kind in KINDS}


def evaluated(folder: Path, sections: dict, jobs: tuple[dict[str, str], ...] = ({"draws": "0-1"},)) -> None:
    """Folds, one evaluation for each of `jobs` (options), and what the summary writes."""
    fold(folder, sections)
    for number, job in enumerate(jobs):
        step(folder, evaluate, sections, **INPUTS, **job, **evaluation_of(number))
    parts = {kind: [f"{kind}-{number}.parquet" for number in range(len(jobs))] for kind in KINDS}
    step(folder, summarise, sections, **parts, **SUMMARISED)
