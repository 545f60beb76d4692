"""What the report says, worked out of the run's tables: numbers and short sentences, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from moodreel.classify.estimators import DUMMIES
from moodreel.features.groups import BODY_POINTS, ORIGIN
from moodreel.tables.face import ACTION_UNITS

ANGLES = ("pitch_deg", "yaw_deg", "roll_deg", "gaze_x_deg", "gaze_y_deg")


@dataclass(frozen=True)
class Verdict:
    """How one figure stands against its null and the majority baseline."""

    classifier: str
    protocol: str
    group: str
    labels: str
    accuracy: float
    sd: float
    balanced: float
    macro_f1: float
    majority: float
    null: float | None
    null_p95: float | None
    n_train: int
    n_test: int
    folds: int
    says: str


def cluster_names(clusters: pl.DataFrame, given: Mapping[int, str]) -> dict[int, str]:
    """A name for every cluster: the person's, else `cluster 1`, ..."""
    return {c: given.get(c, f"cluster {c}") for c in sorted(clusters["cluster"].unique())}


def feature_means(features: pl.DataFrame, windows: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """Mean of every feature column per cluster, over the rows of its windows; columns `cluster` and the features'.

    Windows that overlap count their shared rows once for each.
    """
    columns = [c for c in features.columns if c not in ("video", "time_s", "valid")]
    spans = clusters.join(windows, on=["video", "window"], how="inner").select("cluster", "first_row", "rows")
    rows = (
        spans.with_columns(row=pl.int_ranges("first_row", pl.col("first_row") + pl.col("rows")))
        .explode("row")
        .select("cluster", pl.col("row").cast(pl.UInt32))
    )
    return (
        rows.join(features.with_row_index("row"), on="row", how="inner")
        .group_by("cluster")
        .agg(pl.col(columns).mean())
        .sort("cluster")
    )


def unit_profile(means: pl.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Action-unit intensities per cluster, shape (clusters, units), and their names; units never read are left out."""
    units = [f"AU{u:02d}_r" for u in ACTION_UNITS if f"AU{u:02d}_r" in means.columns]
    labels = [f"{unit.removesuffix('_r')} {ACTION_UNITS[int(unit[2:4])]}" for unit in units]
    return means.select(units).cast(pl.Float64).fill_null(float("nan")).to_numpy(), labels


def angle_profile(means: pl.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Head and gaze angles per cluster against the mean of the clusters, shape (clusters, angles), in degrees."""
    angles = [a for a in ANGLES if a in means.columns]
    values = means.select(angles).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    names = {
        "pitch_deg": "head down",
        "yaw_deg": "head right",
        "roll_deg": "head clockwise",
        "gaze_x_deg": "eyes right",
        "gaze_y_deg": "eyes down",
    }
    return values - np.nanmean(values, axis=0, keepdims=True) if values.size else values, [names[a] for a in angles]


def bodies(means: pl.DataFrame) -> dict[int, dict[str, tuple[float, float]]]:
    """Mean place of each body point per cluster, in shoulder widths from the neck."""
    seen = [p for p in BODY_POINTS if f"{p}_x" in means.columns]
    result = {}
    for row in means.iter_rows(named=True):
        body = {
            p: (row[f"{p}_x"], row[f"{p}_y"]) for p in seen if row[f"{p}_x"] is not None and row[f"{p}_y"] is not None
        }
        result[row["cluster"]] = {ORIGIN: (0.0, 0.0), **body} if body else {}
    return result


def average_body(each: Mapping[int, Mapping[str, tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """The mean over clusters of every point."""
    points = {p for body in each.values() for p in body}
    return {p: tuple(np.mean([body[p] for body in each.values() if p in body], axis=0)) for p in points}


def verdicts(evaluation: pl.DataFrame) -> list[Verdict]:
    """Each classifier's figures in one row, with what may be said of them."""
    keys = ["classifier", "protocol", "group", "labels"]
    figures = evaluation.filter(pl.col("metric").is_in(["accuracy", "balanced_accuracy", "macro_f1"]))
    wide = figures.pivot(on="metric", index=keys, values="mean", aggregate_function="first")
    accuracy = figures.filter(metric="accuracy").drop("metric")
    rows = accuracy.join(wide, on=keys, how="left", maintain_order="left")
    majority = {
        (r["protocol"], r["group"], r["labels"]): r["mean"]
        for r in accuracy.filter(classifier="majority").iter_rows(named=True)
    }
    return [
        Verdict(
            classifier=r["classifier"],
            protocol=r["protocol"],
            group=r["group"],
            labels=r["labels"],
            accuracy=r["mean"],
            sd=r["sd"],
            balanced=r["balanced_accuracy"],
            macro_f1=r["macro_f1"],
            majority=majority.get((r["protocol"], r["group"], r["labels"]), float("nan")),
            null=r["null_mean"],
            null_p95=r["null_p95"],
            n_train=r["n_train"],
            n_test=r["n_test"],
            folds=r["folds"],
            says=_says(r["mean"], majority.get((r["protocol"], r["group"], r["labels"])), r["null_p95"]),
        )
        for r in rows.iter_rows(named=True)
        if r["classifier"] != "majority"
    ]


def _says(accuracy: float, majority: float | None, null_p95: float | None) -> str:
    if null_p95 is None:
        return "no null was drawn: nothing can be said"
    if accuracy <= null_p95:
        return "not above its null: structure that chance also gives"
    if majority is not None and accuracy <= majority:
        return "above its null, but always guessing the largest class does as well"
    return "above its null and the majority"


def best(all_verdicts: Sequence[Verdict], *, protocol: str, group: str, labels: str) -> Verdict | None:
    """The most accurate classifier of one evaluation, dummies apart; None where there was none."""
    found = [
        v
        for v in all_verdicts
        if (v.protocol, v.group, v.labels) == (protocol, group, labels) and v.classifier not in DUMMIES
    ]
    return max(found, key=lambda v: v.accuracy, default=None)


def stability(evaluation: pl.DataFrame) -> list[dict]:
    """The stability rows: adjusted Rand index of test windows clustered on their own against the frozen clusters."""
    return evaluation.filter(metric="adjusted_rand").to_dicts()
