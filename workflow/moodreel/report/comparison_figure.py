"""The figure `paper against ours`."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from moodreel.report.comparison import FIDELITY, WAYS
from moodreel.report.style import FAINT, INK, PALETTE, RULE

_MARKS = dict(zip(WAYS, ("o", "s", "^", "v"), strict=True))
_COLOURS = dict(zip(WAYS, (PALETTE[0], PALETTE[4], PALETTE[5], PALETTE[1]), strict=True))


def paper_against_ours(comparison: pl.DataFrame, names: Mapping[str, str]) -> Figure | None:
    """Published and own fidelity (table COMPARISON) of the classifiers in `names`: mean and standard deviation over
    folds, own ones with what shuffles give and the majority; None where the table has no such row."""
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
