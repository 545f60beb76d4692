"""The protocol grouped by video, without what test videos tell of a neutral face.

Action units are measured against a neutral face that is found over all videos of a performer (`face.neutral`): a test
video has a part in what the training videos look like, and they in what it looks like. In each fold by video, the units
of such performers are therefore measured anew, against the neutral face of their training videos; a test video whose
performer is in none of these is measured against its own. Nothing of the kind is needed in folds by performer: who is
held out has a neutral face of their own held-out videos, and none of them was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.errors import UserError
from moodreel.features.bins import BinIndex, bin_means
from moodreel.features.groups import GROUP_OF
from moodreel.features.matrix import FeatureMatrix
from moodreel.tables import base
from moodreel.tables.held_out import HELD_OUT

GROUP = "video"
"""What the folds keep together whose features are made anew."""

_MADE_OF_UNITS = ("action_units", "presence", "speed_action_units", "sides")


def unit_columns(columns: Sequence[str]) -> list[str]:
    """Those of the feature `columns` that depend on the neutral face."""
    return [column for column in columns if GROUP_OF[column] in _MADE_OF_UNITS]


def neutral_videos(fold_of: Mapping[str, int], owner_of: Mapping[str, Any], fold: int) -> dict[str, tuple[str, ...]]:
    """In which videos the neutral face of each video is to be found in `fold`, where not in all of its owner's.

    `fold_of`: the fold in which each video is tested; `owner_of`: whose neutral face each is measured against.
    """
    by_owner: dict[Any, list[str]] = {}
    for video in fold_of:
        by_owner.setdefault(owner_of[video], []).append(video)
    found: dict[str, tuple[str, ...]] = {}
    for videos in by_owner.values():
        learnt = tuple(video for video in videos if fold_of[video] != fold)
        if 1 < len(videos) != len(learnt):
            found |= {video: learnt or (video,) for video in videos}
    return found


def rows_of(features: pl.DataFrame, columns: list[str], first_row: int, bins: BinIndex) -> pl.DataFrame:
    """A video's rows of HELD_OUT but for the fold: means of `columns` in its `features` (`per_video.video_features`),
    whose first row is `first_row` of features.parquet, over those of `bins` that lie in it.

    Raises UserError where a bin goes beyond the video.
    """
    own = bins.first_row[slice(*np.searchsorted(bins.first_row, (first_row, first_row + len(features))))]
    if len(own) and own[-1] + bins.rows > first_row + len(features):
        raise UserError(
            "windows.parquet has bins that the face and pose tables have not: they have changed since. Run again."
        )
    values = features.select(columns).fill_null(float("nan")).to_numpy()
    means = bin_means(values, replace(bins, first_row=own - first_row))
    return pl.DataFrame({"first_row": own, **dict(zip(columns, means.T, strict=True))}, nan_to_null=True)


@dataclass(frozen=True)
class HeldOut:
    """A held_out.parquet, checked; one fold of it is read at a time. `notes` say what is in it."""

    path: Path
    notes: tuple[str, ...]

    def matrix(self, matrix: FeatureMatrix, fold: int) -> FeatureMatrix:
        """`matrix`, which holds means over bins, as `fold` may know it: the same where nothing in it was made anew.

        Raises UserError where the file is of other bins or columns.
        """
        units = unit_columns(matrix.columns)
        table = self._read(fold) if units else pl.DataFrame()
        if table.is_empty():
            return matrix
        columns = [name for name in table.columns if name in matrix.columns]
        first_row = table["first_row"].to_numpy()
        assert matrix.first_row is not None  # they are means
        rows = np.minimum(np.searchsorted(matrix.first_row, first_row), len(matrix.first_row) - 1)
        if (matrix.first_row[rows] != first_row).any() or columns != units:
            raise UserError(f"{self.path}: it belongs to another features.parquet. Delete it and run again.")
        values = matrix.values.copy()
        places = [matrix.columns.index(name) for name in columns]
        values[rows[:, None], places] = table.select(columns).fill_null(float("nan")).to_numpy()
        return replace(matrix, values=values)

    def _read(self, fold: int) -> pl.DataFrame:
        with pq.ParquetFile(self.path) as file:
            place = file.schema_arrow.names.index("fold")
            groups = [n for n in range(file.num_row_groups) if _holds(file.metadata.row_group(n).column(place), fold)]
            table = base.polars_frame(file.read_row_groups(groups))
        return table.filter(pl.col("fold") == fold)


def _holds(chunk: pq.ColumnChunkMetaData, value: int) -> bool:
    """Whether part of a column may hold the value, by what the file says of it."""
    statistics = chunk.statistics
    return statistics is None or not statistics.has_min_max or statistics.min <= value <= statistics.max


def open_held_out(path: Path | None) -> HeldOut | None:
    """The held_out.parquet at `path`; None where there is none. Raises UserError when it is no such table."""
    if path is None:
        return None
    base.read(path, HELD_OUT, columns=["fold"])
    return HeldOut(path, tuple(base.read_stamp(path)["notes"]))
