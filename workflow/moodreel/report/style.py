"""How figures look: one palette, one size of type, SVG that is the same on every run."""

from __future__ import annotations

import io

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#8C6BB1",
    "#B8A500",
    "#7F7F7F",
    "#1B4F72",
    "#A04000",
    "#145A32",
)
"""Distinguishable to the colour-blind; the first seven after Okabe & Ito (2008), Color Universal Design."""

INK, FAINT, RULE = "#1d2733", "#68737f", "#d9dee3"

plt.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "moodreel",
        "font.family": "sans-serif",
        "font.sans-serif": ["Inter", "Helvetica Neue", "Arial", "DejaVu Sans"],
        "font.size": 10,
        "text.color": INK,
        "axes.edgecolor": RULE,
        "axes.labelcolor": FAINT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "figure.constrained_layout.use": True,
    }
)


def colour(cluster: int) -> str:
    """The colour of a cluster, counted from 1; more clusters than colours begin again."""
    return PALETTE[(cluster - 1) % len(PALETTE)]


def svg(figure: Figure) -> str:
    """The figure as an `<svg>` element without XML prologue or date, and the figure closed."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
