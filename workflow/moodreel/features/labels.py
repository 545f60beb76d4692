"""Adds labels to windows, where these are known."""

import polars as pl

from moodreel.errors import UserError


def add_labels(windows: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """`windows` (table WINDOWS, or some of its rows) with their `label` by the table LABELS, null where it is unknown.

    Raises UserError when LABELS has no row for one of them.
    """
    known = labels.select("video", "window", "label", in_labels=True)
    found = windows.join(known, on=["video", "window"], how="left", maintain_order="left")
    if absent := found["in_labels"].null_count():
        raise UserError(
            f"labels.parquet: {absent} of {len(windows)} windows have no row there: it belongs to another "
            "windows.parquet. Delete it and run again."
        )
    return found.drop("in_labels")
