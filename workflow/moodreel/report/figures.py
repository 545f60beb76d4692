"""The report's figures, each from one table to one SVG element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import polars as pl

from moodreel.report.style import FAINT, INK, PALETTE, RULE, colour, svg

BONES = (
    ("right_shoulder", "left_shoulder"), ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("neck", "nose"), ("neck", "mid_hip"),
    ("nose", "right_eye"), ("nose", "left_eye"), ("right_eye", "right_ear"), ("left_eye", "left_ear"),
    ("mid_hip", "right_hip"), ("mid_hip", "left_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
)  # fmt: skip
"""The sticks of a BODY_25 figure (OpenPose, doc/02_output.md), without feet."""


def silhouette_curve(silhouette: pl.DataFrame) -> str:
    """Silhouettes and stability against the number of clusters (table SILHOUETTE), the chosen one marked.

    Bands: mean and two standard deviations of the same figure on null draws, where there are any.
    """
    panels = (
        ("silhouette", "silhouette in the embedding", PALETTE[0]),
        ("feature_silhouette", "silhouette in the features", PALETTE[2]),
        ("stability", "stability (adjusted Rand)", PALETTE[1]),
    )
    figure, grid = plt.subplots(1, len(panels), figsize=(3.1 * len(panels), 2.9))
    for axes, (name, title, shade) in zip(grid, panels, strict=True):
        null = silhouette.drop_nulls([f"{name}_null_mean", f"{name}_null_sd"])
        mean, spread = null[f"{name}_null_mean"].to_numpy(), null[f"{name}_null_sd"].to_numpy()
        if len(null) == 1:
            axes.errorbar(null["k"], mean, yerr=2 * spread, color=FAINT, linewidth=6, alpha=0.4)
        axes.fill_between(null["k"], mean - 2 * spread, mean + 2 * spread, color=RULE, linewidth=0)
        axes.plot(null["k"], mean, color=FAINT, linewidth=1, linestyle="--")
        values = silhouette.drop_nulls(name)
        axes.plot(values["k"], values[name], color=shade, marker="o", markersize=4, linewidth=1.5)
        for k, score in values.filter("chosen").select("k", name).iter_rows():
            ring = {"markerfacecolor": "none", "markeredgecolor": PALETTE[5], "markeredgewidth": 2}
            axes.plot([k], [score], marker="o", markersize=10, **ring)
            axes.annotate(
                f"k = {k}", (k, score), xytext=(0, 10), textcoords="offset points", ha="center", color=PALETTE[5],
                weight="bold",
            )  # fmt: skip
        if values.is_empty():
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=FAINT)
        axes.set_title(title, fontsize=10, loc="left", color=INK)
        axes.set_xlabel("number of clusters k")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.margins(y=0.2)
    grid[2].set_ylim(-0.2, 1.15)  # an adjusted Rand index ends at 1, a band of two standard deviations may not
    return svg(figure)


def cluster_map(clusters: pl.DataFrame, names: Mapping[int, str]) -> str:
    """The two-dimensional map of the windows (table CLUSTERS), coloured by cluster and labelled at its median."""
    figure, axes = plt.subplots(figsize=(5.6, 4.6))
    for (cluster,), group in clusters.drop_nulls(["map_x", "map_y"]).group_by("cluster", maintain_order=True):
        axes.scatter(group["map_x"], group["map_y"], s=16, color=colour(cluster), alpha=0.75, linewidths=0)
    for (cluster,), group in clusters.drop_nulls(["map_x", "map_y"]).group_by("cluster", maintain_order=True):
        axes.annotate(
            names[cluster],
            (group["map_x"].median(), group["map_y"].median()),
            ha="center",
            color=INK,
            weight="bold",
            fontsize=9,
            bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": colour(cluster), "alpha": 0.9},
        )
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(True)
    return svg(figure)


def profile(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], unit: str, *, signed: bool) -> str:
    """Heat map of `values` (rows, columns), NaN left blank; `signed` values get a diverging scale around 0."""
    height = 0.9 + 0.34 * len(rows)
    figure, axes = plt.subplots(figsize=(1.9 + 0.48 * len(columns), height))
    finite = np.abs(values[np.isfinite(values)])
    limit = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    scale = (
        {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} if signed else {"cmap": "YlGnBu", "vmin": 0.0, "vmax": limit}
    )
    picture = axes.imshow(np.ma.masked_invalid(values), aspect="auto", **scale)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            dark = abs(value) > 0.6 * limit
            axes.text(
                column, row, f"{value:.1f}", ha="center", va="center", fontsize=7.5, color="white" if dark else INK
            )
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    bar = figure.colorbar(picture, ax=axes, shrink=0.9, pad=0.015)
    axes.set_title(unit, loc="right", fontsize=8)  # beside the bar it would be longer than the bar
    bar.outline.set_visible(False)
    return svg(figure)


def skeletons(
    points: Mapping[int, Mapping[str, tuple[float, float]]],
    rest: Mapping[str, tuple[float, float]],
    names: Mapping[int, str],
) -> str:
    """Each cluster's mean body (point -> x, y in shoulder widths from the neck) over the grey mean of all windows."""
    columns = min(len(points), 7)
    rows = -(-len(points) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(1.75 * columns, 2.1 * rows), squeeze=False, sharex=True, sharey=True
    )
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (cluster, body) in zip(grid.flat, points.items(), strict=False):
        for shown, style in (
            (rest, {"color": RULE, "linewidth": 4}),
            (body, {"color": colour(cluster), "linewidth": 2}),
        ):
            for a, b in BONES:
                if a in shown and b in shown:
                    axes.plot(*zip(shown[a], shown[b], strict=True), solid_capstyle="round", **style)
        axes.set_title(names[cluster], fontsize=9, color=INK)
        axes.set_aspect("equal")
    grid.flat[0].invert_yaxis()
    return svg(figure)


def evaluation_dots(evaluation: pl.DataFrame, metric: str) -> str:
    """Each classifier's `metric` (table EVALUATION) with its standard deviation, its null's spread and the majority.

    One panel per labels (fidelity, label accuracy), one block per protocol and group.
    """
    kinds = [k for k in ("clusters", "truth") if k in evaluation["labels"]]
    titles = {"clusters": "fidelity to the clusters", "truth": "label accuracy"}
    shown = evaluation.filter(pl.col("metric") == metric)
    blocks = shown.select("protocol", "group").unique(maintain_order=True).rows()
    classifiers = [c for c in shown["classifier"].unique(maintain_order=True) if c != "majority"]
    height = 0.8 + 0.27 * len(blocks) * (len(classifiers) + 0.8)
    figure, panels = plt.subplots(1, len(kinds), figsize=(4.6 * len(kinds), height), squeeze=False, sharey=True)
    for axes, kind in zip(panels.flat, kinds, strict=True):
        ticks, y = [], 0.0
        for protocol, group in blocks:
            block = shown.filter(labels=kind, protocol=protocol, group=group)
            for classifier in classifiers:
                for row in block.filter(classifier=classifier).iter_rows(named=True):
                    if row["null_mean"] is not None:
                        axes.plot(
                            [row["null_mean"] - row["null_sd"], row["null_mean"] + row["null_sd"]],
                            [y, y],
                            color=RULE,
                            linewidth=8,
                            solid_capstyle="butt",
                        )
                        axes.plot([row["null_mean"]], [y], marker="|", color=FAINT, markersize=8)
                    axes.errorbar(
                        row["mean"], y, xerr=row["sd"], color=PALETTE[0], marker="o", markersize=5, linewidth=1.2
                    )
                for row in block.filter(classifier="majority").iter_rows(named=True):
                    axes.plot([row["mean"]], [y], marker="x", color=PALETTE[5], markersize=5, linestyle="none")
                ticks.append((y, f"{classifier}, {protocol} by {group}"))
                y += 1
            y += 0.8
        axes.set_yticks([t[0] for t in ticks], [t[1] for t in ticks])
        axes.set_xlim(0, 1)
        axes.set_title(titles[kind], fontsize=10, loc="left", color=INK)
        axes.set_xlabel(metric.replace("_", " "))
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
    panels.flat[0].invert_yaxis()
    return svg(figure)


def confusion(predictions: pl.DataFrame) -> str:
    """Share of each true class's windows by predicted class (rows sum to 1), pooled over one evaluation's folds."""
    classes = sorted(
        set(predictions["truth"]) | set(predictions["predicted"]), key=lambda c: (len(c), c) if c.isdigit() else (99, c)
    )
    place = {c: i for i, c in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)))
    np.add.at(counts, ([place[t] for t in predictions["truth"]], [place[p] for p in predictions["predicted"]]), 1)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    size = 1.3 + 0.4 * len(classes)
    figure, axes = plt.subplots(figsize=(size + 0.5, size))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        if counts[row, column]:
            axes.text(
                column,
                row,
                f"{counts[row, column]:.0f}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if share > 0.55 else INK,
            )
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(classes)), classes)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    return svg(figure)
