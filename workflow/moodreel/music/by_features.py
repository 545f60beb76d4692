"""Music for a recording that was not in the run, from windows of the run that show the same cluster."""

import numpy as np
import polars as pl

from moodreel.music.ranking import Candidates


class ByFeatures:
    """Candidates for a window: the run's windows of its cluster during which music sounds, the nearest first.

    As ByCluster does for the run's own videos, but nearest in the features' principal components, since a new recording
    has no place in the embedding. All of the run's videos are training videos here.
    """

    def __init__(self, clusters: np.ndarray, places: np.ndarray, music: pl.DataFrame) -> None:
        """`clusters` (windows,) int and `places` (windows, dimensions) of the new windows; `music`: MODEL_MUSIC."""
        music = music.sort("track", "start_s")
        self._clusters, self._places = clusters, places.astype(float)
        self._track = music["track"].to_numpy().astype(str)
        self._start_s = music["start_s"].to_numpy()
        self._music_places = music.select("^c[0-9]+$").to_numpy().astype(float)
        cluster = music["cluster"].to_numpy()
        self._rows = {int(c): np.flatnonzero(cluster == c) for c in np.unique(cluster)}

    def candidates(self, window: int) -> Candidates:
        """The candidates for the new window at this row. Distances are in units of the training windows' spread."""
        rows = self._rows.get(int(self._clusters[window]), np.empty(0, int))
        distance = np.linalg.norm(self._music_places[rows] - self._places[window], axis=1)
        why = f"cluster {self._clusters[window]}"
        return Candidates(
            self._track[rows], self._start_s[rows], distance, lambda n: f"{why}, distance {distance[n]:.3f}"
        )
