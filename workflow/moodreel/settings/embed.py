"""Settings of the embedding: from the feature grid to a few dimensions."""

from __future__ import annotations

from moodreel.settings.base import Section, setting


class EmbedSettings(Section):
    rate_hz: float = setting(
        5.0,
        "rate of the coarse grid: means over 1/rate_hz seconds are embedded; it divides windows.rate_hz",
        unit="Hz",
        gt=0,
        le=240,
    )
    pca_dims: int = setting(50, "principal components kept before UMAP, at most", ge=2, le=50)
    dims: int = setting(5, "dimensions of the embedding, of which a window's series is made", ge=1, le=20)
    n_neighbors: int = setting(15, "UMAP's neighbourhood: small sees detail, large sees the whole", ge=2, le=200)
    min_dist: float = setting(0.0, "UMAP's least distance between points; 0 packs clusters tightly", ge=0, lt=1)
    fit_frames: int = setting(
        20_000,
        "moments of the coarse grid that PCA and UMAP are fitted on, at most; an equal share of each video",
        ge=50,
    )
    seed: int = setting(9000, "of the sample and of UMAP", ge=0, le=2**32 - 1)
