"""Tables of the rows of frames.

They are made with polars: `pyarrow.array` would import pandas, which takes longer than the rest of a job's start.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl

from moodreel.extraction.person_tracker import Row
from moodreel.face_crops import writing
from moodreel.pose.body25 import COLUMNS
from moodreel.tables.base import ROW_GROUP_ROWS
from moodreel.tables.extraction import BLENDSHAPES, BODY_25, MESH_POINTS


def groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Successive rows in lists of a table's row group, the last one shorter."""
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) == ROW_GROUP_ROWS:
            yield held
            held = []
    if held:
        yield held


def pose_table(rows: Sequence[Row]) -> pl.DataFrame:
    """The POSE table of `rows`; NaN in a pose becomes null."""
    body = np.full((len(rows), len(BODY_25), 3), np.nan, np.float32)
    for index, row in enumerate(rows):
        if row.pose.points is not None:
            body[index] = row.pose.points
    return pl.DataFrame(
        {
            **_frame_columns(rows),
            "cut": [row.cut for row in rows],
            "status": [row.pose.status for row in rows],
            "people_seen": pl.Series([row.pose.people_seen for row in rows], dtype=pl.Int16),
            "confidence": pl.Series([row.pose.confidence for row in rows], dtype=pl.Float32),
            **dict(zip(COLUMNS, body.reshape(len(rows), len(COLUMNS)).T, strict=True)),
        }
    ).with_columns(pl.col(COLUMNS).fill_nan(None))


def mesh_table(rows: Sequence[Row]) -> pl.DataFrame:
    """The MESH table of `rows`."""
    points = np.zeros((3, len(rows), MESH_POINTS), np.float32)
    scores = np.zeros((len(rows), len(BLENDSHAPES)), np.float32)
    for index, row in enumerate(rows):
        if row.mesh.points is not None:
            points[:, index] = row.mesh.points.T
        if row.mesh.blendshapes is not None:
            scores[index] = row.mesh.blendshapes
    visible = pl.Series([row.mesh.points is not None for row in rows])
    scored = pl.Series([row.mesh.blendshapes is not None for row in rows])
    return pl.DataFrame(
        {
            **_frame_columns(rows),
            "status": [row.mesh.status for row in rows],
            "confidence": pl.Series([row.mesh.confidence for row in rows], dtype=pl.Float32),
            **dict(zip("xyz", points, strict=True)),
            "blendshapes": scores,
        }
    ).with_columns(pl.when(visible).then(pl.col(*"xyz")), pl.when(scored).then(pl.col("blendshapes")))


def crops_table(rows: Sequence[Row], which: int) -> pl.DataFrame:
    """The FACE_CROPS table of `rows` by the cutter at index `which`."""
    return writing.table(writing.Row(row.frame, row.time_s, row.mesh.status, row.crops[which]) for row in rows)


def _frame_columns(rows: Sequence[Row]) -> dict[str, pl.Series]:
    return {
        "frame": pl.Series([row.frame for row in rows], dtype=pl.Int32),
        "time_s": pl.Series([row.time_s for row in rows], dtype=pl.Float64),
    }
