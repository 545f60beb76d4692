"""Valence and arousal of a face from emotion scores, for faces without labels.

Each emotion's place is in `emotions.valence_arousal`: J. A. Russell & A. Mehrabian's mean ratings of words for feelings
(Journal of Research in Personality 11, 1977). So a window's place reflects the meaning of the network's words, not what
anybody feels.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.music.expression import standardise
from moodreel.tables import base
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS


def read(
    videos: pl.DataFrame, emotions: str, windows: pl.DataFrame, places: Mapping[str, Sequence[float]]
) -> tuple[np.ndarray, np.ndarray]:
    """As `valence_arousal`, from the scores at the path `emotions` in the folders of VIDEOS."""
    used = videos.filter(pl.col("video").is_in(windows["video"].unique().to_list()))["video", "folder"]
    scores = {
        video: base.read(Path(folder, emotions, "emotions.parquet"), EMOTION_SCORES)
        for video, folder in used.iter_rows()
    }
    return valence_arousal(scores, windows, places)


def valence_arousal(
    scores: Mapping[str, pl.DataFrame], windows: pl.DataFrame, places: Mapping[str, Sequence[float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Valence and arousal of each window, float64, shape (windows,), standardised over the windows.

    scores: by video, its table EMOTION_SCORES.
    windows: WINDOWS; only `video`, `start_s` and `end_s` are read.
    places: by emotion, its valence and arousal in -1..1.

    A window's place is the mean over its frames with a face of the emotions' places, weighted by their scores; NaN
    where it has no such frame.
    """
    plane = np.array([places[name] for name in EMOTIONS])
    found = np.full((len(windows), 2), np.nan)
    frames = {video: _places(table, plane) for video, table in scores.items()}
    for index, (video, start_s, end_s) in enumerate(windows.select("video", "start_s", "end_s").iter_rows()):
        times_s, of_frames = frames[video]
        part = of_frames[slice(*np.searchsorted(times_s, (start_s, end_s)))]
        part = part[np.isfinite(part[:, 0])]
        if len(part):
            found[index] = part.mean(axis=0)
    valence, arousal = found.T
    return standardise(valence), standardise(arousal)


def _places(scores: pl.DataFrame, plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The frames' times in s (frames,), rising, and their places (frames, 2), NaN without a face."""
    values = scores.select(EMOTIONS).cast(pl.Float64).to_numpy()
    return scores["time_s"].to_numpy(), values @ plane
