"""Music whose mood is nearest to that of the cluster's expression."""

import numpy as np
import polars as pl

from moodreel.music.library import Library
from moodreel.music.ranking import Candidates


class ByMood:
    """Candidates for a window: every track, the nearest to its cluster in the plane of valence and arousal
    first.

    A cluster's place is the mean of its windows' (module `expression`); a track's is the mean of its
    passages'. Both are in standard deviations, of the run's windows and of the run's tracks, since faces and
    music have no common scale. The passage is the one of the track that is nearest.
    """

    def __init__(self, clusters: pl.DataFrame, valence: np.ndarray, arousal: np.ndarray, library: Library) -> None:
        """`clusters`: CLUSTERS; `valence`, `arousal` of its windows, NaN where unknown."""
        self._cluster = clusters["cluster"].to_numpy()
        known = np.isfinite(library.valence) & np.isfinite(library.arousal)
        video, start_s = library.video[known], library.start_s[known]
        passages = np.stack([library.valence[known], library.arousal[known]], axis=1)
        names, of_track = np.unique(video, return_inverse=True)
        self._tracks = len(names)
        sums = [np.bincount(of_track, column, len(names)) for column in passages.T]
        tracks = np.stack(sums, axis=1) / np.bincount(of_track, minlength=len(names))[:, None]
        if len(tracks):
            middle, spread = tracks.mean(axis=0), tracks.std(axis=0)
            spread[spread == 0] = 1.0
            tracks, passages = (tracks - middle) / spread, (passages - middle) / spread
        windows = np.stack([valence, arousal], axis=1)
        self._found = {}
        for cluster in np.unique(self._cluster):
            known_windows = windows[(self._cluster == cluster) & np.isfinite(windows).all(axis=1)]
            if len(known_windows):
                place = known_windows.mean(axis=0)
                order = np.lexsort((np.linalg.norm(passages - place, axis=1), of_track))
                best = order[np.searchsorted(of_track[order], np.arange(len(names)))]
                distance = np.linalg.norm(tracks - place, axis=1)
                why = [f"mood: cluster {cluster} at {_words(place)}, track at {_words(track)}" for track in tracks]
                self._found[cluster] = Candidates(names, start_s[best], distance, why.__getitem__)

    def candidates(self, window: int) -> Candidates:
        """The candidates for the window at this row of CLUSTERS. Distances are in standard deviations."""
        none = Candidates(np.empty(0, str), np.empty(0), np.empty(0), str)
        return self._found.get(self._cluster[window], none)

    def lack(self, window: int) -> str:
        """Why the window at this row of CLUSTERS has no candidate (`ranking.LACKS`)."""
        return "no_mood" if self._tracks else "no_track"


def _words(place: np.ndarray) -> str:
    return f"valence {place[0]:+.2f}, arousal {place[1]:+.2f}"
