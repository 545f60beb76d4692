"""The feature grid of all kept videos as one array, the form in which embedding and classifiers take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.errors import UserError
from moodreel.features.groups import GROUPS
from moodreel.tables import base
from moodreel.tables.features import FEATURES


@dataclass(frozen=True)
class FeatureMatrix:
    """Features on the time grid, videos one after the other.

    Attributes:
        values: float32, shape (rows, columns), NaN where not seen.
        columns: names of the columns.
        video: int32, shape (rows,): index into `videos`.
        videos: ids of the videos, in the order of the rows.
        time_s: float64, shape (rows,): grid time since the file's first frame.
        rate_hz: rows per second.
    """

    values: np.ndarray
    columns: tuple[str, ...]
    video: np.ndarray
    videos: tuple[str, ...]
    time_s: np.ndarray
    rate_hz: float

    def select(self, groups: Sequence[str]) -> FeatureMatrix:
        """The same rows with only the columns of `groups` (names in `features.groups`).

        Raises UserError when none of them is there.
        """
        wanted = [c for g in groups for c in GROUPS[g].columns if c in self.columns]
        if not wanted:
            raise UserError(
                f"features.groups = {list(groups)}: none of their columns was seen in any video. Choose other groups "
                f"(there are {', '.join(GROUPS)}) or check the extraction's tables."
            )
        places = [self.columns.index(c) for c in wanted]
        return FeatureMatrix(self.values[:, places], tuple(wanted), self.video, self.videos, self.time_s, self.rate_hz)

    def owners(self, windows: pl.DataFrame, by: str) -> np.ndarray:
        """Whose each row is, shape (rows,), str: the performer named in `windows` or, for `by` "video", the video."""
        names = list(self.videos)
        if by != "video":
            performer = dict(windows.select("video", "performer").unique("video").iter_rows())
            names = [performer.get(name, name) for name in names]
        return np.array(names, dtype=object)[self.video]


def read(path: str | Path, groups: Sequence[str] | None = None) -> FeatureMatrix:
    """Read features.parquet, all its columns or those of `groups`; only the result is held in memory, once."""
    stamp = base.read_stamp(path)
    base.read(path, FEATURES, columns=["video"])  # checks that it is this table and version
    with pq.ParquetFile(path) as file:
        there = file.schema_arrow.names
        columns = [n for n in there if n not in FEATURES.names]
        if groups is not None:
            columns = [c for g in groups for c in GROUPS[g].columns if c in columns]
        rows = file.metadata.num_rows
        values = np.empty((rows, len(columns)), np.float32)
        times, names, at = np.empty(rows), [], 0
        for batch in file.iter_batches(batch_size=base.ROW_GROUP_ROWS, columns=["video", "time_s", *columns]):
            frame = pl.from_arrow(batch)
            span = slice(at, at + len(frame))
            values[span] = frame.select(columns).fill_null(float("nan")).to_numpy() if columns else 0
            times[span] = frame["time_s"].to_numpy()
            names.append(frame["video"].cast(pl.String))
            at += len(frame)
    video = pl.concat(names) if names else pl.Series([], dtype=pl.String)
    videos = video.unique(maintain_order=True).to_list()
    code = video.rle_id().cast(pl.Int32).to_numpy()  # a video's rows are consecutive
    matrix = FeatureMatrix(values, tuple(columns), code, tuple(videos), times, float(stamp["rate_hz"]))
    return matrix if groups is None else matrix.select(groups)
