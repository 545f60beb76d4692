"""The look of figures: one palette, one size of type, files that are the same on every run."""

import io
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moodreel.report.hidden_characters import make_visible
from moodreel.storage import atomic

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

MARKERS = "osD^vPX*<>hp"
"""One for each colour, so that no figure rests on colour alone."""

INK, FAINT, RULE = "#1d2733", "#68737f", "#d9dee3"

COLUMN_IN, PAGE_IN = 3.5, 7.2
"""Width of one column and of two, which journals print, in inches."""

PNG_DPI = 200
ON_A_PAGE = 1.25
"""A figure's size on an HTML page, whose type is larger than a journal's, by its size in print."""

plt.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "moodreel",
        "font.family": "sans-serif",
        "font.sans-serif": ["Inter", "Helvetica Neue", "Arial", "DejaVu Sans"],
        "font.size": 8,
        "axes.titlesize": 8,
        "text.color": INK,
        "text.parse_math": False,
        "axes.edgecolor": RULE,
        "axes.labelcolor": FAINT,
        "axes.titlecolor": INK,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": RULE,
        "grid.linewidth": 0.6,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "figure.constrained_layout.use": True,
        "figure.max_open_warning": 0,
    }
)


def colour(cluster: int) -> str:
    """The colour of a cluster, counted from 1; more clusters than colours begin again."""
    return PALETTE[(cluster - 1) % len(PALETTE)]


def wrap(name: str, width: int = 13, most: int = 3) -> str:
    """`name` over at most `most` lines of `width` letters; what does not fit ends in an ellipsis."""
    lines = textwrap.wrap(name, width) or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][: width - 1] + "…"]
    return "\n".join(lines)


def name_columns(axes: Axes, names: Sequence[str]) -> None:
    """Write `names` below the columns 0, 1, ... of a chart: slanted, or vertical in two lines where one is long."""
    if all(len(name) <= 13 for name in names):
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(range(len(names)), [wrap(name, 18, 2) for name in names], rotation=90)


def svg(figure: Figure) -> str:
    """The figure as an `<svg>` element without XML prologue, date or fixed size: as wide as a page allows."""
    text = _as_svg(figure)
    width = f"{figure.get_figwidth() * 96 * ON_A_PAGE:.0f}px"
    head = re.sub(r' (?:width|height)="[^"]*pt"', "", text[text.index("<svg") : text.index(">", text.index("<svg"))])
    return f'{head} style="width: {width}"{text[text.index(">", text.index("<svg")) :]}'


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write `<name>.svg` and `<name>.png` (200 dpi, white ground) into an existing folder."""
    atomic.write_text(folder / f"{name}.svg", _as_svg(figure))
    with atomic.replacement(folder / f"{name}.png") as temporary:
        figure.savefig(temporary, dpi=PNG_DPI, facecolor="white", metadata={"Software": None})


def _as_svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", dpi=PNG_DPI, transparent=True, metadata={"Date": None, "Creator": None})
    return make_visible(buffer.getvalue())
