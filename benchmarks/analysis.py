"""Time and memory of an analysis of the paper's size, how they grow, and a comparison with tslearn's own classifier.

Run from the repository's root. docs/analysis-speed.md explains each figure.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from benchmarks import origin
from benchmarks.analysis_job import Job, run
from benchmarks.origin import measure, report_progress
from benchmarks.synthetic_study import Plan, write
from moodreel.classify.estimators import DUMMIES, knn
from moodreel.classify.principal import PrincipalSeries
from moodreel.classify.series import bin_features
from moodreel.classify.training import train
from moodreel.features import bins
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.features import FeaturesSettings
from moodreel.tables import base
from moodreel.tables.classify import PREDICTIONS, SCORES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.workflow import program

RESULTS = origin.RESULTS / "analysis.json"
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
"""Settings that differ from the defaults. Hyper-parameters are fixed: nothing is searched."""

CORES = 2


def main() -> None:
    parser = origin.parser(__doc__, RESULTS)
    parser.add_argument(
        "--part", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure; results of other parts stay"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="share of the videos; below 1 is a trial, its figures do not count"
    )
    args = parser.parse_args()
    if not 0 < args.scale <= 1:
        parser.error("--scale is above 0 and at most 1")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    found = json.loads(args.out.read_text(encoding="utf-8")) if args.out.is_file() else {}
    measured = {"size": size, "growth": growth, "knn": compare_with_tslearn}
    for part in args.part:
        options = ("--part", part, *(("--scale", f"{args.scale:g}") if args.scale < 1 else ()))
        code = ("steps.embed", "steps.cluster", "steps.folds", "steps.evaluate")
        about = origin.describe("analysis", options, code=code, libraries=LIBRARIES)
        with tempfile.TemporaryDirectory() as folder:
            result = measured[part](Path(folder), args.scale)
        raw = result.pop("raw")
        about["load_average_after"] = origin.load_average()
        found |= result
        found.setdefault("parts", {})[part] = {"scale": args.scale, "made_by": about, "raw": raw}
        origin.write(args.out, found)
        for key, value in result.items():
            print(f"{key}: {value}", flush=True)


def size(folder: Path, scale: float) -> dict[str, Any]:
    """The timed set at the paper's size."""
    plan = Plan(max(10, round(PAPER["videos"] * scale)), PAPER["windows"])
    report_progress(f"writing {plan.videos} videos of {plan.windows} windows and {plan.columns} columns")
    write(plan, folder)
    report_progress("the timed set")
    timing = timed_set(folder)
    labels = base.read(folder / "labels.parquet", LABELS)
    scores = pl.concat([base.read(path, SCORES) for path in sorted(folder.glob("scores-*.parquet"))])
    predictions = pl.concat([base.read(path, PREDICTIONS) for path in sorted(folder.glob("predictions-*.parquet"))])
    by_protocol = accuracies(scores)
    truth = by_protocol["grouped truth"]
    return {
        "minutes_paper_size": round(timing["wall"] / 60, 2),
        "peak_gb": round(timing["peak_bytes"] / 1e9, 2),
        "ari": round(adjusted_rand(labels, base.read(folder / "clusters.parquet", CLUSTERS)), 4),
        "label_accuracy_grouped": min(value for name, value in truth.items() if name not in DUMMIES),
        "windows": len(labels),
        "columns": plan.columns,
        "windows_fitted": scores.filter(pl.col("classifier") != "clusters")["n_train"].min(),
        "windows_predicted": fewest_predicted(predictions),
        "accuracy": by_protocol,
        "center": "none: the feature set `paper` is not centred, and the videos' offsets stay in",
        "planted": {name: getattr(plan, name) for name in ("motions", "latent", "moving", "offset", "noise", "seed")},
        "seconds": seconds_by_stage(timing["jobs"]),
        "raw": timing,
    }


def growth(folder: Path, scale: float) -> dict[str, Any]:
    """The timed set at 100 columns and growing numbers of windows."""
    rows = []
    for wanted in GROWTH_WINDOWS:
        plan = Plan(max(10, round(wanted * scale / GROWTH_PER_VIDEO)), GROWTH_PER_VIDEO, columns=GROWTH_COLUMNS)
        own = folder / str(wanted)
        write(plan, own)
        report_progress(f"the timed set on {plan.videos * plan.windows} windows of {plan.columns} columns")
        timing = timed_set(own)
        shutil.rmtree(own)
        cpu = sum(job["total"]["cpu"] for job in timing["jobs"])
        rows.append({"windows": plan.videos * plan.windows, "cpu": round(cpu, 1), **timing})
    counts = [row["windows"] for row in rows]
    return {
        "growth_exponent": round(exponent(counts, [row["wall"] for row in rows]), 3),
        "growth_exponent_cpu": round(exponent(counts, [row["cpu"] for row in rows]), 3),
        "growth": [{"windows": r["windows"], "wall_s": round(r["wall"], 1), "cpu_s": r["cpu"]} for r in rows],
        "raw": rows,
    }


def timed_set(folder: Path) -> dict[str, Any]:
    """Run the workflow's steps from reading the feature grid to the last prediction, and measure them."""

    def job(step: str, given: Sequence[str], made: Mapping[str, str], *more: str, threads: int = 1) -> Job:
        options = [word for name in given for word in (f"--{name}", str(folder / f"{name}.parquet"))]
        options += [word for option, name in made.items() for word in (f"--{option}", str(folder / name))]
        return Job(step, (*options, *more, "--settings", json.dumps(SETTINGS)), threads)

    embed = job("embed", ("features", "windows"), {"out": "embedding.parquet"}, threads=2)
    folds = job("folds", ("windows", "labels"), {"out": "folds.parquet"})
    made = {"silhouette-out": "silhouette.tsv", "clusters-out": "clusters.parquet"}
    cluster = job("cluster", ("embedding", "windows"), made)
    evaluations = []
    for number in range(CORES):
        made = {f"{table}-out": f"{table}-{number}.parquet" for table in ("scores", "predictions", "chance")}
        part = ("--groups", "video", "window", "--part", f"{number}/{CORES}")
        evaluations.append(job("evaluate", ("features", "windows", "labels", "clusters", "folds"), made, *part))
    return run([[embed, folds], [cluster], evaluations], folder, CORES)


def compare_with_tslearn(folder: Path, scale: float) -> dict[str, Any]:
    """tslearn's DTW k-NN and our Euclidean one on the same few windows, as principal components."""
    write(Plan(videos=14, windows=50), folder)
    features, windows = FeaturesSettings(**SETTINGS["features"]), base.read(folder / "windows.parquet", WINDOWS)
    chosen = np.random.default_rng(9000).permutation(len(windows))
    counts = [max(20, round(count * scale)) for count in (KNN_TRAINING, KNN_QUERIES)]
    learn, queries = chosen[: counts[0]], chosen[counts[0] : sum(counts)]
    matrix = bins.read(folder / "features.parquet", features.groups_in_use, windows, 5.0)
    everything = bin_features(matrix, windows, features, 5.0)
    learnt = np.isin(np.arange(len(windows)), learn)
    series = everything.series(everything.scaler(features, learnt))
    series = PrincipalSeries(ClassifySettings().components).fit(series[learn]).transform(series)
    labels = base.read(folder / "labels.parquet", LABELS)["label"].to_numpy().astype(str)

    def classify(metric: str) -> np.ndarray:
        knn.LATEST.clear()  # compute them again each time
        settings = ClassifySettings.model_validate({"knn": {"metric": metric}})
        return train("knn", series[learn], labels[learn], settings).predict(series[queries])

    rows = {}
    for metric in ("dtw", "euclidean"):
        accuracy = float((classify(metric) == labels[queries]).mean())  # the first call compiles it
        rows[metric] = [{**measure(partial(classify, metric)), "accuracy": accuracy} for _ in range(3)]
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


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The exponent with which time grows with size: the slope of a straight line through both logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def adjusted_rand(labels: pl.DataFrame, clusters: pl.DataFrame) -> float:
    """Adjusted Rand index of the clusters (table CLUSTERS) and the `labels` (table LABELS)."""
    both = labels.join(clusters, on=["video", "window"], how="inner", validate="1:1")
    if len(both) != len(labels):
        raise ValueError("not every window has a cluster")
    return float(adjusted_rand_score(both["label"], both["cluster"]))


def accuracies(scores: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Mean accuracy over folds by classifier, by `<protocol> <labels>`, from the rows of SCORES."""
    own = scores.filter(pl.col("draw") == 0, pl.col("metric") == "accuracy")
    means = own.group_by("protocol", "labels", "classifier").agg(pl.col("value").mean()).sort(pl.all())
    found: dict[str, dict[str, float]] = {}
    for protocol, labels, classifier, value in means.iter_rows():
        found.setdefault(f"{protocol} {labels}", {})[classifier] = round(value, 4)
    return found


def fewest_predicted(predictions: pl.DataFrame) -> int:
    """The smallest number of different windows that any classifier predicts, in any protocol and for any labels."""
    different = pl.struct("video", "window").n_unique().alias("windows")
    return cast(int, predictions.group_by("classifier", "protocol", "labels").agg(different)["windows"].min())


def seconds_by_stage(jobs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Seconds (`wall`, `cpu`) of each stage over all jobs. Time outside the stages, such as start-up, is `other`."""
    rows = []
    for job in jobs:
        rows += [{"stage": stage, **seconds} for stage, seconds in job["stages"].items()]
        rest = {clock: job["total"][clock] - sum(s[clock] for s in job["stages"].values()) for clock in job["total"]}
        rows.append({"stage": f"other, {job['step']}", **rest})
    sums = pl.DataFrame(rows).group_by("stage", maintain_order=True).sum().sort("cpu", descending=True)
    return {row.pop("stage"): {clock: round(s, 2) for clock, s in row.items()} for row in sums.rows(named=True)}


if __name__ == "__main__":
    program.run(main)
