"""The feature grid of all kept videos as one array, the form in which embedding and classifiers take it.

At the size of a real study the grid itself takes gigabytes, but only means over short bins are embedded and learnt:
`features.bins.read` computes these while it reads, and keeps nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.errors import Missing
from moodreel.features.groups import GROUPS
from moodreel.tables import base
from moodreel.tables.features import FEATURES

BATCH_ROWS = 8192
"""Rows of the grid read at a time: 26 MB for 788 columns."""


@dataclass(frozen=True)
class FeatureMatrix:
    """Features on the time grid, videos one after the other.

    Attributes:
        values: float32, shape (rows, columns), NaN where not visible.
        columns: names of the columns.
        video: int32, shape (rows,): index into `videos`.
        videos: ids of the videos, in the order of the rows.
        time_s: float64, shape (rows,): grid time since the file's first frame.
        rate_hz: rows of the grid per second; None where each video is one window at a pace of its own.
        first_row: None where the rows are the grid's. Where each is a mean over `mean_of` rows of the grid: int64,
            shape (rows,), rising, the first of them.
        mean_of: 1, or rows of the grid that each row is a mean over.
    """

    values: np.ndarray
    columns: tuple[str, ...]
    video: np.ndarray
    videos: tuple[str, ...]
    time_s: np.ndarray
    rate_hz: float | None
    first_row: np.ndarray | None = None
    mean_of: int = 1

    def select(self, groups: Sequence[str]) -> FeatureMatrix:
        """The same rows with only the columns of `groups` (names in `features.groups`).

        Raises UserError when none of them is there.
        """
        wanted = _columns_of(groups, self.columns)
        if wanted == list(self.columns):
            return self
        places = [self.columns.index(c) for c in wanted]
        return replace(self, values=self.values[:, places], columns=tuple(wanted))

    def owners(self, windows: pl.DataFrame, by: str) -> np.ndarray:
        """The owner of each row, shape (rows,), str: the performer named in `windows` or, for `by` "video", the
        video."""
        names = list(self.videos)
        if by != "video":
            performer = dict(windows.select("video", "performer").unique("video").iter_rows())
            names = [performer.get(name, name) for name in names]
        return np.array(names, dtype=object)[self.video]


@dataclass(frozen=True)
class Batch:
    """Some rows of features.parquet: `values` float32 (rows, columns), NaN where not visible, `time_s` (rows,) in s,
    `video` (rows,) ids."""

    values: np.ndarray
    time_s: np.ndarray
    video: pl.Series


@dataclass(frozen=True)
class FeatureFile:
    """A checked features.parquet, to be read in batches: its `columns` in the order of the requested groups, the number
    of its `rows`, and `rate_hz`."""

    path: Path
    columns: tuple[str, ...]
    rows: int
    rate_hz: float | None

    def batches(self) -> Iterator[Batch]:
        """All rows in order, some thousand at a time."""
        visible: pl.Expr | list[pl.Expr] = pl.col(self.columns).fill_null(float("nan")) if self.columns else []
        rows = pl.scan_parquet(self.path).select(pl.col("video").cast(pl.String), "time_s", visible)
        for frame in rows.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
            values = frame.select(self.columns).to_numpy(order="c") if self.columns else np.empty((len(frame), 0))
            yield Batch(values.astype(np.float32, copy=False), frame["time_s"].to_numpy(), frame["video"])


def open_features(path: str | Path, groups: Sequence[str] | None = None) -> FeatureFile:
    """The features.parquet at `path`, all its columns or those of `groups`.

    Raises UserError when it is not such a table, or has no column of the groups.
    """
    stamp = base.read_stamp(path)
    base.read(path, FEATURES, columns=["valid"])  # checks that it is this table and version
    with pq.ParquetFile(path) as file:
        present, rows = file.schema_arrow.names, file.metadata.num_rows
    columns = [n for n in present if n not in FEATURES.names]
    if groups is not None:
        columns = _columns_of(groups, columns)
    return FeatureFile(Path(path), tuple(columns), rows, stamp["rate_hz"])


def codes_of(video: pl.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    """For ids (rows,) whose equal ones follow each other, the number of each, int32 (rows,), and the different ids."""
    return video.rle_id().cast(pl.Int32).to_numpy(), tuple(video.unique(maintain_order=True).to_list())


def read(path: str | Path, groups: Sequence[str] | None = None) -> FeatureMatrix:
    """Read features.parquet, all its columns or those of `groups`; only the result is held in memory, once."""
    file = open_features(path, groups)
    values, times = np.empty((file.rows, len(file.columns)), np.float32), np.empty(file.rows)
    names, at = [pl.Series([], dtype=pl.String)], 0
    for batch in file.batches():
        span = slice(at, at + len(batch.time_s))
        values[span], times[span] = batch.values, batch.time_s
        names.append(batch.video)
        at = span.stop
    code, videos = codes_of(pl.concat(names))
    return FeatureMatrix(values, file.columns, code, videos, times, file.rate_hz)


def _columns_of(groups: Sequence[str], present: Sequence[str]) -> list[str]:
    """The columns of `groups` that are among those `there`, in the groups' order. Raises Missing when none is."""
    known = set(present)
    wanted = [c for g in groups for c in GROUPS[g].columns if c in known]
    if not wanted:
        raise Missing(
            f"features.groups = {list(groups)}: none of their columns was seen in any video. Choose other groups "
            f"(there are {', '.join(GROUPS)}) or check the extraction's tables."
        )
    return wanted
