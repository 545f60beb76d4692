"""Charts of the clusters: the evidence for their number, their map, their movement, their pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from moodreel.clusters.judgement import Evidence
from moodreel.report.movement import Body
from moodreel.report.overlay import BONES
from moodreel.report.style import FAINT, INK, MARKERS, PAGE_IN, PALETTE, RULE, colour, name_columns, wrap

MANY = 2000
"""More points than this are a raster inside the SVG, which would otherwise take seconds to draw."""


def silhouette_curve(silhouette: pl.DataFrame) -> Figure:
    """Silhouettes and stability against the number of clusters (table SILHOUETTE), the chosen one ringed.

    Filled: numbers that there is evidence for. Bands: mean and two standard deviations of a silhouette on null
    replicates.
    """
    panels = (
        ("silhouette", "silhouette, embedding", PALETTE[0]),
        ("feature_silhouette", "silhouette, features (the test)", PALETTE[2]),
        ("stability", "stability (adjusted Rand)", PALETTE[1]),
    )
    figure, grid = plt.subplots(1, len(panels), figsize=(PAGE_IN, 2.2))
    for axes, (name, title, shade) in zip(grid, panels, strict=True):
        if name != "stability":
            _null_band(axes, silhouette, name)
        values = silhouette.drop_nulls(name)
        axes.plot(values["k"], values[name], color=shade, linewidth=1.3)
        for evidence, inside in ((True, shade), (False, "white")):
            shown = values.filter((pl.col("evidence") == Evidence.FOUND) == evidence)
            axes.plot(shown["k"], shown[name], "o", markersize=3.5, markeredgecolor=shade, markerfacecolor=inside)
        for k, score in values.filter("chosen").select("k", name).iter_rows():
            axes.plot(
                k, score, "o", markersize=8, markerfacecolor="none", markeredgecolor=PALETTE[5], markeredgewidth=1.6
            )
            axes.annotate(
                f"k = {k}", (k, score), xytext=(0, 7), textcoords="offset points", ha="center", color=PALETTE[5],
                weight="bold",
            )  # fmt: skip
        if values.is_empty():
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=FAINT)
        axes.set_title(title)
        axes.set_xlabel("number of clusters k")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.margins(y=0.2)
    grid[2].set_ylim(-0.2, 1.15)  # an adjusted Rand index ends at 1, and the chosen number is written above its mark
    return figure


def _null_band(axes: Axes, silhouette: pl.DataFrame, name: str) -> None:
    null = silhouette.drop_nulls([f"{name}_null_mean", f"{name}_null_sd"])
    mean, spread = null[f"{name}_null_mean"].to_numpy(), null[f"{name}_null_sd"].to_numpy()
    if len(null) == 1:
        axes.errorbar(null["k"], mean, yerr=2 * spread, color=FAINT, linewidth=6, alpha=0.4)
    axes.fill_between(null["k"], mean - 2 * spread, mean + 2 * spread, color=RULE, linewidth=0)
    axes.plot(null["k"], mean, color=FAINT, linewidth=1, linestyle="--")


def cluster_map(clusters: pl.DataFrame, names: Mapping[int, str]) -> Figure:
    """The two-dimensional map of the windows (table CLUSTERS), coloured by cluster, named at its middle window."""
    figure, axes = plt.subplots(figsize=(5.0, 4.0))
    shown = clusters.drop_nulls(["map_x", "map_y"]).sort("cluster")
    groups = [(cluster, group) for (cluster,), group in shown.group_by("cluster", maintain_order=True)]
    size = float(np.clip(4000 / max(len(shown), 1), 1.5, 14))
    for cluster, group in groups:
        marker = MARKERS[(cluster - 1) % len(MARKERS)]
        axes.scatter(
            group["map_x"], group["map_y"], s=size, color=colour(cluster), marker=marker, alpha=0.7, linewidths=0,
            rasterized=len(shown) > MANY,
        )  # fmt: skip
    for cluster, group in groups:
        places = group.select("map_x", "map_y").to_numpy()
        middle = np.argmin(np.linalg.norm(places - np.median(places, axis=0), axis=1))
        axes.annotate(
            wrap(names[cluster], 16, 2),
            places[middle],
            xytext=(0, 10),
            textcoords="offset points",
            ha="center",
            va="center",
            weight="bold",
            bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": colour(cluster), "alpha": 0.9},
        )
    axes.set(xticks=[], yticks=[])
    for side in axes.spines.values():
        side.set_visible(True)
    return figure


def heat_map(
    axes: Axes,
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    signed: bool,
    doubted: Sequence[int] = (),
) -> None:
    """`values` (rows, columns) in colours and numbers, NaN left blank; `signed`: a diverging scale around 0.

    The rows `doubted` have no colour and no part in the scale: hatched, their numbers and names are grey.
    """
    coloured = values.astype(float)
    coloured[list(doubted)] = np.nan
    finite = np.abs(coloured[np.isfinite(coloured)])
    limit = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    scale: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -limit} if signed else {"cmap": "YlGnBu", "vmin": 0.0}
    axes.imshow(np.ma.masked_invalid(coloured), aspect="auto", vmax=limit, **scale)
    for row in doubted:
        axes.axhspan(row - 0.5, row + 0.5, facecolor="none", edgecolor=RULE, hatch="////", linewidth=0)
    digits = 0 if limit >= 20 else 1
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            shade = FAINT if row in doubted else "white" if abs(value) > 0.6 * limit else INK
            text = f"{value:.{digits}f}".replace("-0.0", "0.0")
            axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=shade)
    name_columns(axes, columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def profile(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, doubted: Sequence[int] = ()) -> Figure:
    """One heat map of `values` (rows, columns), which are not negative: action units by cluster; see `heat_map`."""
    width = 2.0 + 0.42 * len(columns) + 0.06 * max(0, max(map(len, rows), default=0) - 26)
    figure, axes = plt.subplots(figsize=(width, 0.9 + 0.2 * len(rows)))
    heat_map(axes, values, rows, columns, signed=False, doubted=doubted)
    return figure


def level_and_motion(level: np.ndarray, motion: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """Two heat maps (rows, columns) side by side: the mean angles, and how much they move."""
    size = (min(1.3 + 0.76 * len(columns), PAGE_IN), 1.1 + 0.24 * len(rows))
    figure, (left, right) = plt.subplots(1, 2, figsize=size, sharey=True)
    heat_map(left, level, rows, columns, signed=True)
    left.set_title("mean")
    heat_map(right, motion, rows, columns, signed=False)
    right.set_title("how much it moves")
    return figure


def magnification(bodies: Mapping[int, Body]) -> int:
    """How many times as large movement is drawn, so that most of it can be seen: 1, 2, 3, 5 or 10."""
    sizes = [2 * np.sqrt(np.trace(spread)) for body in bodies.values() for spread in body.spread.values()]
    wanted = 0.2 / max(float(np.quantile(sizes, 0.9)) if sizes else 1.0, 1e-6)
    return max(times for times in (1, 2, 3, 5, 10) if times == 1 or times <= wanted)


def body_motion(bodies: Mapping[int, Body], mean_body: Mapping[str, np.ndarray], names: Mapping[int, str]) -> Figure:
    """Each cluster's mean body over the grey mean of all (`mean_body`), with how every point moves within a window.

    Ellipses: two standard deviations; lines: the window nearest the centre. Both are drawn `magnification` times as
    large as they are, about the point's mean place.
    """
    times = magnification(bodies)
    columns = min(len(bodies), 4)
    rows = -(-len(bodies) // columns)
    size = (PAGE_IN / 4 * columns, 1.9 * rows)
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat:
        axes.set_axis_off()
        axes.set_aspect("equal")
    for axes, (cluster, body) in zip(grid.flat, bodies.items(), strict=False):
        _sticks(axes, mean_body, color=RULE, linewidth=3.5)
        _sticks(axes, body.place, color=colour(cluster), linewidth=1.5)
        for point, spread in body.spread.items():
            axes.add_patch(_ellipse(body.place[point], spread, 2 * times, colour(cluster)))
        for point, path in body.path.items():
            axes.plot(*(body.place[point] + times * path).T, color=INK, linewidth=0.6, alpha=0.85)
        axes.set_title(wrap(names[cluster], 20), loc="center", fontsize=8)
    grid.flat[0].invert_yaxis()
    return figure


def _sticks(axes: Axes, points: Mapping[str, np.ndarray], **style: Any) -> None:
    for a, b in BONES:
        if a in points and b in points:
            axes.plot(*zip(points[a], points[b], strict=True), solid_capstyle="round", **style)


def _ellipse(centre: np.ndarray, covariance: np.ndarray, deviations: float, shade: str) -> Ellipse:
    """The ellipse of `deviations` standard deviations about `centre`."""
    variances, axes = np.linalg.eigh(covariance)
    small, large = 2 * deviations * np.sqrt(np.clip(variances, 0, None))
    angle = float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])))
    return Ellipse(tuple(centre), large, small, angle=angle, facecolor=shade, alpha=0.35, linewidth=0)


def contact_sheet(pictures: Mapping[int, Sequence[np.ndarray]], names: Mapping[int, str]) -> Figure:
    """A row of pictures, RGB uint8 (h, w, 3), for every cluster, its name on the left."""
    most = max(map(len, pictures.values()))
    ratio = float(np.median([p.shape[0] / p.shape[1] for row in pictures.values() for p in row]))
    each = (PAGE_IN - 0.9) / max(most, 4)
    size = (0.9 + each * most, each * ratio * len(pictures) + 0.02)
    figure, grid = plt.subplots(len(pictures), most, figsize=size, squeeze=False)
    figure.set_layout_engine("constrained", w_pad=0.015, h_pad=0.015, wspace=0, hspace=0)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[], frame_on=False)
    for row, (cluster, shown) in zip(grid, pictures.items(), strict=True):
        for axes, picture in zip(row, shown, strict=False):
            axes.imshow(picture, interpolation="antialiased")
        row[0].set_ylabel(
            wrap(names[cluster]), rotation=0, ha="right", va="center", color=INK, weight="bold", labelpad=6
        )
    return figure
