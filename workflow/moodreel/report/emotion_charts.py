"""Emotions over time, one strip for each video or person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from moodreel.emotions.frames import NO_FACE
from moodreel.report.style import FAINT, PAGE_IN, PALETTE, RULE, wrap
from moodreel.tables.emotions import EMOTIONS

BINS = 80
"""Equal parts of a strip, of which each shows the shares of its frames; fewer where there are fewer frames."""

STRIPS = 12
"""Strips of one figure: what a printed page holds."""


@dataclass(frozen=True)
class Strip:
    """The emotions in the frames of a video, or of a person's videos one after the other.

    Attributes:
        name: the video's or the person's.
        emotions: int (frames,), places in `EMOTIONS`, -1 without a face.
        times_s: (frames,), when each begins, from 0.
        seconds: how long they last together.
    """

    name: str
    emotions: np.ndarray
    times_s: np.ndarray
    seconds: float


def shares(emotions: np.ndarray) -> np.ndarray:
    """For each of at most `BINS` equal parts of `emotions` (frames,), the share of its frames that has each emotion,
    and last of those without a face: float (parts, 8), rows adding up to 1."""
    parts = np.array_split(emotions, min(BINS, len(emotions)))
    places = [*range(len(EMOTIONS)), NO_FACE]
    return np.array([[np.mean(part == place) for place in places] for part in parts])


def timelines(strips: Sequence[Strip], names: Sequence[str]) -> Iterator[Figure]:
    """Figures of `STRIPS` strips each, in their order; `names`: those of the emotions."""
    for first in range(0, len(strips), STRIPS):
        yield _figure(strips[first : first + STRIPS], names)


def _figure(strips: Sequence[Strip], names: Sequence[str]) -> Figure:
    figure, panels = plt.subplots(len(strips), 1, figsize=(PAGE_IN, 0.55 + 0.52 * len(strips)), squeeze=False)
    colours = [*PALETTE[: len(EMOTIONS)], RULE]
    for axes, strip in zip(panels.flat, strips, strict=True):
        tops = np.cumsum(shares(strip.emotions), axis=1)
        starts = [part[0] for part in np.array_split(strip.times_s, len(tops))]
        edges = np.array([*starts, strip.seconds])
        below = np.zeros(len(tops))
        for top, shade, name in zip(tops.T, colours, [*names, "no face"], strict=True):
            axes.stairs(top, edges, baseline=below, fill=True, color=shade, label=name, linewidth=0)
            below = top
        axes.set(xlim=(0, strip.seconds), ylim=(0, 1), yticks=[])
        axes.set_ylabel(wrap(strip.name, 20, 2), rotation=0, ha="right", va="center", fontsize=7)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.tick_params(axis="x", labelsize=6, length=2, pad=1)
        axes.spines["left"].set_visible(False)
    panels.flat[-1].set_xlabel("seconds", color=FAINT, fontsize=7)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False, fontsize=7,
                  handlelength=1, columnspacing=1)  # fmt: skip
    return figure
