"""Action units over time, a row of colours for each unit."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from moodreel.report.style import FAINT, PAGE_IN, wrap

VIDEOS = 6
"""Videos in the figure at most: what a printed page holds."""
HIGHEST = 5.0
"""The highest intensity, FACS's E."""


def over_time(features: pl.DataFrame, units: Sequence[str], names: Sequence[str]) -> Figure:
    """The intensities (0 to 5) of `units`, columns of a readable FEATURES table with rows, against the time in s, one
    panel for each of its first `VIDEOS` videos. `names`: of the units."""
    videos = features.partition_by("video", maintain_order=True)[:VIDEOS]
    size = (PAGE_IN, (0.4 + 0.13 * len(units)) * len(videos) + 0.3)
    figure, panels = plt.subplots(len(videos), 1, figsize=size, squeeze=False)
    for axes, video in zip(panels.flat, videos, strict=True):
        time_s = video["time_s"].to_numpy()
        step_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
        values = video.select(pl.col(units).cast(pl.Float64).fill_null(float("nan"))).to_numpy().T
        extent = (float(time_s[0]), float(time_s[-1]) + step_s, len(units) - 0.5, -0.5)
        shown = axes.imshow(
            values, "Blues", aspect="auto", interpolation="nearest", vmin=0, vmax=HIGHEST, extent=extent
        )
        axes.set_yticks(range(len(units)), names, fontsize=6)
        axes.set_title(wrap(video["video"][0], 60, 1), fontsize=7, loc="left")
        axes.tick_params(labelsize=6, length=2)
    panels.flat[-1].set_xlabel("seconds", color=FAINT, fontsize=7)
    figure.colorbar(shown, ax=panels.ravel().tolist(), label="intensity", fraction=0.03)
    return figure
