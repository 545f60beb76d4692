"""The input of an evaluation: features, windows, their clusters and folds, and how clusters are made."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

import numpy as np
import polars as pl

from moodreel.classify.held_out import HeldOut
from moodreel.errors import UserError
from moodreel.features.matrix import FeatureMatrix
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.features import FeaturesSettings

WINDOW = ["video", "window"]
"""The columns that identify a window in every table."""


class Pipeline(Protocol):
    """From features to `k_` clusters, fitted on some windows (table WINDOWS) and applied, frozen, to others."""

    k_: int

    def fit(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> Pipeline:
        """Fit on the rows in `windows` only. Raises UserError when these are too few or nothing moves."""

    def assign(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> np.ndarray:
        """The number of the nearest cluster of each window, from 1, shape (windows,)."""


NewPipeline = Callable[[int | None], Pipeline]
"""Makes an unfitted pipeline for a number of clusters; None: that of the settings."""


def no_pipeline(_: int | None) -> NoReturn:
    """A `NewPipeline` for an evaluation that makes no clusters."""
    raise AssertionError("no clusters are made")


@dataclass(frozen=True)
class EvaluationInput:
    """The input of an evaluation.

    `windows` are the kept rows of table WINDOWS and `clusters` (windows,) int their clusters from the full data;
    `rate_hz` is the rate of the series that classifiers see. `held_out`: the features of folds by video; None: those in
    `matrix`.
    """

    matrix: FeatureMatrix
    windows: pl.DataFrame
    clusters: np.ndarray
    new_pipeline: NewPipeline
    features: FeaturesSettings
    rate_hz: float
    settings: ClassifySettings
    held_out: HeldOut | None = None


def clusters_of(windows: pl.DataFrame, clusters: pl.DataFrame) -> np.ndarray:
    """The number (windows,) in the table CLUSTERS of each of `windows`. Raises UserError when some have none there."""
    found = windows.join(clusters, on=WINDOW, how="left", maintain_order="left")["cluster"]
    if found.null_count():
        raise UserError(
            f"clusters.parquet: {found.null_count()} of the {len(windows)} kept windows have no cluster there: it "
            "belongs to another windows.parquet. Delete it and run again."
        )
    return found.to_numpy()


def fold_of(windows: pl.DataFrame, folds: pl.DataFrame, group: str) -> np.ndarray | None:
    """The fold (windows,) in the table FOLDS in which each of `windows` is tested; None where `group` was left out.

    Raises UserError when some windows have a fold and others none.
    """
    own = folds.filter(pl.col("group") == group)
    if own.is_empty():
        return None
    found = windows.join(own, on=WINDOW, how="left", maintain_order="left")["fold"]
    if found.null_count():
        raise UserError(
            f"folds.parquet: {found.null_count()} of the {len(windows)} kept windows have no fold by {group} there: it "
            "belongs to another windows.parquet. Delete it and run again."
        )
    return found.to_numpy()


NAMED = 5
"""Columns that a note names; it gives the number of any more."""


def notes_on_columns(means: np.ndarray, columns: Sequence[str], features: FeaturesSettings) -> list[str]:
    """Notes on the columns of `means` (bins, columns), NaN where not visible, that are constant or hardly ever
    visible."""
    visible = np.mean(~np.isnan(means), axis=0) if len(means) else np.zeros(len(columns))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column that is never visible
        constant = np.fmin.reduce(means) == np.fmax.reduce(means) if len(means) else np.zeros(len(columns), bool)
    unseen, notes = (visible == 0) | (visible < features.min_seen_share), []
    if unseen.any():
        notes.append(
            f"{_named(columns, unseen)}: seen in less than features.min_seen_share = {features.min_seen_share:g} of "
            "the bins, and left out"
        )
    if (constant & ~unseen).any():
        notes.append(
            f"{_named(columns, constant & ~unseen)}: the same in every bin, so that nothing can be learnt from it; "
            "features.groups says which are used"
        )
    return notes


def _named(columns: Sequence[str], which: np.ndarray) -> str:
    names = [name for name, wanted in zip(columns, which, strict=True) if wanted]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)} of {len(columns)} columns ({', '.join(names[:NAMED])}{more})"
