"""Charts of the classifiers: how well they do compared with chance, and where they err."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moodreel.classify.estimators import BASELINE
from moodreel.classify.verdict import Verdict
from moodreel.report.style import COLUMN_IN, FAINT, INK, MARKERS, PAGE_IN, PALETTE, RULE, name_columns, wrap
from moodreel.report.summary import class_name, class_order, protocols, target_name, where

ROW_IN = 0.19
"""Height of a line of a chart that reads as a list."""


def evaluation_dots(evaluation: pl.DataFrame, metric: str) -> Figure:
    """Each classifier's `metric` (table EVALUATION) with its interval over people, chance and the majority.

    One panel per labels (fidelity, label accuracy), one block per protocol and group.
    """
    shown = evaluation.filter(metric=metric)
    kinds = _kinds(shown)
    classifiers = [c for c in _each(shown, "classifier") if c != BASELINE]
    blocks = protocols(shown)
    figure, panels, lines = _list_of([where(*block) for block in blocks], classifiers, kinds)
    for axes, kind in zip(panels, kinds, strict=True):
        for block, (protocol, group) in enumerate(blocks):
            here = shown.filter(labels=kind, protocol=protocol, group=group)
            for row in here.filter(classifier=BASELINE).iter_rows(named=True):
                ends = [lines[block, classifiers[0]] - 0.5, lines[block, classifiers[-1]] + 0.5]
                axes.plot([row["value"]] * 2, ends, color=PALETTE[5], linewidth=1, linestyle=":")
            for row in here.filter(pl.col("classifier") != BASELINE).iter_rows(named=True):
                _dot(axes, row, lines[block, row["classifier"]])
        axes.set_xlim(0, 1.02)
        axes.set_xlabel(metric.replace("_", " "))
    return figure


def _dot(axes: Axes, row: Mapping, y: float) -> None:
    """One row of EVALUATION at the height `y`."""
    if row["chance_mean"] is not None:
        axes.plot([row["chance_mean"], row["chance_max"]], [y, y], color=RULE, linewidth=6, solid_capstyle="butt")
    if row["low"] is not None:
        axes.plot([row["low"], row["high"]], [y, y], color=PALETTE[0], linewidth=1.1)
    judged = row["verdict"] == Verdict.ABOVE_CHANCE
    axes.plot(
        row["value"], y, marker="o", markersize=4, color=PALETTE[0], markerfacecolor=PALETTE[0] if judged else "white"
    )


def leakage_gap(leakage: pl.DataFrame, metric: str) -> Figure:
    """Each classifier's `metric` under the paper's protocol and under the grouped one (table LEAKAGE).

    One panel per labels, one block per group. Grey: the gap by chance, from the grouped value.
    """
    shown = leakage.filter(metric=metric)
    kinds, classifiers, groups = _kinds(shown), _each(shown, "classifier"), _each(shown, "group")
    figure, panels, lines = _list_of([f"grouped by {group}" for group in groups], classifiers, kinds)
    for axes, kind in zip(panels, kinds, strict=True):
        for row in shown.filter(labels=kind).iter_rows(named=True):
            y = lines[groups.index(row["group"]), row["classifier"]]
            if row["chance_gap"] is not None:
                reach = np.clip([row["grouped"], row["grouped"] + row["chance_gap"]], 0, 1)
                axes.plot(reach, [y, y], color=RULE, linewidth=6, solid_capstyle="butt")
            axes.plot([row["grouped"], row["paper"]], [y, y], color=FAINT, linewidth=0.9)
            axes.plot(row["paper"], y, "o", markersize=7, markerfacecolor="white", markeredgecolor=PALETTE[5])
            axes.plot(row["grouped"], y, "o", markersize=4, color=PALETTE[0])
            style: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "color": INK}
            axes.text(1.03, y, f"{100 * row['gap']:+.0f}".replace("-", "−"), **style)
        axes.set_xlim(0, 1.02)
        axes.set_xlabel(metric.replace("_", " "))
    return figure


def _list_of(
    blocks: Sequence[str], lines: Sequence[str], kinds: Sequence[str]
) -> tuple[Figure, Sequence[Axes], dict[tuple[int, str], float]]:
    """Panels side by side that share a list: every block's heading, its lines below; and the height of each line."""
    ticks, heights, y = [], {}, 0.0
    for number, block in enumerate(blocks):
        ticks.append((y, block))
        for line in lines:
            y += 1
            heights[number, line] = y
            ticks.append((y, line))
        y += 1.4
    width = PAGE_IN if len(kinds) > 1 else 4.8
    figure, panels = plt.subplots(
        1, len(kinds), figsize=(width, 0.75 + ROW_IN * y), squeeze=False, sharey=True
    )  # fmt: skip
    for axes, kind in zip(panels.flat, kinds, strict=True):
        axes.set_title(target_name(kind))
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
    first = panels.flat[0]
    first.set_yticks([tick for tick, _ in ticks], [text for _, text in ticks])
    for (_, text), label in zip(ticks, first.get_yticklabels(), strict=True):
        if text in blocks:
            label.set(weight="bold", color=INK)
    first.set_ylim(y - 0.6, -0.8)
    return figure, list(panels.flat), heights


def _each(table: pl.DataFrame, column: str) -> list[str]:
    return table[column].unique(maintain_order=True).to_list()


def _kinds(table: pl.DataFrame) -> list[str]:
    """The labels that the table has, fidelity first."""
    return [kind for kind in ("clusters", "truth") if kind in table["labels"]]


def confusion(predictions: pl.DataFrame, labels: str, names: Mapping[int, str]) -> Figure:
    """Predictions of one evaluation, pooled over folds: per true class (row) the share and number of its windows."""
    classes = class_order(pl.concat([predictions["truth"], predictions["predicted"]]))
    place = {c: i for i, c in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)))
    np.add.at(counts, ([place[t] for t in predictions["truth"]], [place[p] for p in predictions["predicted"]]), 1)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    size = max(1.1 + 0.38 * len(classes), 2.2)
    figure, axes = plt.subplots(figsize=(size + 0.2, size))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        if counts[row, column]:
            shade: dict[str, Any] = {"ha": "center", "color": "white" if share > 0.55 else INK}
            axes.text(column, row, f"{100 * share:.0f} %", va="bottom", fontsize=6.5, **shade)
            axes.text(column, row + 0.06, f"{counts[row, column]:.0f}", va="top", fontsize=5.5, **shade)
    shown = [class_name(c, labels, names) for c in classes]
    name_columns(axes, shown)
    axes.set_yticks(range(len(classes)), [wrap(name, 18, 2) for name in shown])
    axes.tick_params(length=0)
    axes.set(xlabel="predicted", ylabel="true")
    return figure


def calibration(table: pl.DataFrame) -> Figure:
    """How often each classifier is right at each probability (table CALIBRATION): one panel per protocol and group."""
    blocks = protocols(table)
    classifiers = _each(table, "classifier")
    most = table["windows"].max()
    figure, panels = _row_of(len(blocks), min(PAGE_IN / len(blocks), 3.2) + 0.35)
    for axes, (protocol, group) in zip(panels, blocks, strict=False):
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8, linestyle="--")
        for number, classifier in enumerate(classifiers):
            bins = table.filter(protocol=protocol, group=group, classifier=classifier).sort("bin_low")
            style: dict[str, Any] = {"color": PALETTE[number % len(PALETTE)], "label": classifier}
            axes.plot(bins["mean_probability"], bins["accuracy"], linewidth=1, color=style["color"])
            sizes = 4 + 40 * bins["windows"].to_numpy() / most
            marker = MARKERS[number % len(MARKERS)]
            ends = bins.drop_nulls("low")
            axes.vlines(ends["mean_probability"], ends["low"], ends["high"], color=style["color"], linewidth=0.8)
            axes.scatter(bins["mean_probability"], bins["accuracy"], s=sizes, marker=marker, linewidths=0, **style)
        axes.set(xlim=(0, 1.03), ylim=(-0.03, 1.03), xlabel="probability", aspect="equal")
        axes.set_title(wrap(where(protocol, group), 80 // max(len(blocks), 3)))
    panels[0].set_ylabel("share that is right")
    _legend(figure, panels[0])
    return figure


def class_scores(classes: pl.DataFrame, labels: str, names: Mapping[int, str]) -> Figure:
    """F1 of each class (table CLASSES, of one kind of labels), a mark per classifier, a panel per protocol and group"""
    blocks = protocols(classes)
    classifiers = _each(classes, "classifier")
    order = class_order(classes["class"])
    support = dict(classes.group_by("class").agg(pl.col("support").max()).iter_rows())
    figure, panels = _row_of(len(blocks), 0.9 + 0.24 * len(order), sharey=True)
    for axes, (protocol, group) in zip(panels, blocks, strict=False):
        here = classes.filter(protocol=protocol, group=group)
        for number, classifier in enumerate(classifiers):
            mine = here.filter(classifier=classifier)
            if mine.is_empty():
                continue
            away = 0.5 * (number - (len(classifiers) - 1) / 2) / max(len(classifiers), 1)
            mine = mine.with_columns(y=pl.col("class").replace_strict({c: y + away for y, c in enumerate(order)}))
            style: dict[str, Any] = {"color": PALETTE[number % len(PALETTE)]}
            ends = mine.drop_nulls("f1_low")
            axes.hlines(ends["y"], ends["f1_low"], ends["f1_high"], linewidth=0.8, **style)
            style |= {"linestyle": "none", "marker": MARKERS[number % len(MARKERS)], "markersize": 3.5}
            axes.plot(mine["f1"], mine["y"], label=classifier, **style)
        axes.set(xlim=(-0.03, 1.03), xlabel="F1")
        axes.set_title(wrap(where(protocol, group), 80 // max(len(blocks), 3)))
        axes.grid()
        axes.tick_params(axis="y", length=0)
    text = [f"{wrap(class_name(c, labels, names), 18, 2)} ({support[c]})" for c in order]
    panels[0].set_yticks(range(len(order)), text)
    panels[0].set_ylim(len(order) - 0.5, -0.5)
    _legend(figure, panels[0])
    return figure


def _row_of(panels: int, height: float, *, sharey: bool = False) -> tuple[Figure, Sequence[Axes]]:
    width = COLUMN_IN + 0.6 if panels == 1 else PAGE_IN
    figure, grid = plt.subplots(1, panels, figsize=(width, height + 0.25), squeeze=False, sharey=sharey)
    return figure, list(grid.flat)


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper left", ncols=min(len(labels), 6), frameon=False, fontsize=7)
