"""What cannot be separated: parts and copies of one recording, and performers who share a recording. They are in one
fold, and are resampled and counted as one."""

import polars as pl


def joined(windows: pl.DataFrame) -> pl.DataFrame:
    """`windows` (table WINDOWS) with one name for what cannot be separated: `video` is the recording, and `performer`
    one of the performers who are linked by recordings that they share. Where `recording` is null or
    absent, each video is one of its own."""
    if "recording" not in windows.columns:
        return windows
    windows = windows.with_columns(recording=pl.coalesce("recording", "video"))
    linked: dict[str, str] = {}  # each performer's way to the one who stands for all
    first_of: dict[str, str] = {}
    for recording, performer in windows.select("recording", "performer").unique(maintain_order=True).iter_rows():
        linked.setdefault(performer, performer)
        linked[_end(linked, performer)] = _end(linked, first_of.setdefault(recording, performer))
    names = {performer: _end(linked, performer) for performer in linked}
    return windows.with_columns(video=pl.col("recording"), performer=pl.col("performer").replace(names))


def _end(linked: dict[str, str], performer: str) -> str:
    while linked[performer] != performer:
        performer = linked[performer]
    return performer
