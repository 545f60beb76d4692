"""The music that goes with a trained model: kept with it, and paired with the windows of a new recording."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from moodreel.classify.applying import Prediction
from moodreel.music.by_features import ByFeatures
from moodreel.music.library import Library
from moodreel.music.ranking import rank

UNKNOWN_SOUND = -1
"""The sound of a video that was not in the training."""


def music_of_windows(
    windows: pl.DataFrame, clusters: np.ndarray, places: np.ndarray, library: Library | None
) -> pl.DataFrame:
    """The table MODEL_MUSIC: those of `windows` during which music of the `library` sounds, with their `places`."""
    spans = windows.select("video", "start_s", "end_s").iter_rows()
    sounds = [library is not None and library.sounds_at(*span) for span in spans]
    table = windows.select(track="video", start_s="start_s", cluster=pl.Series(clusters, dtype=pl.Int32))
    return table.with_columns(pl.Series(f"c{i}", column) for i, column in enumerate(places.T)).filter(pl.Series(sounds))


def add_music(
    table: pl.DataFrame, prediction: Prediction | None, music: pl.DataFrame, sounds: Mapping[str, int]
) -> pl.DataFrame:
    """The table APPLIED with the best track of each window's cluster; of the nearest centre's where no clusters were
    learnt.

    `music`: MODEL_MUSIC; `sounds`: the number of each training video's sound.
    """
    columns = {"track": pl.String, "track_start_s": pl.Float64, "track_score": pl.Float64, "track_reason": pl.String}
    if prediction is None or music.is_empty():
        return table.with_columns(pl.lit(None, kind).alias(name) for name, kind in columns.items())
    clusters = np.where(prediction.cluster > 0, prediction.cluster, prediction.nearest)
    classified = table.filter(pl.col("reason").is_null()).select("video", "start_s")
    video = classified["video"][0]
    pairs = rank(
        classified,
        ByFeatures(clusters, prediction.places, music),
        {**sounds, video: sounds.get(video, UNKNOWN_SOUND)},
        ranks=1,
    ).select("start_s", track="track", track_start_s="track_start_s", track_score="score", track_reason="reason")
    return table.join(pairs, on="start_s", how="left", maintain_order="left")
