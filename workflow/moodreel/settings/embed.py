"""Settings of the embedding: from the feature grid to a few dimensions."""

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
    n_neighbors: int = setting(
        15, "UMAP's neighbourhood: small values show detail, large ones the overall structure", ge=2, le=200
    )
    min_dist: float = setting(0.0, "UMAP's least distance between points; 0 packs clusters tightly", ge=0, lt=1)
    epochs: int = setting(
        100,
        # adjusted Rand index of 7 clusters and shown expressions, mean (least) of 20 fits, 14 to features of the built-in
        # clips with noise added, 6 to simulated ones: 0.86 (0.74) from UMAP's own start with its 500 epochs; from PCA 0.91 (0.75) with 200, 0.94 (0.87)
        # with 100, 0.97 (0.87) with 50; without UMAP 0.93 (0.74)
        "rounds in which UMAP moves points from their places in PCA; with many, distances between groups are lost",
        ge=10,
        le=2000,
    )
    fit_frames: int = setting(
        20_000,
        "largest number of bins of the coarse grid that PCA and UMAP are fitted on; an equal share of each video",
        ge=50,
    )
    seed: int = setting(9000, "of the sample and of UMAP", ge=0, le=2**32 - 1)
