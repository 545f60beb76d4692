"""Which windows are tested together: the folds of both protocols."""

import warnings

import numpy as np
import polars as pl
from sklearn.model_selection import BaseCrossValidator, KFold, LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold

from moodreel.classify.jobs import PROTOCOL
from moodreel.features.recordings import joined
from moodreel.settings.classify import ClassifySettings
from moodreel.tables import base
from moodreel.tables.classify import FOLDS

PAPER_GROUPS = {"shuffled": "window", "in_order": "window_in_order"}
"""The folds over windows: their names in `classify.paper_folds`, and those in the tables."""

FEW_PERFORMERS = 5
"""With fewer performers than this each of them is a fold."""


_RARER = ". The label that is tested is then rarer among the others: majority and shuffled labels lie below chance"


def in_order(table: pl.DataFrame) -> pl.DataFrame:
    """Sort a table of figures by labels and group of folds, the paper's protocol first; otherwise the order stays."""
    return table.sort("labels", pl.col("group").cast(pl.Enum(list(PROTOCOL))), maintain_order=True)


def make_folds(windows: pl.DataFrame, settings: ClassifySettings) -> tuple[pl.DataFrame, list[str]]:
    """The folds (table FOLDS) of the kept `windows` (table WINDOWS), and notes.

    Shuffled, and stratified by label where there are labels; never by cluster, since clusters are made from the test
    windows too. `window_in_order` is scikit-learn's plain KFold over the windows in the table's order. With as many
    folds as videos or performers each of these is a fold. Parts and copies of one recording count as one video, and
    performers who share a recording as one performer (`recordings`). Notes say what was left out or done otherwise,
    and why; a group that is left out has no rows.
    """
    together = joined(windows)
    parts, notes = [_NONE], [*_notes_on_recordings(windows), *_notes_on_labels(together, settings)]
    for group in (*(PAPER_GROUPS[name] for name in settings.paper_folds), *settings.groups):
        deal = _over_windows if PROTOCOL[group] == "paper" else _over_groups
        fold, note = deal(group, together, settings)
        if note:
            notes.append(f"{PROTOCOL[group]}/{group}: {note}")
        if len(fold):
            head = pl.lit(PROTOCOL[group]).alias("protocol"), pl.lit(group).alias("group")
            parts.append(windows.select(*head, pl.Series("fold", fold, pl.Int32), "video", "window", "start_s"))
    return pl.concat(parts), notes


_NONE, _NO_FOLDS = base.polars_frame(FOLDS.empty()), np.empty(0, dtype=int)


def _over_windows(group: str, windows: pl.DataFrame, settings: ClassifySettings) -> tuple[np.ndarray, str]:
    wanted = settings.paper_fold_count or settings.folds
    count = min(wanted, len(windows))
    if count < 2:
        return _NO_FOLDS, f"left out, since there is no second window ({len(windows)} kept)"
    setting = f"classify.{'paper_fold_count' if settings.paper_fold_count else 'folds'} = {wanted}"
    note = _each(count, "windows", setting) if len(windows) <= wanted else ""
    if group == PAPER_GROUPS["in_order"]:
        return _numbers(KFold(count), np.zeros(len(windows))), note
    split = StratifiedKFold(count, shuffle=True, random_state=settings.seed)
    return _numbers(split, _strata(windows["label"], count)), note


def _over_groups(group: str, windows: pl.DataFrame, settings: ClassifySettings) -> tuple[np.ndarray, str]:
    groups = windows[group].to_numpy()
    present = windows[group].n_unique()
    if present < 2:
        return _NO_FOLDS, f"left out, since all windows are of one {group}"
    if (
        group == "performer"
        and windows.select("video", "performer").n_unique() == present == windows["video"].n_unique()
    ):
        return _NO_FOLDS, "left out, since each performer is seen in one video only: the same as by video"
    if present <= settings.folds:
        fold = _numbers(LeaveOneGroupOut(), np.zeros(len(windows)), groups)
        note = _each(present, f"{group}s", f"classify.folds = {settings.folds}")
        return fold, note + (_RARER if windows["label"].drop_nulls().n_unique() > 1 else "")
    if group == "performer" and present < FEW_PERFORMERS:
        return _numbers(
            LeaveOneGroupOut(), np.zeros(len(windows)), groups
        ), f"each of the {present} performers is a fold"
    split = StratifiedGroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    return _numbers(split, _strata(windows["label"], settings.folds), groups), ""


def _each(count: int, what: str, setting: str) -> str:
    return f"each of the {count} {what} is a fold, since {setting} and there are no more"


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


def _notes_on_recordings(windows: pl.DataFrame) -> list[str]:
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


def _notes_on_labels(windows: pl.DataFrame, settings: ClassifySettings) -> list[str]:
    known = windows.filter(pl.col("label").is_not_null())
    if known.is_empty():
        return ["no window has a label, so label accuracy is left out: it needs an `emotion` in the table of videos"]
    each = known.group_by("label").agg(pl.len().alias("windows"), pl.col("video").n_unique().alias("videos"))
    if len(each) == 1:
        return [
            f"every labelled window is {each['label'].item()!r}, so that there is nothing to tell apart: label "
            "accuracy needs videos with another `emotion` in the table of videos"
        ]
    each, notes = each.sort("label"), []
    alone = each.filter(pl.col("videos") == 1)
    if len(alone) and "video" in settings.groups:
        notes.append(
            "grouped/video: labels that one video only has are never learnt where they are tested; give more videos "
            f"that `emotion` in the table of videos, or fewer labels: {_listed(alone)}"
        )
    small = each.filter(pl.col("windows") < settings.folds)
    if len(small) and settings.folds < windows["video"].n_unique():
        notes.append(
            f"labels on fewer windows than classify.folds = {settings.folds}, so that not every fold tests them: "
            f"{_listed(small)}"
        )
    return notes


def _listed(labels: pl.DataFrame) -> str:
    return ", ".join(f"{label!r} ({count})" for label, count in labels.select("label", "windows").iter_rows())
