"""Music from training videos of the same cluster, after the application of O. Hsu & Y. Lee (2020)."""

import numpy as np
import polars as pl

from moodreel.music.library import Library
from moodreel.music.ranking import Candidates

NO_FOLD = -1


class ByCluster:
    """Candidates for a window: windows of its cluster in training videos, the nearest in the embedding first.

    Training videos are those not tested in the window's fold (FOLDS, protocol `grouped`, group `video`): a
    classifier that has not seen the clip could have made the pair. Where the video has no fold, these are all
    the others. The passage is the music at the candidate window's time.
    """

    def __init__(self, clusters: pl.DataFrame, series: np.ndarray, folds: pl.DataFrame, library: Library) -> None:
        """`clusters`: CLUSTERS; `series`: its windows' embedded series, shape (windows, bins, dims), as they
        were clustered; `folds`: FOLDS."""
        self._video = clusters["video"].to_numpy().astype(str)
        self._start_s = clusters["start_s"].to_numpy()
        self._cluster = clusters["cluster"].to_numpy()
        self._series = series.reshape(len(series), -1).astype(float)
        fold_of = _fold_of_videos(folds)
        self._fold = np.array([fold_of.get(v, NO_FOLD) for v in self._video], int)
        _, self._number = np.unique(self._video, return_inverse=True)
        spans = clusters.select("video", "start_s", "end_s").iter_rows()
        sounds = np.array([library.sounds_at(*span) for span in spans], bool)
        order = np.lexsort((self._start_s, self._number))
        order = order[sounds[order]]
        self._rows = {c: order[self._cluster[order] == c] for c in np.unique(self._cluster)}
        spread = self._series - self._series.mean(axis=0) if len(self._series) else self._series
        self._unit = float(np.sqrt((spread**2).sum(axis=1).mean())) if len(spread) else 0.0

    def candidates(self, window: int) -> Candidates:
        """The candidates for the window at this row of CLUSTERS. Distances are in units of the windows' spread."""
        rows = self._rows[self._cluster[window]]
        rows = rows[self._number[rows] != self._number[window]]
        if self._fold[window] != NO_FOLD:
            rows = rows[self._fold[rows] != self._fold[window]]
        distance = np.linalg.norm(self._series[rows] - self._series[window], axis=1) / (self._unit or 1.0)
        why = f"cluster {self._cluster[window]}"
        return Candidates(
            self._video[rows], self._start_s[rows], distance, lambda n: f"{why}, distance {distance[n]:.3f}"
        )

    def lack(self, window: int) -> str:
        """Why the window at this row of CLUSTERS has no candidate (`ranking.LACKS`)."""
        others = (self._cluster == self._cluster[window]) & (self._number != self._number[window])
        if not others.any():
            return "no_other_video"
        if self._fold[window] != NO_FOLD and not (self._fold[others] != self._fold[window]).any():
            return "same_fold"
        return "no_sound"


def _fold_of_videos(folds: pl.DataFrame) -> dict[str, int]:
    grouped = folds.filter(pl.col("protocol") == "grouped", pl.col("group") == "video")
    return dict(grouped.select("video", "fold").unique(maintain_order=True).iter_rows())
