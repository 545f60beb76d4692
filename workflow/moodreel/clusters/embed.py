"""From scaled features to a few dimensions: PCA, then UMAP, fitted on a bounded sample and frozen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances

from moodreel.errors import UserError
from moodreel.features.scaling import FeatureScaler
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings

EXACT_UP_TO = 4096
"""Up to this many rows UMAP gets exact distances, as it would compute them itself (its own limit), but at once and not
through a Python call per pair: 0.4 s less for 840 rows."""

PLACED_AT_ONCE = 10_000
"""New rows placed together: bounds the distances held (160 MB); UMAP moves so many for 100 epochs, more for 30 only."""

MAP_MIN_DIST = 0.1
"""UMAP's default, so that points of the two-dimensional map do not lie on each other."""


class Umap:
    """UMAP (McInnes, Healy & Melville 2018), seeded in everything that depends on chance, on one thread.

    It starts from the leading principal components, not from the spectral layout that is UMAP's default: the
    moments of one clip are neighbours, so the graph falls into islands, and a spectral layout places islands anywhere,
    while k-means needs their distances to mean something (Kobak & Linderman 2021, doi:10.1038/s41587-020-00809-z).

    Attributes (after `fit`):
        embedding_: float32, shape (rows, dims), of the rows it was fitted on.
    """

    def __init__(self, *, dims: int, n_neighbors: int, min_dist: float, epochs: int, seed: int) -> None:
        self.dims, self.n_neighbors, self.min_dist, self.epochs, self.seed = dims, n_neighbors, min_dist, epochs, seed

    def fit(self, rows: np.ndarray) -> Umap:
        """Fit on `rows`, float32, shape (rows, columns): principal components, the leading ones first."""
        import umap

        self._rows = np.ascontiguousarray(rows, np.float32)
        self._exact = len(rows) <= EXACT_UP_TO
        self._umap = umap.UMAP(
            n_components=self.dims,
            n_neighbors=min(self.n_neighbors, len(rows) - 1),
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
        self.embedding_ = self._umap.embedding_
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
        """The first `dims` components up to 10, with the little noise by which UMAP itself tells twins apart."""
        random = np.random.default_rng(self.seed)
        start = np.zeros((len(self._rows), self.dims))
        lead = self._rows[:, : self.dims]
        start[:, : lead.shape[1]] = 10 * lead / max(np.abs(lead).max(), np.finfo(np.float32).tiny)
        return (start + random.normal(scale=1e-4, size=start.shape)).astype(np.float32)

    def _distances(self, rows: np.ndarray) -> np.ndarray:
        return pairwise_distances(rows, self._rows).astype(np.float32)


class Embedder:
    """Scaler, PCA and UMAP in a row.

    Attributes (after `fit`):
        scaler_: FeatureScaler, fitted on all rows it was given.
        pca_: sklearn PCA, fitted on the sample.
        umap_: Umap, fitted on the sample.
        sample_: int64, rows of the sample, rising.
    """

    def __init__(self, features: FeaturesSettings, embed: EmbedSettings) -> None:
        self.features, self.embed = features, embed

    def fit(self, values: np.ndarray, columns: tuple[str, ...], owners: np.ndarray, videos: np.ndarray) -> Embedder:
        """Fit on `values` (rows, columns; NaN where not seen); `owners` and `videos` (rows,) say whose each row is.

        Raises UserError when there are too few rows, no columns, or nothing moves.
        """
        least = max(self.embed.dims, 2) + 2
        if len(values) < least:
            raise UserError(
                f"only {len(values)} moments of {1 / self.embed.rate_hz:g} s are left to embed, at least {least} are "
                f"needed for embed.dims = {self.embed.dims}. Keep more windows (screen.*, windows.min_valid_share) or "
                "lower embed.dims."
            )
        self.scaler_ = FeatureScaler(self.features).fit(values, columns, owners)
        self.sample_ = equal_shares(videos, self.embed.fit_frames, self.embed.seed)
        sample = self.scaler_.transform(values, owners)[self.sample_]
        self._place_of = {row.tobytes(): place for place, row in enumerate(sample)}
        self.pca_ = PCA(min(self.embed.pca_dims, *sample.shape), svd_solver="full").fit(sample)
        self._components = self.pca_.transform(sample)
        self.umap_ = self.new_umap().fit(self._components)
        return self

    def transform(self, values: np.ndarray, owners: np.ndarray) -> np.ndarray:
        """Embedded rows, float32, shape (rows, dims). Rows of the sample keep the places they were fitted at."""
        return self._placed(self.umap_, values, owners)

    def map(self, values: np.ndarray, owners: np.ndarray) -> np.ndarray:
        """The rows on a two-dimensional map fitted on the same sample, float32, shape (rows, 2); for the eye only."""
        umap = self.new_umap(dims=2, min_dist=MAP_MIN_DIST).fit(self._components)
        return self._placed(umap, values, owners)

    def components(self, values: np.ndarray, owners: np.ndarray) -> np.ndarray:
        """The rows' scaled features as principal components, float32, shape (rows, components)."""
        return self.pca_.transform(self.scaler_.transform(values, owners)).astype(np.float32)

    def new_umap(self, **other: float) -> Umap:
        """A UMAP of the settings, not fitted; `other` replaces some."""
        names = ("dims", "n_neighbors", "min_dist", "epochs", "seed")
        return Umap(**{name: getattr(self.embed, name) for name in names} | other)

    def _placed(self, umap: Umap, values: np.ndarray, owners: np.ndarray) -> np.ndarray:
        scaled = self.scaler_.transform(values, owners)
        place = np.array([self._place_of.get(row.tobytes(), -1) for row in scaled])
        result = umap.embedding_[place]
        new = place < 0
        if new.any():
            result[new] = umap.transform(self.pca_.transform(scaled[new]))
        return result


def equal_shares(videos: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most `most` rows with an equal share of each video, drawn by `seed`: int64, rising.

    `videos`, shape (rows,), says whose each row is. What a short video cannot fill goes to the others.
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
    """Without what UMAP says of every seeded fit and of every precomputed metric; both are meant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"umap\..*")
        warnings.filterwarnings("ignore", message=".*precomputed.*")
        warnings.filterwarnings("ignore", message=".*n_jobs value.*")
        yield
