"""Which windows are tested together: the folds of both protocols."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
from sklearn.model_selection import BaseCrossValidator, LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold

from moodreel.settings.classify import ClassifySettings
from moodreel.tables.classify import FOLDS

PROTOCOL = {"window": "paper", "video": "grouped", "performer": "grouped"}
"""What a fold keeps together, and the protocol that this belongs to."""

FEW_PERFORMERS = 5
"""With fewer performers than this each of them is a fold."""


def make_folds(windows: pl.DataFrame, settings: ClassifySettings) -> tuple[pl.DataFrame, list[str]]:
    """The folds (table FOLDS) of the kept `windows` (table WINDOWS), and notes.

    Shuffled, and stratified by label where there are labels; never by cluster, since clusters are made from the test
    windows too. Notes say what was left out or done otherwise, and why; a group that is left out has no rows.
    """
    parts, notes = [_NONE], _notes_on_labels(windows["label"], settings.folds)
    for group in ("window", *settings.groups):
        fold, note = _over_windows(windows, settings) if group == "window" else _over_groups(group, windows, settings)
        if note:
            notes.append(f"{PROTOCOL[group]}/{group}: {note}")
        if len(fold):
            head = pl.lit(PROTOCOL[group]).alias("protocol"), pl.lit(group).alias("group")
            parts.append(windows.select(*head, pl.Series("fold", fold, pl.Int32), "video", "window", "start_s"))
    return pl.concat(parts), notes


_NONE, _NO_FOLDS = pl.from_arrow(FOLDS.empty()), np.empty(0, dtype=int)


def _over_windows(windows: pl.DataFrame, settings: ClassifySettings) -> tuple[np.ndarray, str]:
    count = min(settings.folds, len(windows))
    if count < 2:
        return _NO_FOLDS, f"left out, since there is no second window ({len(windows)} kept)"
    split = StratifiedKFold(count, shuffle=True, random_state=settings.seed)
    return _numbers(split, _strata(windows["label"], count)), _fewer(count, "windows", settings)


def _over_groups(group: str, windows: pl.DataFrame, settings: ClassifySettings) -> tuple[np.ndarray, str]:
    groups = windows[group].to_numpy()
    present = windows[group].n_unique()
    if present < 2:
        return _NO_FOLDS, f"left out, since all windows are of one {group}"
    if group == "performer":
        if windows.select("video", "performer").n_unique() == present == windows["video"].n_unique():
            return _NO_FOLDS, "left out, since each performer is seen in one video only: the same as by video"
        if present < FEW_PERFORMERS:
            fold = _numbers(LeaveOneGroupOut(), np.zeros(len(windows)), groups)
            return fold, f"{present} performers: each is a fold"
    count = min(settings.folds, present)
    split = StratifiedGroupKFold(count, shuffle=True, random_state=settings.seed)
    return _numbers(split, _strata(windows["label"], count), groups), _fewer(count, f"{group}s", settings)


def _fewer(count: int, what: str, settings: ClassifySettings) -> str:
    return (
        f"{count} folds, since there are no more {what}; classify.folds = {settings.folds}"
        if count < settings.folds
        else ""
    )


def _strata(labels: pl.Series, folds: int) -> np.ndarray:
    """The labels as numbers; all one where none is as frequent as there are folds, which scikit-learn refuses."""
    _, codes, counts = np.unique(labels.fill_null("").to_numpy(), return_inverse=True, return_counts=True)
    return codes if counts.max() >= folds else np.zeros(len(codes), dtype=int)


def _numbers(split: BaseCrossValidator, strata: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """The fold (windows,) in which each window is tested, from 0."""
    fold = np.full(len(strata), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # small classes are named in the notes
        for number, (_, test) in enumerate(split.split(np.zeros(len(strata)), strata, groups)):
            fold[test] = number
    return np.unique(fold, return_inverse=True)[1]  # without gaps, should a fold be empty


def _notes_on_labels(labels: pl.Series, folds: int) -> list[str]:
    if labels.null_count() == len(labels):
        return ["no window has a label, so label accuracy is left out: it needs an `emotion` in the table of videos"]
    small = labels.drop_nulls().value_counts().filter(pl.col("count") < folds).sort(labels.name)
    if not len(small):
        return []
    names = ", ".join(f"{label!r} ({count})" for label, count in small.iter_rows())
    return [f"labels on fewer windows than classify.folds = {folds}, so that not every fold tests them: {names}"]
