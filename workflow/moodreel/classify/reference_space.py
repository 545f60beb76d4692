"""The space of the training's windows: cluster centres, and principal components in which similar windows are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA

DIMENSIONS = 50
"""Most principal components that are kept."""
FITTED_WINDOWS = 5000
"""Most windows that the components are fitted on, evenly spaced."""
REACH = 0.95
"""Share of a cluster's training windows that are not far from its centre."""
CHUNK = 2048
"""Windows processed at a time: bounds the copies."""


@dataclass(frozen=True)
class ReferenceSpace:
    """The space in which the training's windows lie. A window is a series (bins, columns) of scaled features.

    `columns` name the features; `numbers` (clusters,) int the clusters, rising; `centres` (clusters, bins, columns) are
    the means of their windows; `reach` (clusters,) is the distance within which 95 % of these lie from the centre of
    the others; `mean` (bins, columns) and `axes` (dimensions, bins, columns) are the principal components'; `unit` is
    the root mean square distance of all windows from their mean, the unit of every distance returned.
    """

    columns: tuple[str, ...]
    numbers: np.ndarray
    centres: np.ndarray
    reach: np.ndarray
    mean: np.ndarray
    axes: np.ndarray
    unit: float

    @classmethod
    def of(cls, series: np.ndarray, clusters: np.ndarray, columns: tuple[str, ...], seed: int) -> ReferenceSpace:
        """Learn the space from `series` (windows, bins, columns) and their `clusters` (windows,) int."""
        flat, shape = _flat(series), series.shape[1:]
        numbers = np.unique(clusters)
        centres = np.stack([flat[clusters == n].mean(axis=0, dtype=float) for n in numbers]).astype(np.float32)
        middle = flat.mean(axis=0, dtype=float)
        unit = float(np.sqrt(sum(((part - middle) ** 2).sum() for part in _chunks(flat)) / len(flat))) or 1.0
        own = np.concatenate([cdist(part, centres) for part in _chunks(flat)]) / unit
        reach = [_reach(own[clusters == n, i]) for i, n in enumerate(numbers)]
        sample = flat[np.linspace(0, len(flat) - 1, min(len(flat), FITTED_WINDOWS)).round().astype(int)]
        pca = PCA(min(DIMENSIONS, *sample.shape), random_state=seed).fit(sample)
        return cls(
            columns=columns,
            numbers=numbers.astype(int),
            centres=centres.reshape(-1, *shape),
            reach=np.array(reach),
            mean=pca.mean_.astype(np.float32).reshape(shape),
            axes=pca.components_.astype(np.float32).reshape(-1, *shape),
            unit=unit,
        )

    def nearest(self, series: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The cluster of the nearest centre, the distance to it in units, and whether it is out of the cluster's reach.

        Each of shape (windows,).
        """
        distances = cdist(_flat(series), _flat(self.centres)) / self.unit
        place = distances.argmin(axis=1)
        distance = distances[np.arange(len(place)), place]
        return self.numbers[place], distance, distance > self.reach[place] * (1 + 1e-6)

    def places(self, series: np.ndarray) -> np.ndarray:
        """Principal components of `series` in units, float32, shape (windows, dimensions).

        The nearest training window does not depend on the remainder of a new window outside the components, which is
        orthogonal to all training windows as far as the components span these.
        """
        axes, mean = _flat(self.axes).T.astype(float), self.mean.ravel()
        parts = [(part - mean) @ axes for part in _chunks(_flat(series))]
        return (np.concatenate(parts) / self.unit).astype(np.float32) if parts else np.empty((0, len(self.axes)))

    def table(self) -> pl.DataFrame:
        """The table REFERENCE_SPACE; `reach` and `unit` are not in it."""
        bins = len(self.mean)
        parts = (
            ("centre", self.numbers, self.centres),
            ("mean", np.zeros(1, int), self.mean[None]),
            ("axis", np.arange(len(self.axes)), self.axes),
        )
        return pl.concat(
            pl.DataFrame(
                {
                    "kind": [kind] * (len(numbers) * bins),
                    "number": np.repeat(numbers, bins),
                    "bin": np.tile(np.arange(bins), len(numbers)),
                    **dict(zip(self.columns, values.reshape(-1, len(self.columns)).T, strict=True)),
                },
                schema_overrides={"number": pl.Int32, "bin": pl.Int32},
            )
            for kind, numbers, values in parts
        )

    @classmethod
    def from_table(cls, table: pl.DataFrame, reach: dict[int, float], unit: float) -> ReferenceSpace:
        """The space of a table REFERENCE_SPACE, with the reach of each cluster. Inverse of `table`."""
        columns = tuple(table.columns[3:])
        bins = cast(int, table["bin"].max()) + 1

        def values(kind: str) -> np.ndarray:
            rows = table.filter(kind=kind).select(columns).to_numpy()
            return np.ascontiguousarray(rows, np.float32).reshape(-1, bins, len(columns))

        numbers = table.filter(kind="centre", bin=0)["number"].to_numpy().astype(int)
        reached = np.array([reach[int(n)] for n in numbers])
        return cls(columns, numbers, values("centre"), reached, values("mean")[0], values("axis"), unit)


def _reach(own: np.ndarray) -> float:
    """The distance within which `REACH` of a cluster's windows lie from the centre of its others, given `own`
    (windows,), those from the centre of all; 1 for a single window. A window pulls a centre that includes it towards
    itself, as a new window cannot: from the centre without it, it is n / (n - 1) times as far.
    """
    n = len(own)
    return float(np.quantile(own, REACH, method="higher")) * n / (n - 1) if n > 1 else 1.0


def _flat(series: np.ndarray) -> np.ndarray:
    return series.reshape(len(series), -1)


def _chunks(flat: np.ndarray) -> Iterator[np.ndarray]:
    for at in range(0, len(flat), CHUNK):
        yield flat[at : at + CHUNK]
