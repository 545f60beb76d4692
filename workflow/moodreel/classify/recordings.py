"""Notes on the videos and performers that folds cannot separate."""

import polars as pl

from moodreel.features.recordings import joined


def notes_on_recordings(windows: pl.DataFrame) -> list[str]:
    """Which videos and performers of `windows` are kept together because they share recordings."""
    together, notes = joined(windows), []
    videos, recordings = windows["video"].n_unique(), together["video"].n_unique()
    if recordings < videos:
        notes.append(
            f"grouped/video: {videos} videos are parts or copies of {recordings} recordings; those of one recording "
            "are in one fold"
        )
    performers, groups = windows["performer"].n_unique(), together["performer"].n_unique()
    if groups < performers:
        notes.append(
            f"grouped/performer: {performers} performers are {groups} groups without a recording in common; a group is "
            "in one fold"
        )
    return notes
