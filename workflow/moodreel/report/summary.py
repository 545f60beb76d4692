"""The report's statements on the classifiers, computed from the run's tables: numbers and short sentences, no
markup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import polars as pl

from moodreel.classify.estimators import BASELINE
from moodreel.classify.summary import JUDGED, QUESTION
from moodreel.classify.verdict import LEAST_SHUFFLES, Verdict
from moodreel.settings.classify import ClassifySettings

_WORDS = {
    ("paper", "window"): "paper, windows shuffled",
    ("paper", "window_in_order"): "paper, windows in order",
}
_LABELS = {"truth": "label accuracy", "clusters": "fidelity to the clusters"}
_CHANCE = {"truth": "exchanged labels", "clusters": "shuffled movement"}
_TONES = {Verdict.ABOVE_CHANCE: "good", Verdict.NOT_ABOVE_CHANCE: "bad", Verdict.BELOW_MAJORITY: "bad"}

_OF_JUDGED = (
    "low", "high", "interval", "shuffles", "p_value", "p_corrected", "windows", "videos", "people", "n_train",
)  # fmt: skip
_OF_ACCURACY = ("majority", "fold_mean", "fold_sd", "folds", "fold_windows")
"""Columns of EVALUATION that `Figures` has under the same name, of the judged metric's row and of the accuracy's."""


@dataclass(frozen=True)
class Figures:
    """How a classifier did in one protocol, pooled over its test windows, and what may be concluded.

    `balanced` is judged: `low` to `high` is its 95 % interval over people, `chance` its mean on shuffles, `p_value` and
    `p_corrected` how many of these reach it. `majority` is the accuracy of always naming the largest class.
    """

    classifier: str
    protocol: str
    group: str
    labels: str
    balanced: float
    low: float | None
    high: float | None
    interval: str | None
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    macro_f1: float
    calibration_error: float | None
    majority: float | None
    chance: float | None
    shuffles: int
    p_value: float | None
    p_corrected: float | None
    windows: int
    videos: int
    people: int
    fold_mean: float
    fold_sd: float
    folds: int
    fold_windows: str
    n_train: int
    verdict: Verdict

    @property
    def where(self) -> str:
        """The protocol in words."""
        return where(self.protocol, self.group)

    @property
    def good(self) -> bool:
        """Whether the figure is above everything it is compared with."""
        return self.verdict is Verdict.ABOVE_CHANCE

    @property
    def tone(self) -> str:
        """`good`, `bad` or `open`: how the page colours the verdict."""
        return _TONES.get(self.verdict, "open")

    @property
    def says(self) -> str:
        """The verdict in words."""
        chance = _CHANCE[self.labels]
        p = f"(p = {self.p_corrected:.2g})" if self.p_corrected is not None else ""
        if self.verdict is Verdict.ABOVE_CHANCE:
            return f"above {chance} {p}"
        if self.verdict is Verdict.BELOW_MAJORITY:
            return f"above {chance} {p}, but always naming the largest class is right as often"
        if self.verdict is Verdict.NOT_ABOVE_CHANCE:
            return f"not above {chance} {p}: chance gives as much"
        if self.verdict is Verdict.FEW_ORDERS:
            return "cannot be judged: the labels can stand in too few orders"
        if self.shuffles:
            return f"says nothing yet: {self.shuffles} of at least {LEAST_SHUFFLES} shuffles"
        return "not judged: what chance gives was not measured"


def protocols(table: pl.DataFrame) -> list[tuple[str, str]]:
    """Each protocol of a table and what its folds keep together, the paper's first, the strictest last."""
    order = [("paper", "window"), ("paper", "window_in_order"), ("grouped", "video"), ("grouped", "performer")]
    found = table.select("protocol", "group").unique(maintain_order=True).rows()
    return sorted(found, key=lambda pair: order.index(pair) if pair in order else len(order))


def where(protocol: str, group: str) -> str:
    """A protocol and what its folds keep together, in words."""
    return _WORDS.get((protocol, group), f"{protocol} by {group}")


def target_name(labels: str) -> str:
    """The name of the figure that is measured against `labels`."""
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


def figures(evaluation: pl.DataFrame) -> list[Figures]:
    """The figures in the table EVALUATION of each classifier except the baseline, by protocol and kind of labels."""
    judged = evaluation.filter((pl.col("metric") == JUDGED) & (pl.col("classifier") != BASELINE))
    by_key = {tuple(row[name] for name in (*QUESTION, "metric")): row for row in evaluation.iter_rows(named=True)}
    rows = []
    for row in judged.iter_rows(named=True):
        question = tuple(row[name] for name in QUESTION)
        accuracy, calibration = by_key[*question, "accuracy"], by_key.get((*question, "calibration_error"))
        rows.append(
            Figures(
                **{name: row[name] for name in (*QUESTION, *_OF_JUDGED)},
                **{name: accuracy[name] for name in _OF_ACCURACY},
                balanced=row["value"],
                accuracy=accuracy["value"],
                accuracy_low=accuracy["low"],
                accuracy_high=accuracy["high"],
                macro_f1=by_key[*question, "macro_f1"]["value"],
                calibration_error=calibration["value"] if calibration else None,
                chance=row["chance_mean"],
                verdict=Verdict(row["verdict"]) if row["verdict"] else Verdict.NOT_JUDGED,
            )
        )
    return rows


@final
@dataclass(frozen=True)
class Headline:
    """The figure that the page begins with, which is chosen before any result is known, and the verdict on it."""

    figure: Figures
    verdict: Verdict
    says: str

    @property
    def good(self) -> bool:
        """Whether it is a success. Fidelity never is: clusters were made from the same features."""
        return self.verdict is Verdict.ABOVE_CHANCE and self.figure.labels == "truth"

    @property
    def tone(self) -> str:
        """`good`, `bad` or `open`."""
        return "good" if self.good else "bad" if _TONES.get(self.verdict) == "bad" else "open"


def headline(rows: Sequence[Figures], settings: ClassifySettings) -> Headline | None:
    """The headline among `rows`: on labels if there are any, of the classifier and the folds that the settings name.

    Where their folds could not be made it is that of the other grouped folds. None where it was not evaluated.
    """
    chosen = settings.headline
    groups = (chosen.group, *({"video", "performer"} - {chosen.group}))
    mine = [row for row in rows if row.classifier == settings.headline_classifier]
    for labels in ("truth", "clusters"):
        for group in groups:
            for row in mine:
                if (row.labels, row.group) == (labels, group):
                    return Headline(row, *_conclusion(row, settings))
    return None


def _conclusion(row: Figures, settings: ClassifySettings) -> tuple[Verdict, str]:
    chosen = settings.headline
    what = "tells the labels apart" if row.labels == "truth" else "repeats the clusters"
    on = f"on {row.group}s it was not trained on"
    if row.windows < chosen.min_windows or row.people < chosen.min_people:
        few = "people" if row.people < chosen.min_people else "windows"
        return Verdict.TOO_FEW, (
            f"Too few {few} were tested to say how well {row.classifier} {what} {on}: "
            f"{quantity(row.windows, 'window')} of {quantity(row.people, 'person')}, where "
            f"{chosen.min_windows} windows of {chosen.min_people} people are required."
        )
    p = f"{row.p_corrected:.2g}" if row.p_corrected is not None else ""
    if row.verdict is Verdict.ABOVE_CHANCE:
        return row.verdict, f"{row.classifier} {what} {on}, better than chance (p = {p})."
    if row.verdict is Verdict.BELOW_MAJORITY:
        return row.verdict, (
            f"{row.classifier} does better than chance {on} (p = {p}), but always naming the largest class is right as "
            "often."
        )
    if row.verdict is Verdict.NOT_ABOVE_CHANCE:
        return (
            row.verdict,
            f"No evidence that {row.classifier} {what} {on}: {_CHANCE[row.labels]} give as much (p = {p}).",
        )
    why = "was not judged: chance was not measured"
    if row.verdict is Verdict.FEW_ORDERS:
        why = "cannot be judged: the labels have too few orders"
    elif row.shuffles:
        why = f"is not known yet: {row.shuffles} of at least {LEAST_SHUFFLES} shuffles"
    return row.verdict, f"Whether {row.classifier} {what} {on} {why}."


def quantity(number: int, thing: str) -> str:
    """`1 window`, `1,234 windows`; `2 people`."""
    plural = {"person": "people"}.get(thing, f"{thing}s")
    return f"{number:,} {thing if number == 1 else plural}"


def interval(row: Mapping[str, Any]) -> str:
    """The interval of a share, ` [0.70, 0.90]`; empty where there is none."""
    return "" if row["low"] is None else f" [{row['low']:.2f}, {row['high']:.2f}]"


def stability(evaluation: pl.DataFrame) -> list[dict]:
    """The stability rows: adjusted Rand index of test windows clustered on their own against the frozen clusters."""
    rows = evaluation.filter(metric="adjusted_rand").iter_rows(named=True)
    return [{**row, "where": where(row["protocol"], row["group"])} for row in rows]


def _ends(row: Mapping[str, Any]) -> str:
    """The interval of a difference of shares in points, if there is one."""
    return "" if row["low"] is None else f"95 % interval {100 * row['low']:+.0f} to {100 * row['high']:+.0f}; "


def leakage_says(leakage: pl.DataFrame, settings: ClassifySettings) -> list[str]:
    """A sentence for each kind of labels and group: the gap of the headline's classifier."""
    shown = leakage.filter(metric=JUDGED, classifier=settings.headline_classifier)
    sentences = []
    for row in shown.iter_rows(named=True):
        group = row["group"]
        sentence = (
            f"Balanced {target_name(row['labels'])} of {row['classifier']} is {100 * row['paper']:.0f} % under the "
            f"paper's protocol and {100 * row['grouped']:.0f} % with whole {group}s held out: a gap of "
            f"{100 * row['gap']:+.0f} points ({_ends(row)}{quantity(row['windows'], 'window')} of "
            f"{quantity(row['people'], 'person')})"
        )
        if row["chance_gap"] is None:
            sentence += "; the gap by chance was not measured."
        else:
            sentence += f"; with {_CHANCE[row['labels']]} it is {100 * row['chance_gap']:+.0f}."
        sentences.append(sentence)
    return sentences
