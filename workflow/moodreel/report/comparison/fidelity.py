"""Accuracies of classifiers, a paper's and a run's: kinds of folds, what may be concluded, and the figure of both."""

from collections.abc import Iterator, Mapping
from typing import Any

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from moodreel.classify.verdict import Verdict
from moodreel.report.style import FAINT, INK, PALETTE, RULE
from moodreel.report.summary import Figures, figures

FIDELITY, LABEL_ACCURACY = "fidelity", "label_accuracy"

LABELS = {FIDELITY: "clusters", LABEL_ACCURACY: "truth"}
"""What is learnt and predicted (EVALUATION.labels), by the name of the accuracy."""

WAYS = {
    "window": "paper (shuffled)",
    "window_in_order": "paper (in order)",
    "video": "grouped by video",
    "performer": "grouped by performer",
}
"""The page's name for each way to deal windows into folds (FOLDS.group)."""

_MARKS = dict(zip(WAYS, ("o", "s", "^", "v"), strict=True))
_COLOURS = dict(zip(WAYS, (PALETTE[0], PALETTE[4], PALETTE[5], PALETTE[1]), strict=True))

_LEAK = {
    "window": "windows of one video lie on both sides of a fold",
    "window_in_order": (
        "windows of one video may lie on both sides of a fold's edge, and the table's order decides what a fold holds"
    ),
}


def accuracies(
    evaluation: pl.DataFrame, quantity: str, published: float | None, published_sd: float | None
) -> Iterator[dict[str, Any]]:
    """Rows of COMPARISON of one quantity, `fidelity/<classifier>` or `label_accuracy/<classifier>`: one for each way to
    deal windows into folds, of the table EVALUATION. None for a quantity of another kind.

    Published accuracies are means over folds, and so are ours; the verdict is on pooled windows.
    """
    what, _, classifier = quantity.partition("/")
    if what not in LABELS:
        return
    labels = LABELS[what]
    judged = {row.group: row for row in figures(evaluation) if (row.classifier, row.labels) == (classifier, labels)}
    found = evaluation.filter(metric="accuracy", classifier=classifier, labels=labels).rows(named=True)
    for r in sorted(found, key=lambda row: list(WAYS).index(row["group"])):
        if r["group"] not in judged:  # the baseline, which is not judged against itself
            continue
        yield {
            "quantity": quantity, "published": published, "published_sd": published_sd, "ours": r["fold_mean"],
            "ours_sd": r["fold_sd"], "pooled": r["value"], "note": _conclusion(judged[r["group"]], r, published),
            **{
                name: r[name]
                for name in (
                    "folds", "fold_windows", "low", "high", "windows", "people", "protocol", "group", "chance_mean",
                    "chance_max", "shuffles", "majority",
                )
            },
        }  # fmt: skip


def _conclusion(row: Figures, accuracy: Mapping[str, Any], published: float | None) -> str:
    """What may be concluded from our figure and, where there is one, from the published one."""
    on_clusters = row.labels == "clusters"
    leak, what = _LEAK.get(row.group), "repeats the clusters" if on_clusters else "tells the labels apart"
    chance = "shuffled movement" if on_clusters else "exchanged labels"
    text = f"Ours is {row.says}."
    if row.verdict is Verdict.FEW_ORDERS or (row.verdict is Verdict.NOT_JUDGED and row.shuffles):
        text = f"Ours {row.says}."
    elif row.verdict is Verdict.ABOVE_CHANCE and leak:
        text = f"Ours is {row.says}, but {leak}: it need not hold for a new video."
    elif row.verdict is Verdict.ABOVE_CHANCE:
        text = f"Ours is {row.says}: it {what} on unseen {row.group}s."
    if published is None or not leak:  # the paper's figure was not made with whole videos held out
        return text
    if accuracy["majority"] is not None and published <= accuracy["majority"]:
        return f"{text} The published figure is no better than always naming the largest class is here."
    if accuracy["chance_max"] is None:
        return f"{text} What chance gives in place of the published figure was not measured."
    if published <= accuracy["chance_max"]:
        return f"{text} The published figure is one that this protocol gives here on {chance}, too."
    return f"{text} The published figure is above what {chance} gives here; its own null is not known."


def paper_against_ours(comparison: pl.DataFrame, names: Mapping[str, str]) -> Figure | None:
    """Published and own fidelity (table COMPARISON) of the classifiers in `names`: mean and standard deviation over
    folds, own ones with chance and the majority; None where the table has no such row."""
    shown = comparison.filter(pl.col("quantity").is_in([f"{FIDELITY}/{c}" for c in names]))
    if shown.is_empty():
        return None
    ways = [way for way in WAYS if way in shown["group"].to_list()]
    figure, axes = plt.subplots(figsize=(5.6, 0.9 + 0.24 * len(names) * (len(ways) + 1.8)))
    y, ticks = 0.0, []
    for classifier, name in names.items():
        rows = shown.filter(quantity=f"{FIDELITY}/{classifier}")
        if rows.is_empty():
            continue
        top = y
        first = rows.row(0, named=True)
        axes.errorbar(first["published"], y, xerr=first["published_sd"], fmt="D", color=INK, capsize=2.5, lw=1.2, ms=5)
        for way in ways:
            y += 1
            for row in rows.filter(group=way).iter_rows(named=True):
                if row["chance_mean"] is not None:
                    axes.plot([row["chance_mean"], row["chance_max"]], [y, y], color=RULE, lw=6, solid_capstyle="butt")
                if row["majority"] is not None:
                    axes.plot(row["majority"], y, "x", color=FAINT, ms=5)
                axes.errorbar(
                    row["ours"], y, xerr=row["ours_sd"], fmt=_MARKS[way], color=_COLOURS[way], capsize=2.5, lw=1.2, ms=5
                )
        ticks.append(((top + y) / 2, name))
        y += 1.8
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(y - 0.8, -1)
    axes.set_xlim(-0.04, 1.06)
    axes.set_xlabel("accuracy on the cluster labels")
    handles = [Line2D([], [], marker="D", color=INK, lw=1.2, ms=5, label="published")]
    handles += [
        Line2D([], [], marker=_MARKS[w], color=_COLOURS[w], lw=1.2, ms=5, label=f"ours, {WAYS[w]}") for w in ways
    ]
    handles += [
        Line2D([], [], color=RULE, lw=6, label="chance, mean to largest"),
        Line2D([], [], marker="x", ls="", ms=5, color=FAINT, label="majority"),
    ]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure
