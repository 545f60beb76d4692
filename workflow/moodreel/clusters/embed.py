"""From scaled features to a few dimensions: PCA, then UMAP, fitted on a bounded sample and frozen."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from moodreel.errors import Missing
from moodreel.features.scaling import FeatureScaler
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings

EXACT_UP_TO = 4096
"""Up to this many rows UMAP gets exact distances, as it would compute them itself (its own limit), but at once and not
through a Python call per pair: 0.4 s less for 840 rows."""

PLACED_AT_ONCE = 10_000
"""New rows placed together: bounds the distances held (160 MB); UMAP optimises up to this many for 100 epochs, more for
30 only."""

MAP_MIN_DIST = 0.1
"""UMAP's default, so that points of the two-dimensional map do not lie on each other."""


class Neighbours:
    """Exact nearest neighbours of rows among those that UMAP is fitted on, in place of its own approximate ones.

    As fast for some ten thousand rows, and without the half minute that each process takes to compile those. UMAP
    requires `query` and `_angular_trees` of a search index.
    """

    _angular_trees = False

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows
        self._search = NearestNeighbors(algorithm="brute").fit(rows)
        self._cache: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}  # embedding and map query the same rows

    def query(self, rows: np.ndarray, k: int, epsilon: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Indices, int32, and distances, float32, of the `k` nearest, each of shape (rows, k), the nearest first."""
        key = hashlib.sha256(b"%d" % k + np.ascontiguousarray(rows).tobytes()).digest()
        if key not in self._cache:
            self._cache[key] = self._find(rows, k)
        indices, distances = self._cache[key]
        return indices.copy(), distances.copy()  # UMAP writes into them

    def _find(self, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        indices, distances = np.empty((len(rows), k), np.int32), np.empty((len(rows), k), np.float32)
        for at in range(0, len(rows), PLACED_AT_ONCE):
            part = slice(at, at + PLACED_AT_ONCE)
            found = self._search.kneighbors(rows[part], k, return_distance=False)
            # not by the matrix product that found them: a row's distance from itself must be 0
            exact = np.linalg.norm(rows[part, None] - self._rows[found], axis=2)
            order = np.argsort(exact, axis=1, kind="stable")
            indices[part] = np.take_along_axis(found, order, axis=1)
            distances[part] = np.take_along_axis(exact, order, axis=1)
        return indices, distances


class Umap:
    """UMAP (McInnes, Healy & Melville 2018), seeded in everything that depends on chance, on one thread.

    It starts from the leading principal components, not from the spectral layout that is UMAP's default: the
    bins of one clip are neighbours, so the graph falls into islands, and a spectral layout places islands anywhere,
    while k-means needs their distances to mean something (Kobak & Linderman 2021, doi:10.1038/s41587-020-00809-z).

    Attributes (after `fit`):
        embedding_: float32, shape (rows, dims), of the rows it was fitted on.
        search_: their neighbour search; None up to `EXACT_UP_TO` rows.
    """

    def __init__(self, *, dims: int, n_neighbors: int, min_dist: float, epochs: int, seed: int) -> None:
        self.dims, self.n_neighbors, self.min_dist, self.epochs, self.seed = dims, n_neighbors, min_dist, epochs, seed

    def fit(self, rows: np.ndarray, search: Neighbours | None = None) -> Umap:
        """Fit on `rows`, float32, shape (rows, columns): principal components, the leading ones first.

        `search`: that of another Umap fitted on the same rows.
        """
        umap = _umap()
        self._rows = np.ascontiguousarray(rows, np.float32)
        self._exact = len(rows) <= EXACT_UP_TO
        neighbors = min(self.n_neighbors, len(rows) - 1)
        search = None if self._exact else search or Neighbours(self._rows)
        self._umap = umap.UMAP(
            n_components=self.dims,
            n_neighbors=neighbors,
            precomputed_knn=(None, None, None) if search is None else (*search.query(self._rows, neighbors), search),
            min_dist=self.min_dist,
            n_epochs=self.epochs,
            init=self._start(),
            metric="precomputed" if self._exact else "euclidean",
            random_state=self.seed,
            transform_seed=self.seed,
            n_jobs=1,
        )
        with _quiet():
            self._umap.fit(self._distances(self._rows) if self._exact else self._rows)
        self.embedding_, self.search_ = self._umap.embedding_, search
        return self

    def transform(self, rows: np.ndarray) -> np.ndarray:
        """Places of rows it was not fitted on, near their neighbours among the fitted: float32, shape (rows, dims).

        The same rows always get the same places, but which rows are placed together matters a little.
        """
        rows = np.ascontiguousarray(rows, np.float32)
        chunks = [rows[at : at + PLACED_AT_ONCE] for at in range(0, len(rows), PLACED_AT_ONCE)]
        with _quiet():
            return np.concatenate([self._umap.transform(self._distances(c) if self._exact else c) for c in chunks])

    def _start(self) -> np.ndarray:
        """The first `dims` components, scaled to 10 at most, with the small noise by which UMAP itself separates
        duplicates."""
        random = np.random.default_rng(self.seed)
        start = np.zeros((len(self._rows), self.dims))
        lead = self._rows[:, : self.dims]
        start[:, : lead.shape[1]] = 10 * lead / max(np.abs(lead).max(), np.finfo(np.float32).tiny)
        return (start + random.normal(scale=1e-4, size=start.shape)).astype(np.float32)

    def _distances(self, rows: np.ndarray) -> np.ndarray:
        return pairwise_distances(rows, self._rows).astype(np.float32)


@cache
def _umap() -> ModuleType:
    """The package umap. What it compiles for a fit is kept in numba's cache, which it requests for few functions
    itself: compiling the others takes 10 s per process. Without write access they are compiled each time."""
    import umap
    from umap import layouts, umap_, utils

    for function in (
        utils.fast_knn_indices,
        umap_.smooth_knn_dist,
        umap_.compute_membership_strengths,
        layouts._nb_optimize_layout_euclidean_single_epoch,
    ):
        with suppress(RuntimeError):
            function.enable_caching()
    return umap


@dataclass(frozen=True)
class Components:
    """Bins as an Embedder's `components` (rows, components), float32, and the `place` (rows,) of each in the sample
    it was fitted on, -1 for rows outside it."""

    components: np.ndarray
    place: np.ndarray


class Embedder:
    """Scaler, PCA and UMAP in sequence.

    Attributes (after `fit`):
        scaler_: FeatureScaler, fitted on all rows it was given.
        pca_: sklearn PCA, fitted on the sample.
        umap_: Umap, fitted on the sample.
        sample_: int64, rows of the sample, rising.
    """

    def __init__(self, features: FeaturesSettings, embed: EmbedSettings) -> None:
        self.features, self.embed = features, embed

    def fit(self, values: np.ndarray, columns: tuple[str, ...], owners: np.ndarray, videos: np.ndarray) -> Embedder:
        """Fit on `values` (rows, columns; NaN where not visible); `owners` and `videos` (rows,): the owner and the
        video of each row.

        Raises Missing when there are too few rows, no columns, or nothing moves.
        """
        least = max(self.embed.dims, 2) + 2
        if len(values) < least:
            raise Missing(
                f"only {len(values)} bins of {1 / self.embed.rate_hz:g} s are left to embed, at least {least} are "
                f"needed for embed.dims = {self.embed.dims}. Keep more windows (screen.*, windows.min_valid_share) or "
                "lower embed.dims."
            )
        self.scaler_ = FeatureScaler(self.features).fit(values, columns, owners)
        self.sample_ = equal_shares(videos, self.embed.fit_frames, self.embed.seed)
        sample = self.scaler_.transform(values[self.sample_], owners[self.sample_])
        self._fitted = _bytes(sample)
        self._order = np.argsort(self._fitted, kind="stable")
        # By the covariance where rows are many: the same components to rounding, in a tenth of the time
        solver = "full" if len(sample) <= EXACT_UP_TO else "covariance_eigh"
        self.pca_ = PCA(min(self.embed.pca_dims, *sample.shape), svd_solver=solver).fit(sample)
        self._components = self.pca_.transform(sample)
        self.umap_ = self.new_umap().fit(self._components)
        return self

    def components_of(self, values: np.ndarray, owners: np.ndarray) -> Components:
        """The rows' scaled features as principal components, and which rows of the sample they are."""
        components = np.empty((len(values), self.pca_.n_components_), np.float32)
        place = np.empty(len(values), np.int64)
        for rows, scaled in self.scaler_.parts(values, owners):
            components[rows] = self.pca_.transform(scaled)
            place[rows] = self._places(_bytes(scaled))
        return Components(components, place)

    def transform(self, values: np.ndarray, owners: np.ndarray) -> np.ndarray:
        """Embedded rows, float32, shape (rows, dims). Rows of the sample keep the places they were fitted at."""
        return self.places_of(self.components_of(values, owners))

    def places_of(self, rows: Components) -> np.ndarray:
        """As `transform`, for rows already reduced to components."""
        return _place_rows(self.umap_, rows)

    def map(self, rows: Components) -> np.ndarray:
        """The rows on a two-dimensional map fitted on the same sample, float32, shape (rows, 2); for display only."""
        flat = self.new_umap(dims=2, min_dist=MAP_MIN_DIST).fit(self._components, self.umap_.search_)
        return _place_rows(flat, rows)

    def new_umap(self, **other: float) -> Umap:
        """An unfitted UMAP with the configured settings, some replaced by `other`."""
        names = ("dims", "n_neighbors", "min_dist", "epochs", "seed")
        return Umap(**{name: getattr(self.embed, name) for name in names} | other)

    def _places(self, rows: np.ndarray) -> np.ndarray:
        """The row of the sample that each of `rows` equals byte by byte, the last in a tie; -1 where there is none."""
        after = np.searchsorted(self._fitted, rows, side="right", sorter=self._order)
        place = self._order[np.maximum(after - 1, 0)]
        return np.where((after > 0) & (self._fitted[place] == rows), place, -1)


def _bytes(rows: np.ndarray) -> np.ndarray:
    """Rows as values that are equal where all their bytes are, shape (rows,)."""
    rows = np.ascontiguousarray(rows)
    return rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1])))[:, 0]


def _place_rows(umap: Umap, rows: Components) -> np.ndarray:
    result = umap.embedding_[rows.place]
    new = rows.place < 0
    if new.any():
        result[new] = umap.transform(rows.components[new])
    return result


def equal_shares(videos: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most `most` rows with an equal share of each video, drawn by `seed`: int64, rising.

    `videos`, shape (rows,): the video of each row. What a short video cannot fill goes to the others.
    """
    if len(videos) <= most:
        return np.arange(len(videos))
    random = np.random.default_rng(seed)
    codes = np.unique(videos, return_inverse=True)[1]
    # the n-th drawn row of each video comes before the (n+1)-th of any other
    shuffled = random.permutation(len(videos))
    by_video = shuffled[np.argsort(codes[shuffled], kind="stable")]
    counts = np.bincount(codes)
    turn = np.arange(len(videos)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(by_video[np.argsort(turn, kind="stable")[:most]])


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress UMAP's warnings about seeded fits and precomputed metrics; both are intended."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"umap\..*")
        warnings.filterwarnings("ignore", message=".*precomputed.*")
        warnings.filterwarnings("ignore", message=".*n_jobs value.*")
        yield
