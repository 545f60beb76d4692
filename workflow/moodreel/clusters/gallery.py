"""Selects the frames that show a cluster best, and crops them."""

import cv2
import numpy as np
import polars as pl

PICTURE_PX = 300
"""Longer side of a picture in the gallery."""

MARGIN = 0.15
"""Room around the person, as a share of their longer side."""


def nearest_bins(embedding: pl.DataFrame, clusters: pl.DataFrame, most: int) -> pl.DataFrame:
    """The bins nearest each cluster's centre, at most `most` of each: columns `cluster` to `distance` of GALLERY.

    `embedding` and `clusters` are the tables of these names. The centre is the mean over all bins of the cluster's
    windows. Each window proposes its nearest bin; the best of every video come first, then the second best of each,
    so that a gallery shows as many videos as it can. `time_s` is the bin's start.
    """
    dims = [c for c in embedding.columns if c[:1] == "e" and c[1:].isdigit()]
    bins = clusters.select("video", "window", "start_s", "end_s", "cluster").join_where(
        embedding.select(pl.col("video").alias("of"), "time_s", *dims),
        pl.col("video") == pl.col("of"),
        pl.col("time_s") >= pl.col("start_s") - 1e-6,
        pl.col("time_s") < pl.col("end_s") - 1e-6,
    )
    bins = bins.sort("video", "window", "time_s")  # the order of summation affects the last digits
    squares = [(pl.col(d).cast(pl.Float64) - pl.col(d).mean().over("cluster")) ** 2 for d in dims]
    return (
        bins.with_columns(distance=sum(squares, pl.lit(0)).sqrt())
        .sort("cluster", "distance", "video", "time_s", "window")
        .unique(["video", "window"], keep="first", maintain_order=True)
        .unique(["cluster", "video", "time_s"], keep="first", maintain_order=True)
        .with_columns(turn=pl.int_range(pl.len()).over("cluster", "video"))
        .sort("cluster", "turn", "distance", "video", "time_s")
        .with_columns(rank=(pl.int_range(pl.len()) + 1).over("cluster").cast(pl.Int32))
        .filter(pl.col("rank") <= most)
        .select("cluster", "rank", "video", "window", "time_s", "distance")
    )


def person_region(points: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in px of a square about a person, cut at the picture's edges.

    `points`, shape (n, 2), are their keypoints in px, NaN where not visible. The whole picture where none is visible.
    """
    visible = points[~np.isnan(points).any(axis=1)]
    if not len(visible):
        return 0, 0, width, height
    low, high = visible.min(axis=0), visible.max(axis=0)
    half = max((high - low).max() * (0.5 + MARGIN), 0.5)
    left, top = np.floor((low + high) / 2 - half)
    right, bottom = np.ceil((low + high) / 2 + half)
    region = max(int(left), 0), max(int(top), 0), min(int(right), width), min(int(bottom), height)
    return region if region[2] > region[0] and region[3] > region[1] else (0, 0, width, height)


def thumbnail(picture: np.ndarray, region: tuple[int, int, int, int]) -> np.ndarray:
    """The `region` of an RGB picture, uint8 (h, w, 3), with its longer side at `PICTURE_PX`."""
    left, top, right, bottom = region
    cut = picture[top:bottom, left:right]
    factor = PICTURE_PX / max(cut.shape[:2])
    size = max(round(cut.shape[1] * factor), 1), max(round(cut.shape[0] * factor), 1)
    return cv2.resize(cut, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def in_thumbnail(points: np.ndarray, region: tuple[int, int, int, int]) -> np.ndarray:
    """Convert `points`, shape (n, 2), from px of the whole picture to px of the `thumbnail` of its `region`."""
    left, top, right, bottom = region
    factor = PICTURE_PX / max(right - left, bottom - top)
    return (points - (left, top) + 0.5) * factor - 0.5  # pixel centres have whole coordinates


def jpeg(picture: np.ndarray) -> bytes:
    """An RGB picture as JPEG."""
    encoded, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not encoded:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written as JPEG")
    return data.tobytes()
