"""Makes the tables of figures from the scores, predictions and shuffles of all jobs."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import polars as pl

from moodreel.classify.calibration import METRIC as CALIBRATION_ERROR
from moodreel.classify.calibration import error_interval
from moodreel.classify.estimators import BASELINE, DUMMIES
from moodreel.classify.folds import in_order
from moodreel.classify.interval import LEAST_PEOPLE, Interval, interval, over_folds
from moodreel.classify.metrics import METRICS, class_counts, pooled_metrics
from moodreel.classify.verdict import judge
from moodreel.tables import base
from moodreel.tables.classify import CLASSES, EVALUATION

QUESTION = ["classifier", "protocol", "group", "labels"]
KEY = [*QUESTION, "metric"]

JUDGED = "balanced_accuracy"
"""The figure that is judged: its chance level is the same whether classes are equally frequent or not."""


def summarise(
    scores: pl.DataFrame,
    predictions: pl.DataFrame,
    chance: pl.DataFrame,
    unjudged: Iterable[Mapping[str, str]] = (),
    seed: int = 0,
) -> pl.DataFrame:
    """The table EVALUATION of all rows of SCORES, PREDICTIONS and CHANCE.

    Figures are pooled over test windows: folds differ in size, and the mean of a fold of one window and one of twenty
    does not weigh windows equally. `unjudged` are the evaluation's own (`protocol.Outcome`); `seed` is that of the
    bootstrap.
    """
    data = scores.filter(draw=0)
    by_fold = data.group_by(KEY, maintain_order=True).agg(
        pl.col("value").mean().alias("fold_mean"),
        pl.col("value").std(ddof=0).alias("fold_sd"),
        pl.len().alias("folds"),
        pl.concat_str(pl.col("n_test").min(), pl.lit(" to "), pl.col("n_test").max()).alias("fold_windows"),
        pl.col("n_train").min(),
        pl.col("n_test").sum().alias("windows"),
    )
    measured = pl.concat([_pooled(predictions, seed), _over_folds(data, predictions, seed)])
    figures = by_fold.join(measured, on=KEY, how="left", maintain_order="left")
    figures = figures.with_columns(
        pl.col("value").fill_null(pl.col("fold_mean")), pl.col("videos", "people").fill_null(0)
    )
    majority = figures.filter(classifier=BASELINE).select(*KEY[1:], pl.col("value").alias("majority"))
    figures = figures.join(majority, on=KEY[1:], how="left", maintain_order="left")
    shuffles = pl.concat([_of_counts(chance), _of_scores(scores)])
    figures = figures.join(
        _compare_with_chance(figures, shuffles), on=KEY, how="left", maintain_order="left"
    ).with_columns(pl.col("shuffles").fill_null(0))
    return in_order(figures.with_columns(verdict=_verdicts(figures, unjudged))).select(EVALUATION.names)


def _pooled(predictions: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Figures pooled over test windows, with their intervals over people, of the table PREDICTIONS."""
    rows = []
    for question, part in predictions.group_by(QUESTION, maintain_order=True):
        labels = part.select(pl.col("truth").append("predicted")).to_series().unique().sort()
        counts = counts_of_people(part, labels.to_numpy().astype(str))
        for metric, value in pooled_metrics(counts.sum(axis=0)).items():
            found = interval(counts, metric, seed)
            rows.append(
                {
                    **dict(zip(QUESTION, question, strict=True)),
                    "metric": metric,
                    "value": float(value),
                    **_ends(found),
                    "videos": part["video"].n_unique(),
                    "people": len(counts),
                }
            )
    return pl.DataFrame(rows, schema=_schema(*KEY, "value", "low", "high", "interval", "videos", "people"))


def _over_folds(scores: pl.DataFrame, predictions: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Intervals and counts of the figures that are means over folds, of the data's SCORES and the table PREDICTIONS.

    Stability involves no predictions: its interval is over folds, if there are enough people.
    """
    rows = []
    for key, part in scores.filter(~pl.col("metric").is_in(METRICS)).group_by(KEY, maintain_order=True):
        named = dict(zip(KEY, key, strict=True))
        tested = predictions.filter(*(pl.col(name) == named[name] for name in ("protocol", "group", "labels")))
        if named["metric"] == CALIBRATION_ERROR:
            tested = tested.filter(pl.col("classifier") == named["classifier"], pl.col("probability").is_not_null())
        people = tested["performer"].n_unique()
        found = None
        if people >= LEAST_PEOPLE and named["metric"] == CALIBRATION_ERROR:
            found = error_interval(tested, seed)
        elif people >= LEAST_PEOPLE:
            found = over_folds(part["value"].to_numpy(), cast(float, (part["n_test"] / part["n_train"]).mean()))
            found = found and found.within(-1, 1)
        rows.append({**named, "value": None, **_ends(found), "videos": tested["video"].n_unique(), "people": people})
    return pl.DataFrame(rows, schema=_schema(*KEY, "value", "low", "high", "interval", "videos", "people"))


def _ends(found: Interval | None) -> dict[str, float | str | None]:
    """An interval in the columns of EVALUATION."""
    return {
        "low": found and found.low,
        "high": found and found.high,
        "interval": found and found.method,
    }


def counts_of_people(predictions: pl.DataFrame, classes: np.ndarray, people: np.ndarray | None = None) -> np.ndarray:
    """Counts (people, 3, classes), as in `metrics.class_counts`, of predictions of one classifier.

    `classes` (classes,) text, sorted: all that truth and predictions hold; `people` likewise, None: those who occur.
    """
    names = predictions["performer"].to_numpy().astype(str)
    people = np.unique(names) if people is None else people
    truth, predicted = (
        np.searchsorted(classes, predictions[name].to_numpy().astype(str)) for name in ("truth", "predicted")
    )
    first = np.searchsorted(people, names) * len(classes)  # the place of each person's first class
    counts = class_counts(first + truth, first + predicted, len(people) * len(classes))
    return counts.reshape(3, len(people), len(classes)).swapaxes(0, 1)


def _of_counts(chance: pl.DataFrame) -> pl.DataFrame:
    """Each shuffle's figures pooled over folds, of the table CHANCE: KEY, `shuffled`, `draw`, `value`."""
    by = [*QUESTION, "shuffled", "draw"]
    summed = chance.group_by(*by, "class", maintain_order=True).agg(pl.col("support", "predicted", "hits").sum())
    support, predicted, hits = pl.col("support"), pl.col("predicted"), pl.col("hits")
    present, either = support > 0, support + predicted > 0
    wide = summed.group_by(by, maintain_order=True).agg(
        (hits.sum() / support.sum()).alias("accuracy"),
        (hits.filter(present) / support.filter(present)).mean().alias("balanced_accuracy"),
        (2 * hits.filter(either) / (support + predicted).filter(either)).mean().alias("macro_f1"),
    )
    return wide.unpivot(METRICS, index=by, variable_name="metric", value_name="value").select(
        *KEY, "shuffled", "draw", "value"
    )


def _of_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """The same for figures that cannot be pooled, as the mean over folds: stability and calibration."""
    null = scores.filter((pl.col("draw") > 0) & ~pl.col("metric").is_in(METRICS))
    means = null.group_by(*KEY, "draw", maintain_order=True).agg(pl.col("value").mean())
    return means.select(*KEY, pl.lit("features").alias("shuffled"), "draw", "value")


def _compare_with_chance(figures: pl.DataFrame, shuffles: pl.DataFrame) -> pl.DataFrame:
    """The values of shuffles for each of `figures`, with p values that count the data among the shuffles.

    `p_corrected` is how often the largest of all figures of a kind (labels and metric) is as far above its shuffles,
    in their standard deviations, as this one: the single-step maximum of Westfall & Young (1993, Resampling-Based
    Multiple Testing), which holds whichever classifier and protocol is picked. Mean and deviation count
    the data too, so that data and shuffles are exchangeable.
    """
    rows = []
    for labels, metric in figures.select("labels", "metric").unique(maintain_order=True).rows():
        mine = figures.filter((pl.col("labels") == labels) & (pl.col("metric") == metric))
        found = {
            question: part.sort("draw")
            for question, part in shuffles.filter((pl.col("labels") == labels) & (pl.col("metric") == metric)).group_by(
                QUESTION, maintain_order=True
            )
        }
        judged = [row for row in mine.iter_rows(named=True) if tuple(row[name] for name in QUESTION) in found]
        if not judged:
            continue
        replicates = [found[tuple(row[name] for name in QUESTION)] for row in judged]
        common = min(len(part) for part in replicates)
        values = np.stack(
            [
                np.concatenate([[row["value"]], part["value"].to_numpy()[:common]])
                for row, part in zip(judged, replicates, strict=True)
            ]
        )
        tested = [row["classifier"] not in DUMMIES for row in judged]
        spread = values.std(axis=1, keepdims=True)
        deviations = np.where(
            spread > 1e-12, (values - values.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-12), 0
        )
        highest = deviations[tested].max(axis=0, initial=-np.inf)
        for row, part, own, standard, test in zip(judged, replicates, values, deviations, tested, strict=True):
            better = test and metric != "calibration_error"  # of which the smaller is the better
            rows.append(
                {
                    **{name: row[name] for name in KEY},
                    "chance": part["shuffled"][0],
                    "chance_mean": part["value"].mean(),
                    "chance_max": part["value"].max(),
                    "shuffles": common,
                    "p_value": _share_reaching(own, own[0]) if better else None,
                    "p_corrected": _share_reaching(highest, standard[0]) if better else None,
                }
            )
    names = (*KEY, "chance", "chance_mean", "chance_max", "shuffles", "p_value", "p_corrected")
    return pl.DataFrame(rows, schema=_schema(*names))


def _share_reaching(values: np.ndarray, value: float) -> float:
    """The share of `values`, the data's own among them, that reach `value`, apart from rounding."""
    return float(np.mean(values >= value - 1e-9))


def _verdicts(figures: pl.DataFrame, unjudged: Iterable[Mapping[str, str]]) -> pl.Series:
    """A verdict for each row that holds a classifier's judged figure, null in the others."""
    few = {(row["classifier"], row["group"]) for row in unjudged if row["why"] == "orders"}
    accuracy = {
        tuple(row[:4]): row[4:]
        for row in figures.filter(metric="accuracy").select(*QUESTION, "value", "majority").rows()
    }
    found: list[str | None] = []
    for row in figures.iter_rows(named=True):
        if row["metric"] != JUDGED or row["classifier"] in DUMMIES:
            found.append(None)
            continue
        of_windows, majority = accuracy[tuple(row[name] for name in QUESTION)]
        found.append(
            judge(
                row["p_corrected"],
                row["shuffles"],
                of_windows,
                majority,
                few_orders=row["labels"] == "truth" and (row["classifier"], row["group"]) in few,
            ).value
        )
    return pl.Series(found, dtype=pl.String)


def _schema(*names: str) -> dict[str, pl.DataType]:
    whole = base.polars_schema(EVALUATION)
    return {name: whole[name] for name in names}


def per_class(predictions: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """The table CLASSES of the table PREDICTIONS, all folds pooled: each class that truth or predictions hold.

    Intervals are over the people with such a window: of the class (recall), predicted as it (precision), either (F1).
    `seed` is that of the bootstrap.
    """
    rows = []
    for question, part in predictions.group_by(QUESTION, maintain_order=True):
        classes = np.unique(part.select(pl.col("truth").append("predicted")).to_series().to_numpy().astype(str))
        counts = counts_of_people(part, classes)
        for number, name in enumerate(classes):
            mine = counts[:, :, [number]]
            support, predicted, hits = mine.sum(axis=(0, 2))
            rows.append(
                {
                    **dict(zip(QUESTION, question, strict=True)),
                    "class": str(name),
                    "precision": hits / predicted if predicted else None,
                    "recall": hits / support if support else None,
                    "f1": 2 * hits / (support + predicted),
                    "support": int(support),
                    "predicted": int(predicted),
                    "people": int(np.count_nonzero(mine[:, 0])),
                    **_ends_of_class("precision", mine[mine[:, 1, 0] > 0][:, [1, 0, 2]], "accuracy", seed),
                    **_ends_of_class("recall", mine[mine[:, 0, 0] > 0], "accuracy", seed),
                    **_ends_of_class("f1", mine[mine[:, :2, 0].any(axis=1)], "macro_f1", seed),
                }
            )
    table = pl.DataFrame(rows, schema=base.polars_schema(CLASSES))
    by_number = pl.col("class").cast(pl.Int64, strict=False)  # cluster 10 after cluster 9
    return in_order(table.sort("classifier", "protocol", by_number, "class", maintain_order=True))


def _ends_of_class(figure: str, counts: np.ndarray, metric: str, seed: int) -> dict[str, float | None]:
    """The interval of a class's `figure`, of counts (people, 3, 1) of that class alone."""
    found = interval(counts, metric, seed)
    return {f"{figure}_low": found and found.low, f"{figure}_high": found and found.high}


def line(row: Mapping[str, Any]) -> str:
    """A row of EVALUATION in one line of text."""
    text = f"{row['labels']} {row['protocol']}/{row['group']} {row['classifier']}: {row['metric']} {row['value']:.3f}"
    if row["low"] is not None:
        text += f" [{row['low']:.3f}, {row['high']:.3f}]"
    text += f" of {row['windows']} windows"
    if row["people"] is not None:
        text += f", {row['videos']} videos, {row['people']} people"
    if row["chance"]:
        text += f"; with {row['chance']} shuffled {row['chance_mean']:.3f} on average ({row['shuffles']} times)"
    if row["p_corrected"] is not None:
        text += f", p {row['p_value']:.2g}, corrected {row['p_corrected']:.2g}"
    return f"{text}: {row['verdict']}" if row["verdict"] else text
