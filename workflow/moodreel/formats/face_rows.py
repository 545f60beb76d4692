"""Makes rows of the FACE table from the faces in an imported file."""

from collections.abc import Mapping

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
    measured: Mapping[str, np.ndarray],
) -> pl.DataFrame:
    """FACE's columns in order of the frames.

    frames: (n,), from 0. times_s: (n,), the file's own, or None. visible: bool (n,); other rows have the status
    `no_face` and null for all that is measured. measured: by column (n,); NaN is null, and so is every column that is
    not given.
    """
    nothing = np.full(len(frames), np.nan)
    columns = {
        "frame": frames.astype(np.int64),
        "time_s": nothing if times_s is None else times_s,
        "status": np.where(visible, "ok", "no_face").astype(object),
        "confidence": nothing if confidence is None else confidence,
    }
    kinds = polars_schema(FACE)
    for name in FACE.names[len(columns) :]:
        columns[name] = np.where(visible, measured.get(name, nothing), np.nan)
    table = pl.DataFrame({name: pl.Series(values, strict=False) for name, values in columns.items()})
    floats = [name for name in columns if name not in ("frame", "status")]
    return table.with_columns(pl.col(floats).cast(pl.Float64).fill_nan(None)).cast(kinds).sort("frame")
