"""What the report says of the classifiers, worked out of the run's tables: numbers and short sentences, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from moodreel.classify.estimators import BASELINE, DUMMIES

LIKELY_CHANCE = 0.05
"""A p value above this is not taken as evidence."""

ENOUGH = 19
"""Fewer permutations than this cannot reach a p value of 0.05."""

_WORDS = {
    ("paper", "window"): "paper, windows shuffled",
    ("paper", "window_in_order"): "paper, windows in order",
}
_LABELS = {"truth": "label accuracy", "clusters": "fidelity to the clusters"}


@dataclass(frozen=True)
class Verdict:
    """How one figure stands against its null, permuted labels and the majority baseline."""

    classifier: str
    protocol: str
    group: str
    labels: str
    accuracy: float
    sd: float
    balanced: float
    macro_f1: float
    calibration_error: float | None
    majority: float
    null: float | None
    null_p95: float | None
    draws: int
    p_value: float | None
    permutations: int | None
    n_train: int
    n_test: int
    folds: int
    says: str

    @property
    def where(self) -> str:
        """The protocol in words."""
        return where(self.protocol, self.group)

    @property
    def good(self) -> bool:
        """Whether the figure stands above all that it is measured against."""
        return self.says.startswith("above") and "but" not in self.says


def protocols(table: pl.DataFrame) -> list[tuple[str, str]]:
    """Each protocol of a table and what its folds keep together, the paper's first, the strictest last."""
    order = [("paper", "window"), ("paper", "window_in_order"), ("grouped", "video"), ("grouped", "performer")]
    found = table.select("protocol", "group").unique(maintain_order=True).rows()
    return sorted(found, key=lambda pair: order.index(pair) if pair in order else len(order))


def where(protocol: str, group: str) -> str:
    """A protocol and what its folds keep together, in words."""
    return _WORDS.get((protocol, group), f"{protocol} by {group}")


def asked(labels: str) -> str:
    """What is measured against these `labels`."""
    return _LABELS[labels]


def cluster_names(clusters: pl.DataFrame, given: Mapping[int, str]) -> dict[int, str]:
    """A name for every cluster: the person's, else `cluster 1`, ..."""
    return {c: given.get(c, f"cluster {c}") for c in sorted(clusters["cluster"].unique())}


def class_name(label: str, labels: str, names: Mapping[int, str]) -> str:
    """The name of a class: a cluster's where the labels are clusters."""
    return names.get(int(label), f"cluster {label}") if labels == "clusters" and label.isdigit() else label


def class_order(labels: pl.Series) -> list[str]:
    """Classes in the order of their numbers, those without a number after them by their letters."""
    return sorted(labels.unique(), key=lambda c: (0, int(c), c) if c.isdigit() else (1, 0, c))


def verdicts(evaluation: pl.DataFrame) -> list[Verdict]:
    """Each classifier's figures in one row, with what may be said of them."""
    keys = ["classifier", "protocol", "group", "labels"]
    metrics = ["balanced_accuracy", "macro_f1", "calibration_error"]
    rows = evaluation.filter(metric="accuracy")
    for metric in metrics:
        mean = evaluation.filter(metric=metric).select(*keys, pl.col("mean").alias(metric))
        rows = rows.join(mean, on=keys, how="left", maintain_order="left")
    majority = {
        (r["protocol"], r["group"], r["labels"]): r["mean"]
        for r in rows.filter(classifier=BASELINE).iter_rows(named=True)
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
            calibration_error=r["calibration_error"],
            majority=majority.get((r["protocol"], r["group"], r["labels"]), float("nan")),
            null=r["null_mean"],
            null_p95=r["null_p95"],
            draws=r["draws"],
            p_value=r["p_value"],
            permutations=r["permutations"],
            n_train=r["n_train"],
            n_test=r["n_test"],
            folds=r["folds"],
            says=_says(r, majority.get((r["protocol"], r["group"], r["labels"]))),
        )
        for r in rows.iter_rows(named=True)
        if r["classifier"] != BASELINE
    ]


def _says(row: Mapping, majority: float | None) -> str:
    """What an accuracy's row of EVALUATION allows to be said."""
    accuracy, null_p95 = row["mean"], row["null_p95"]
    p_value = row["p_value"] if (row["permutations"] or 0) >= ENOUGH else None
    if null_p95 is None and p_value is None:
        return "no null was drawn: nothing can be said"
    if null_p95 is not None and accuracy <= null_p95:
        return "not above its null: structure that chance also gives"
    if p_value is not None and p_value > LIKELY_CHANCE:
        return f"not above shuffled labels (p = {p_value:.2g}): chance also gives this"
    stands = "above its null" if null_p95 is not None else "above shuffled labels"
    if majority is not None and accuracy <= majority:
        return f"{stands}, but always guessing the largest class does as well"
    return f"{stands} and the majority"


def best(all_verdicts: Sequence[Verdict], *, protocol: str, group: str, labels: str) -> Verdict | None:
    """The most accurate classifier of one evaluation, dummies apart; None where there was none."""
    found = [
        v
        for v in all_verdicts
        if (v.protocol, v.group, v.labels) == (protocol, group, labels) and v.classifier not in DUMMIES
    ]
    return max(found, key=lambda v: v.accuracy, default=None)


def headline(all_verdicts: Sequence[Verdict]) -> Verdict | None:
    """The figure that counts most: on unseen videos, of labels before fidelity."""
    for labels in ("truth", "clusters"):
        found = best(all_verdicts, protocol="grouped", group="video", labels=labels)
        if found:
            return found
    return None


def stability(evaluation: pl.DataFrame) -> list[dict]:
    """The stability rows: adjusted Rand index of test windows clustered on their own against the frozen clusters."""
    rows = evaluation.filter(metric="adjusted_rand").iter_rows(named=True)
    return [{**row, "where": where(row["protocol"], row["group"])} for row in rows]


def leakage_says(leakage: pl.DataFrame) -> list[str]:
    """A sentence for each kind of labels and group: the gap of the classifier whose paper's figure is highest."""
    shown = leakage.filter((pl.col("metric") == "accuracy") & ~pl.col("classifier").is_in(DUMMIES))
    sentences = []
    for labels, group in shown.select("labels", "group").unique(maintain_order=True).rows():
        row = shown.filter(labels=labels, group=group).sort("paper", descending=True).row(0, named=True)
        sentence = (
            f"{asked(labels).capitalize()} of {row['classifier']} is {100 * row['paper']:.0f} % the paper's way and "
            f"{100 * row['grouped']:.0f} % with whole {group}s held out: a gap of {100 * row['gap']:+.0f} points"
        )
        null = row["null_gap_p95"]
        if null is None:
            sentence += ", with no null to hold it against."
        elif row["gap"] > null:
            sentence += f", more than on null draws (95th percentile {100 * null:+.0f})."
        else:
            sentence += f", no more than on null draws (95th percentile {100 * null:+.0f})."
        sentences.append(sentence)
    return sentences
