"""Which frames of a video show what."""

import numpy as np
import polars as pl

UNREAD = ("not_imported", "not_read")
"""Statuses of frames that nobody looked at: there is no telling what they show."""


def shows_face(face: pl.DataFrame, min_confidence: float = 0.0) -> np.ndarray:
    """Whether each row of a FACE table shows a face that is as sure as that, where its confidence is known: bool."""
    sure = pl.col("confidence").fill_null(1.0) >= min_confidence if min_confidence else pl.lit(True)
    return face.select((pl.col("status") == "ok") & sure).to_series().to_numpy().astype(bool)
