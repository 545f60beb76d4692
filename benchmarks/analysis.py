"""How long an analysis of the paper's size takes, in what memory, how that grows, and beside tslearn's own classifier.

Run from the repository's root. What each figure means stands in docs/analysis-speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import analysis_figures as figures
from benchmarks import origin
from benchmarks.analysis_steps import Job, as_option, run
from benchmarks.origin import say
from benchmarks.synthetic_study import Plan, write
from moodreel.classify.estimators import knn
from moodreel.classify.principal import PrincipalSeries
from moodreel.classify.series import bin_features
from moodreel.classify.training import train
from moodreel.features import bins
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.features import FeaturesSettings
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.classify import PREDICTIONS, SCORES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.workflow import program

RESULTS = Path("benchmarks/results/analysis.json")
PARTS = ("size", "growth", "knn")
LIBRARIES = ("numpy", "polars", "pyarrow", "scikit-learn", "sktime", "tslearn", "umap-learn", "numba")

PAPER = {"videos": 188, "windows": 120}
"""Videos, and windows of each: 4 minutes in 2 s."""

GROWTH_COLUMNS, GROWTH_WINDOWS, GROWTH_PER_VIDEO = 100, (5_000, 10_000, 20_000, 50_000), 125

KNN_TRAINING, KNN_QUERIES = 500, 200

CLASSIFIERS = ["knn", "svm", "mlp", "minirocket", "trees", "stratified"]

SETTINGS: dict[str, dict[str, Any]] = {
    "features": {"set": "paper", "paper": {"columns": "as_counted"}, "center": "none"},
    "clusters": {"k": 7, "resamples": 20, "nulls": 0},
    "classify": {
        "classifiers": CLASSIFIERS,
        "groups": ["video"],
        "folds": 5,
        "paper_folds": ["shuffled"],
        "paper_fold_count": 4,
        "nulls": 0,
        "permutations": 0,
        "svm": {"kernel": "linear_sgd"},
        "mlp": {"iterations": 10},
    },
}
"""Where they are not the defaults. Hyper-parameters are fixed: nothing is searched."""

PARTS_OF_FOLDS = ("0/2", "1/2")
"""The jobs of the evaluation: the part of both protocols' folds that each takes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure; others stay")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the videos; below 1 it is a try, no figure")
    parser.add_argument("--work", type=Path, help="folder for the made-up study (4 GB); default: a temporary one")
    parser.add_argument("--out", type=Path, default=RESULTS, help="JSON file")
    args = parser.parse_args()
    if not 0 < args.scale <= 1:
        parser.error("--scale is above 0 and at most 1")
    found = _earlier(args.out)
    measured = {"size": size, "growth": growth, "knn": beside_tslearn}
    for part in args.part:
        about = made_by(part, args.scale)
        if args.work:
            args.work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=args.work) as folder:
            result = measured[part](Path(folder), args.scale)
        raw = result.pop("raw")
        about["load_average_after"] = [round(value, 2) for value in os.getloadavg()]
        found |= result
        found.setdefault("parts", {})[part] = {"scale": args.scale, "made_by": about, "raw": raw}
        atomic.write_text(args.out, json.dumps(found, indent=1) + "\n")
        for key, value in result.items():
            print(f"{key}: {value}", flush=True)


def _earlier(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def size(folder: Path, scale: float) -> dict[str, Any]:
    """The timed set at the paper's size."""
    plan = Plan(max(10, round(PAPER["videos"] * scale)), PAPER["windows"])
    say(f"writing {plan.videos} videos of {plan.windows} windows and {plan.columns} columns")
    write(plan, folder)
    say("the timed set")
    told = timed_set(folder)
    labels, scores, predictions = results(folder)
    by_protocol = figures.accuracies(scores)
    return {
        "minutes_paper_size": round(told["wall"] / 60, 2),
        "peak_gb": round(told["peak_bytes"] / 1e9, 2),
        "ari": round(figures.adjusted_rand(labels, base.read(folder / "clusters.parquet", CLUSTERS)), 4),
        "label_accuracy_grouped": figures.lowest(by_protocol["grouped truth"]),
        "windows": len(labels),
        "columns": plan.columns,
        "windows_fitted": figures.fewest_learnt(scores),
        "windows_predicted": figures.fewest_predicted(predictions),
        "accuracy": by_protocol,
        "center": "none: the feature set `paper` is not centred, and the videos' offsets stay in",
        "planted": {name: getattr(plan, name) for name in ("motions", "latent", "moving", "offset", "noise", "seed")},
        "seconds": figures.seconds_by_stage(told["jobs"]),
        "raw": told,
    }


def growth(folder: Path, scale: float) -> dict[str, Any]:
    """The timed set at 100 columns and growing numbers of windows."""
    rows = []
    for wanted in GROWTH_WINDOWS:
        plan = Plan(max(10, round(wanted * scale / GROWTH_PER_VIDEO)), GROWTH_PER_VIDEO, columns=GROWTH_COLUMNS)
        own = folder / str(wanted)
        write(plan, own)
        say(f"the timed set on {plan.videos * plan.windows} windows of {plan.columns} columns")
        told = timed_set(own)
        shutil.rmtree(own)
        cpu = sum(job["total"]["cpu"] for job in told["jobs"])
        rows.append({"windows": plan.videos * plan.windows, "cpu": round(cpu, 1), **told})
    counts = [row["windows"] for row in rows]
    return {
        "growth_exponent": round(figures.exponent(counts, [row["wall"] for row in rows]), 3),
        "growth_exponent_cpu": round(figures.exponent(counts, [row["cpu"] for row in rows]), 3),
        "growth": [{"windows": r["windows"], "wall_s": round(r["wall"], 1), "cpu_s": r["cpu"]} for r in rows],
        "raw": rows,
    }


def timed_set(folder: Path) -> dict[str, Any]:
    """Everything from reading the feature grid to the last prediction, in the steps of the workflow."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    settings = as_option(SETTINGS)
    features = ("--features", str(folder / "features.parquet"), "--windows", str(folder / "windows.parquet"))
    windows, embedding = features[2:], ("--embedding", str(folder / "embedding.parquet"))
    clusters, folds = folder / "clusters.parquet", folder / "folds.parquet"
    labels = ("--labels", str(folder / "labels.parquet"))
    cluster = (
        *embedding,
        *windows,
        "--silhouette-out",
        str(folder / "silhouette.tsv"),
        "--clusters-out",
        str(clusters),
    )
    given = (*features, *labels, "--clusters", str(clusters), "--folds", str(folds))
    evaluations = [
        Job(
            "evaluate",
            (
                *given, "--groups", "video", "window", "--part", part, *settings,
                "--scores-out", str(folder / f"scores-{number}.parquet"),
                "--predictions-out", str(folder / f"predictions-{number}.parquet"),
                "--chance-out", str(folder / f"chance-{number}.parquet"),
            ),
        )
        for number, part in enumerate(PARTS_OF_FOLDS)
    ]  # fmt: skip
    return run(
        [
            [
                Job("embed", (*features, "--out", embedding[1], *settings), threads=2),
                Job("folds", (*windows, *labels, "--out", str(folds), *settings)),
            ],
            [Job("cluster", (*cluster, *settings))],
            evaluations,
        ],
        folder,
        cores,
    )


def results(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The tables LABELS, SCORES and PREDICTIONS of a timed set."""
    scores = [base.read(path, SCORES) for path in sorted(folder.glob("scores-*.parquet"))]
    predictions = [base.read(path, PREDICTIONS) for path in sorted(folder.glob("predictions-*.parquet"))]
    return base.read(folder / "labels.parquet", LABELS), pl.concat(scores), pl.concat(predictions)


def beside_tslearn(folder: Path, scale: float) -> dict[str, Any]:
    """tslearn's DTW k-NN and our Euclidean one on the same few windows, as principal components."""
    write(Plan(videos=14, windows=50), folder)
    features, windows = FeaturesSettings(**SETTINGS["features"]), base.read(folder / "windows.parquet", WINDOWS)
    chosen = np.random.default_rng(9000).permutation(len(windows))
    counts = [max(20, round(count * scale)) for count in (KNN_TRAINING, KNN_QUERIES)]
    learn, ask = chosen[: counts[0]], chosen[counts[0] : sum(counts)]
    matrix = bins.read(folder / "features.parquet", features.groups_in_use, windows, 5.0)
    everything = bin_features(matrix, windows, features, 5.0)
    learnt = np.isin(np.arange(len(windows)), learn)
    series = everything.series(everything.scaler(features, learnt))
    series = PrincipalSeries(ClassifySettings().components).fit(series[learn]).transform(series)
    labels = base.read(folder / "labels.parquet", LABELS)["label"].to_numpy().astype(str)
    rows: dict[str, list[dict[str, float]]] = {}
    for metric in ("dtw", "euclidean"):
        settings = ClassifySettings.model_validate({"knn": {"metric": metric}})
        train("knn", series[learn[:20]], labels[learn[:20]], settings).predict(series[ask[:5]])  # compiles it
        for _ in range(3):
            knn.LATEST.clear()  # each time anew
            wall, cpu = time.perf_counter(), time.process_time()
            said = train("knn", series[learn], labels[learn], settings).predict(series[ask])
            seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            rows.setdefault(metric, []).append({**seconds, "accuracy": float((said == labels[ask]).mean())})
    middle = {metric: float(np.median([row["cpu"] for row in of])) for metric, of in rows.items()}
    return {
        "ratio_tslearn_knn": round(middle["dtw"] / middle["euclidean"], 1),
        "tslearn_knn": {
            "training_windows": counts[0],
            "queries": counts[1],
            "seconds": {"tslearn, dtw": round(middle["dtw"], 3), "ours, euclidean": round(middle["euclidean"], 5)},
            "accuracy": {
                "tslearn, dtw": rows["dtw"][0]["accuracy"],
                "ours, euclidean": rows["euclidean"][0]["accuracy"],
            },
        },
        "raw": rows,
    }


def made_by(part: str, scale: float) -> dict[str, Any]:
    """What makes the figures, without folders."""
    options = ("--part", part, *(("--scale", f"{scale:g}") if scale < 1 else ()))
    code = ("steps.embed", "steps.cluster", "steps.folds", "steps.evaluate")
    about = origin.describe("analysis", options, code=code, libraries=LIBRARIES)
    return {**about, "cores": min(2, about["cores"])}


if __name__ == "__main__":
    program.run(main)
