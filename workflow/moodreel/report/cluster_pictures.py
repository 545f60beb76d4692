"""The gallery's pictures: the frames that show clusters best, plain and with the extraction's results drawn over
them."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.clusters import gallery
from moodreel.report import overlay
from moodreel.settings.limits import LimitsSettings
from moodreel.storage.atomic import replacement
from moodreel.tables import base, mesh_points
from moodreel.tables.clusters import GALLERY
from moodreel.tables.extraction import BODY_25, MESH, POSE
from moodreel.video import decode
from moodreel.video.errors import VideoError


@dataclass(frozen=True)
class Picture:
    """A frame's cut-out: its index and time, the RGB picture, and BODY_25's points (25, 2) in px of it."""

    frame: int
    time_s: float
    region: tuple[int, int, int, int]
    picture: np.ndarray
    body: np.ndarray

    def draw(self, mesh: np.ndarray | None) -> np.ndarray | None:
        """The picture with the extraction's results drawn over it, None where there are none. `mesh`: (478, 2) px of
        the whole frame."""
        face = None if mesh is None or np.isnan(mesh).all() else gallery.in_thumbnail(mesh, self.region)
        if face is None and np.isnan(self.body).all():
            return None
        return overlay.draw(self.picture, self.body, face)


def write_pictures(
    instants: pl.DataFrame,
    videos: pl.DataFrame,
    middle_s: float,
    folder: Path,
    *,
    keep_mesh: bool,
    limits: LimitsSettings,
) -> tuple[pl.DataFrame, list[str]]:
    """Write the pictures of the `instants` of VIDEOS into `folder`; returns the table GALLERY of those written, and
    notes on the others.

    middle_s: from the beginning of an instant to its middle. keep_mesh: whether the run keeps meshes, to be drawn.
    """
    rows, notes = [], []
    by_video = {video["video"]: video for video in videos.iter_rows(named=True)}
    for wanted in instants.partition_by("video", maintain_order=True):
        video = by_video[wanted["video"][0]]
        if video["path"] is None or not Path(video["path"]).is_file():  # the tables outlive a video that was deleted
            notes.append(f"{video['video']}: no pictures (there is no video)")
            continue
        found: list[Picture] = []
        try:
            found.extend(
                _pictures(video, wanted["time_s"].to_numpy() + middle_s, limits)
            )  # what came before an error stays
        except VideoError as error:
            notes.append(f"{video['video']}: {len(found)} of {len(wanted)} pictures ({error})")
        faces = _meshes(video, found) if keep_mesh else [None] * len(found)  # otherwise it may be deleted at any time
        for row, picture, face in zip(wanted.iter_rows(named=True), found, faces, strict=False):
            stem = f"cluster-{row['cluster']:02d}-{row['rank']}"
            made = {f"{stem}.jpg": picture.picture, f"{stem}-drawn.jpg": picture.draw(face)}
            names = [_write(folder / name, image) for name, image in made.items()]
            rows.append({**row, "time_s": picture.time_s, "picture": names[0], "drawn": names[1]})
    return pl.DataFrame(rows, schema=base.polars_schema(GALLERY)).sort("cluster", "rank"), notes


def _pictures(video: Mapping[str, Any], wanted: np.ndarray, limits: LimitsSettings) -> Iterator[Picture]:
    """The cut-outs of the first frames at or after the `wanted` times (s, rising); fewer where the video ends."""
    pose = base.read(Path(video["folder"]) / "pose.parquet", POSE)
    points = pose.select([f"{p}_{axis}" for p in BODY_25 for axis in "xy"]).cast(pl.Float64).to_numpy()
    by_frame = dict(zip(pose["frame"], points.reshape(len(pose), -1, 2), strict=True))
    waiting = list(wanted)
    start_s = max(float(wanted[0]) - 1e-6, 0.0)
    with closing(decode.frames(video["path"], start_s=start_s, **limits.decoding)) as frames:
        for frame in frames:
            while waiting and frame.time_s >= waiting[0] - 1e-6:
                waiting.pop(0)
                height, width = frame.picture.shape[:2]
                body = by_frame.get(frame.index, np.full((len(BODY_25), 2), np.nan))
                whole = video["kind"] == "builtin"  # "synthetic" stays in view
                region = (0, 0, width, height) if whole else gallery.person_region(body, width, height)
                cut = gallery.thumbnail(frame.picture, region)
                place = gallery.in_thumbnail(body, region)
                yield Picture(frame.index, frame.time_s, region, cut, place)
            if not waiting:
                return


def _meshes(video: Mapping[str, Any], found: list[Picture]) -> list[np.ndarray | None]:
    """The face mesh (478, 2), px, of each picture's frame; None where the extraction kept none."""
    path = Path(video["folder"]) / "mesh.parquet"
    if not path.is_file():
        return [None] * len(found)
    frames = base.read(path, MESH, columns=["frame"])["frame"].to_numpy()
    rows, back = np.unique(np.searchsorted(frames, [p.frame for p in found]), return_inverse=True)
    return [points[:, :2] for points in mesh_points.at(path, rows)[0][back]]


def _write(path: Path, picture: np.ndarray | None) -> str | None:
    if picture is None:
        return None
    with replacement(path) as temporary:
        temporary.write_bytes(gallery.jpeg(picture))
    return path.name
