"""The posture and movement of each cluster's face, head and body, computed from the feature grid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from moodreel.features.groups import BODY_POINTS, GROUPS, ORIGIN
from moodreel.formats.openface import angles as openface
from moodreel.tables.extraction import BODY_25
from moodreel.tables.face import ACTION_UNITS

ANGLES = {
    "pitch_deg": "head down",
    "yaw_deg": "head right",
    "roll_deg": "head clockwise",
    "gaze_x_deg": "eyes right",
    "gaze_y_deg": "eyes down",
}
"""The angles of head and gaze, and the direction in which each grows for the viewer."""

KEPT = ("video", "time_s", "valid")
_SCORES = GROUPS["emotions"].columns
_UNITS = tuple(f"AU{unit:02d}_r" for unit in ACTION_UNITS)
_ROTATION = tuple(f"openface_pose_R{axis}" for axis in "xyz")
_PX = tuple(f"px_{point}_{axis}" for point in BODY_25 for axis in "xy")
_BODY = tuple(f"{point}_{axis}" for point in BODY_POINTS for axis in "xy")

VISIBLE_SHARE = 0.5
"""Least share of its windows' bins in which a cluster must show a body point for it to be drawn."""


def readable_columns(columns: Iterable[str]) -> list[str]:
    """Those columns of a FEATURES table that `readable` needs: a paper's set has many more."""
    known = {*KEPT, *_SCORES, *_UNITS, *(f"openface_{unit}" for unit in _UNITS), *ANGLES, *_ROTATION, *_PX, *_BODY}
    return [c for c in columns if c in known]


def readable(features: pl.DataFrame) -> pl.DataFrame:
    """The feature grid in the terms of the figures, for either set.

    Of the set `paper`: OpenFace's action units under their own names, its rotation (radians) as degrees of pitch, yaw
    and roll, and pixels of the body as shoulder widths (the video's median) from the neck; 0, 0 is a missing point.
    """
    made = features.rename({c: c.removeprefix("openface_") for c in features.columns if c[:11] == "openface_AU"})
    if set(_ROTATION) <= set(features.columns):
        degrees = openface.head_deg(features.select(_ROTATION).cast(pl.Float64).to_numpy())
        made = made.with_columns(pl.Series(name, degrees[:, i]) for i, name in enumerate(list(ANGLES)[:3]))
    if set(_PX) <= set(features.columns) and not set(_BODY) & set(features.columns):
        made = made.with_columns(_body_of_px())
    return made.select(c for c in made.columns if c in {*KEPT, *_SCORES, *_UNITS, *ANGLES, *_BODY})


def _body_of_px() -> list[pl.Expr]:
    def place(point: str, axis: str) -> pl.Expr:
        visible = (pl.col(f"px_{point}_x") > 0) | (pl.col(f"px_{point}_y") > 0)
        return pl.when(visible).then(pl.col(f"px_{point}_{axis}"))

    sides = [place("left_shoulder", axis) - place("right_shoulder", axis) for axis in "xy"]
    width = (sides[0] ** 2 + sides[1] ** 2).sqrt().median().over("video")
    return [
        pl.when(width > 0).then((place(p, a) - place(ORIGIN, a)) / width).alias(f"{p}_{a}")
        for p in BODY_POINTS
        for a in "xy"
    ]


def units(features: pl.DataFrame) -> list[str]:
    """The action units of a readable grid, in their order."""
    return [unit for unit in _UNITS if unit in features.columns]


def scores(features: pl.DataFrame) -> list[str]:
    """The emotion scores of a readable grid, in the network's order."""
    return [score for score in _SCORES if score in features.columns]


def angles(features: pl.DataFrame) -> list[str]:
    """The angles of a readable grid, in the order of `ANGLES`."""
    return [angle for angle in ANGLES if angle in features.columns]


def of_windows(
    features: pl.DataFrame, windows: pl.DataFrame, clusters: pl.DataFrame, columns: Iterable[str]
) -> pl.DataFrame:
    """The grid's rows of every clustered window: `cluster`, `performer`, `video`, `window`, `row` and `columns`.

    Rows that overlapping windows share occur once for each. Their order is fixed, since the order of summation affects
    the last digits of a sum, and these affect the names inside an SVG.
    """
    spans = clusters.select("video", "window", "cluster").join(
        windows, on=["video", "window"], how="inner", maintain_order="left"
    )
    rows = (
        spans.select(
            "cluster",
            "performer",
            "video",
            "window",
            row=pl.int_ranges("first_row", pl.col("first_row") + pl.col("rows")),
        )
        .explode("row")
        .with_columns(pl.col("row").cast(pl.UInt32))
    )
    return rows.join(features.select(columns).with_row_index("row"), on="row", how="inner", maintain_order="left")


def levels(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Mean of every column per cluster: `cluster` and the columns."""
    return rows.group_by("cluster", maintain_order=True).agg(pl.col(columns).mean()).sort("cluster")


def spreads(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """How much every column moves: its standard deviation within a window, mean over the cluster's windows."""
    each = rows.group_by("cluster", "video", "window", maintain_order=True).agg(pl.col(columns).std(ddof=0))
    return levels(each, columns)


def center(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The rows with each performer's own median subtracted."""
    return rows.with_columns((pl.col(c) - pl.col(c).median().over("performer")) for c in columns)


@dataclass(frozen=True)
class Body:
    """Posture and movement of one cluster's bodies, in shoulder widths from the neck: point -> ...

    `place`: mean (2,); `spread`: covariance (2, 2) of its movement within a window, mean over windows; `path`: its path
    in the window nearest the cluster's centre, (rows, 2), minus its mean there, NaN where not visible.
    """

    place: Mapping[str, np.ndarray]
    spread: Mapping[str, np.ndarray]
    path: Mapping[str, np.ndarray]


def bodies(features: pl.DataFrame, windows: pl.DataFrame, clusters: pl.DataFrame) -> dict[int, Body]:
    """Each cluster's body. Points visible in less than half of the bins are left out, the neck is always included."""
    points = [p for p in BODY_POINTS if {f"{p}_x", f"{p}_y"} <= set(features.columns)]
    columns = [f"{p}_{axis}" for p in points for axis in "xy"]
    if not points:
        return {}
    rows = of_windows(features, windows, clusters, columns)
    nearest = clusters.sort("distance", "video", "window").unique("cluster", keep="first", maintain_order=True)
    central = rows.join(nearest, on=["video", "window", "cluster"], how="semi")
    moves = [_movement(p, *axes).alias(f"{p}_{axes}") for p in points for axes in ("xx", "xy", "yy")]
    spread = rows.group_by("cluster", "video", "window", maintain_order=True).agg(moves).drop("video", "window")
    spread = spread.fill_nan(None).group_by("cluster", maintain_order=True).mean()
    shares = [(pl.col(f"{p}_x").count() / pl.len()).alias(f"{p}_seen") for p in points]
    place = rows.group_by("cluster", maintain_order=True).agg(*shares, pl.col(columns).mean())
    found = {}
    for row in place.join(spread, on="cluster").sort("cluster").iter_rows(named=True):
        visible = [p for p in points if row[f"{p}_seen"] >= VISIBLE_SHARE and row[f"{p}_x"] is not None]
        path = central.filter(cluster=row["cluster"]).sort("row")
        paths = {p: path.select(f"{p}_x", f"{p}_y").to_numpy() for p in visible}
        found[row["cluster"]] = Body(
            place={ORIGIN: np.zeros(2), **{p: np.array([row[f"{p}_x"], row[f"{p}_y"]]) for p in visible}}
            if visible
            else {},
            spread={p: _matrix(row, p) for p in visible if row[f"{p}_xx"] is not None},
            path={p: xy - np.nanmean(xy, axis=0) for p, xy in paths.items() if np.isfinite(xy).any()},
        )
    return found


def _movement(point: str, one: str, other: str) -> pl.Expr:
    places = (pl.col(f"{point}_{axis}").cast(pl.Float64) for axis in (one, other))
    return pl.cov(*places, ddof=0)


def _matrix(row: Mapping[str, float], point: str) -> np.ndarray:
    return np.array([[row[f"{point}_xx"], row[f"{point}_xy"]], [row[f"{point}_xy"], row[f"{point}_yy"]]])


def mean_place(each: Mapping[int, Body]) -> dict[str, np.ndarray]:
    """The mean over clusters of every point's place."""
    points = {p: None for body in each.values() for p in body.place}
    return {p: np.mean([body.place[p] for body in each.values() if p in body.place], axis=0) for p in points}
