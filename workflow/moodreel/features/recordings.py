"""What cannot be separated: parts and copies of one recording, and performers who share a recording. They are in one
fold, and are resampled and counted as one."""

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def joined(windows: pl.DataFrame) -> pl.DataFrame:
    """`windows` (table WINDOWS) with one name for what cannot be separated: `video` is the recording, and `performer`
    the first of the performers who are linked by recordings that they share. Where `recording` is null or
    absent, each video is one of its own."""
    if "recording" not in windows.columns:
        return windows
    recording = pl.coalesce("recording", "video")
    windows = windows.with_columns(recording.alias("recording"), recording.alias("video"))
    pairs = windows.select("video", "performer").unique(maintain_order=True)
    video, performer = (pairs[column].rank("dense").to_numpy() - 1 for column in pairs.columns)
    videos, performers = pairs["video"].n_unique(), pairs["performer"].n_unique()
    shared = coo_array((np.ones(len(pairs)), (video, videos + performer)), shape=(videos + performers,) * 2)
    _, group = connected_components(shared, directed=False)
    linked = pairs.select("performer", first=pl.col("performer").first().over(pl.Series(group[videos + performer])))
    return windows.with_columns(pl.col("performer").replace(*linked.unique()))
