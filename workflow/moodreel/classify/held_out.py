"""The protocol grouped by video, with neutral faces found without the test videos.

Action units are measured against a neutral face that is found over all videos of a performer (`face.neutral`): a test
video affects the features of the training videos, and they affect its own. In each fold by video, the units of such
performers are therefore measured again, against the neutral face of their training videos; a test video whose performer
is in none of these is measured against its own. Folds by performer need nothing of the kind: the neutral face of a
held-out performer is found in held-out videos only.
"""

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
"""What those folds keep together whose features are computed again."""

_MADE_OF_UNITS = ("action_units", "presence", "speed_action_units", "sides")


def unit_columns(columns: Sequence[str]) -> list[str]:
    """Those of the feature `columns` that depend on the neutral face."""
    return [column for column in columns if GROUP_OF[column] in _MADE_OF_UNITS]


def neutral_videos(fold_of: Mapping[str, int], owner_of: Mapping[str, Any], fold: int) -> dict[str, tuple[str, ...]]:
    """By video, the videos in which its neutral face is to be found in `fold`, where these are not all of its owner's.

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
    """A video's rows of HELD_OUT without the column `fold`: means of `columns` in its `features`
    (`per_video.video_features`), whose first row is `first_row` of features.parquet, over those of `bins` that lie in
    it.

    Raises UserError where a bin goes beyond the video.
    """
    own = bins.first_row[slice(*np.searchsorted(bins.first_row, (first_row, first_row + len(features))))]
    if len(own) and own[-1] + bins.rows > first_row + len(features):
        raise UserError(
            "windows.parquet has bins beyond the face and pose tables, which have changed since. Run again."
        )
    values = features.select(columns).fill_null(float("nan")).to_numpy()
    means = bin_means(values, replace(bins, first_row=own - first_row))
    return pl.DataFrame({"first_row": own, **dict(zip(columns, means.T, strict=True))}, nan_to_null=True)


@dataclass(frozen=True)
class HeldOut:
    """A checked held_out.parquet, read one fold at a time. `notes` describe its contents."""

    path: Path
    notes: tuple[str, ...]

    def matrix(self, matrix: FeatureMatrix, fold: int) -> FeatureMatrix:
        """`matrix`, which holds means over bins, with the values of `fold`; `matrix` itself when the fold has none of
        its own.

        Raises UserError when the file is of other bins or columns.
        """
        units = unit_columns(matrix.columns)
        table = self._read(fold) if units else pl.DataFrame()
        if table.is_empty():
            return matrix
        columns = [name for name in table.columns if name in matrix.columns]
        first_row = table["first_row"].to_numpy()
        assert matrix.first_row is not None  # the rows are means
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
    """Whether part of a column may hold the value, by the file's statistics."""
    statistics = chunk.statistics
    return statistics is None or not statistics.has_min_max or statistics.min <= value <= statistics.max


def open_held_out(path: Path | None) -> HeldOut | None:
    """The held_out.parquet at `path`; None where there is none. Raises UserError when it is not such a table."""
    if path is None:
        return None
    base.read(path, HELD_OUT, columns=["fold"])
    return HeldOut(path, tuple(base.read_stamp(path)["notes"]))
