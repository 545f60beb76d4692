"""Small studies of known structure, and a quick stand-in for the cluster pipeline."""

import itertools
from collections.abc import Callable
from typing import Self

import numpy as np
import polars as pl
import pytest
from scipy.ndimage import gaussian_filter1d
from sklearn.cluster import KMeans

from moodreel.classify.evaluation_input import EvaluationInput
from moodreel.classify.series import bin_features
from moodreel.errors import UserError
from moodreel.features.groups import GROUPS
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.windows import index
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.windows import WindowsSettings

FEATURES = FeaturesSettings(groups=["action_units", "head_pose"])
COLUMNS = GROUPS["action_units"].columns + GROUPS["head_pose"].columns
UNITS = len(GROUPS["action_units"].columns)
RATE_HZ = 25.0
BIN_RATE_HZ = 5.0


class KMeansPipeline:
    """Clusters of the scaled series themselves: what ClusterPipeline does, without PCA and UMAP."""

    def __init__(self, k: int) -> None:
        self.k_ = k

    def fit(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> Self:
        if len(windows) < self.k_:
            raise UserError(f"clusters.k = {self.k_}, but there are only {len(windows)} different windows")
        features = bin_features(matrix, windows, FEATURES, BIN_RATE_HZ)
        self._scaler = features.scaler(FEATURES, np.ones(len(windows), bool))
        flat = features.series(self._scaler).reshape(len(windows), -1)
        self._means = KMeans(self.k_, n_init=3, random_state=0).fit(flat)
        return self

    def assign(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> np.ndarray:
        flat = bin_features(matrix, windows, FEATURES, BIN_RATE_HZ).series(self._scaler).reshape(len(windows), -1)
        return self._means.predict(flat) + 1


def build(
    *,
    expressions: int = 3,
    performers: int = 2,
    takes: int = 3,
    seconds: int = 6,
    amplitude: float = 3.0,
    hidden: int = len(COLUMNS),
    k: int = 3,
    labelled: bool = True,
    seed: int = 0,
    **settings: object,
) -> EvaluationInput:
    """Videos of smooth noise of so many hidden dimensions; each shows its expression, some of the action units, throughout.

    Amplitude 0 is structureless: there are no clusters, and the labels have nothing to do with the features.
    """
    rng = np.random.default_rng(seed)
    mixing = np.eye(len(COLUMNS)) if hidden == len(COLUMNS) else rng.normal(size=(hidden, len(COLUMNS)))
    rows = round(seconds * RATE_HZ)
    times_s, valid = np.arange(rows) / RATE_HZ, np.ones(rows, bool)
    videos, values, windows = [], [], []
    for performer, expression, take in itertools.product(range(performers), range(expressions), range(takes)):
        noise = gaussian_filter1d(rng.normal(size=(rows, hidden)), 8, axis=0) @ mixing
        moving = noise / noise.std() * np.where(np.arange(len(COLUMNS)) < UNITS, 0.5, 5)
        moving[:, expression:UNITS:expressions] += amplitude
        name, label = f"p{performer}-e{expression}-{take}", pl.lit(f"e{expression}" if labelled else None, pl.String)
        found = index(times_s, valid, rows * len(videos), WindowsSettings())
        windows.append(found.with_columns(video=pl.lit(name), performer=pl.lit(f"p{performer}"), label=label))
        values.append(moving)
        videos.append(name)
    numbers = np.repeat(np.arange(len(videos), dtype=np.int32), rows)
    all_values, all_times_s = np.concatenate(values).astype(np.float32), np.tile(times_s, len(videos))
    matrix = FeatureMatrix(all_values, COLUMNS, numbers, tuple(videos), all_times_s, RATE_HZ)
    table = pl.concat(windows).filter(pl.col("reason").is_null())
    clusters = KMeansPipeline(k).fit(matrix, table).assign(matrix, table)
    chosen = ClassifySettings(**{"classifiers": ["knn"], "seed": 1, **settings})
    return EvaluationInput(matrix, table, clusters, lambda n: KMeansPipeline(n or k), FEATURES, BIN_RATE_HZ, chosen)


@pytest.fixture(scope="session")
def study() -> Callable[..., EvaluationInput]:
    """Makes a study; see `build`."""
    return build
