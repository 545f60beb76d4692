"""What the frames of a video show."""

import numpy as np
import polars as pl

UNREAD = ("not_imported", "not_read")
"""Statuses of frames that were not analysed: what they show is unknown."""


def was_read(table: pl.DataFrame) -> np.ndarray:
    """Whether each row of a POSE or FACE table is of a frame that was analysed: bool."""
    return ~table["status"].is_in(UNREAD).to_numpy().astype(bool)


def frames_read(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a POSE or FACE table whose frames were analysed; the table itself, uncopied, where all were."""
    read = was_read(table)
    return table if read.all() else table.filter(read)


def shows_face(face: pl.DataFrame, min_confidence: float = 0.0) -> np.ndarray:
    """Whether each row of a FACE table shows a face of at least `min_confidence`, where its confidence is known:
    bool."""
    sure = pl.col("confidence").fill_null(1.0) >= min_confidence if min_confidence else pl.lit(True)
    return face.select((pl.col("status") == "ok") & sure).to_series().to_numpy().astype(bool)
