"""Makes rows of the FACE table from the faces in an imported file."""

from collections.abc import MutableMapping

import numpy as np
import polars as pl

from moodreel.tables.base import polars_schema
from moodreel.tables.face import FACE

LANDMARKS_TO_MESH = 1.19
"""Height of the mesh's box (top of the forehead to chin) in that of the 68 landmarks (brows to chin): 1.189 on the
average head (face.head_pose.CANONICAL_HEAD), median 1.193 in 441 frames of one clip that both were found in (5th to
95th percentile 1.17 to 1.21)."""


def face_rows(
    frames: np.ndarray,
    times_s: np.ndarray | None,
    visible: np.ndarray,
    confidence: np.ndarray | None,
    measured: MutableMapping[str, np.ndarray],
    rows: np.ndarray,
) -> pl.DataFrame:
    """FACE's columns in order of the frames.

    frames: (n,), from 0, rising. times_s: (n,), the file's own, or None. visible: bool (n,); other rows have the
    status `no_face` and null for all that is measured. measured: by column (rows of the file,); NaN is null, and so is
    every column that is not given. It is used up, since a long file would not fit in memory twice. rows: (n,), the
    row of the file for each frame.
    """
    kinds = polars_schema(FACE)

    def column(name: str, values: np.ndarray) -> pl.Series:
        return pl.Series(name, values).fill_nan(None).cast(kinds[name])

    known = [pl.Series("frame", frames.astype(np.int32)).cast(kinds["frame"])]
    for name, values in (("time_s", times_s), ("confidence", confidence)):
        known += [column(name, values)] if values is not None else []
    known += [
        column(name, np.where(visible, measured.pop(name)[rows], np.float32(np.nan)))
        for name in FACE.names
        if name in measured
    ]
    status = pl.when(pl.Series(visible)).then(pl.lit("ok")).otherwise(pl.lit("no_face")).alias("status")
    table = pl.DataFrame(known).with_columns(status)
    empty = [pl.lit(None, kinds[name]).alias(name) for name in FACE.names if name not in table.columns]
    return table.with_columns(empty).select(FACE.names)
