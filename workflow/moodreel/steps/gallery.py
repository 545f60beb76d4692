"""Cut out the frames nearest each cluster's centre, for a person to look at and name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.clusters import gallery
from moodreel.report import overlay
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.extraction import ExtractionSettings
from moodreel.storage.atomic import folder_replacement, of_suffix, replacement
from moodreel.tables import base, mesh_points
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, GALLERY
from moodreel.tables.extraction import BODY_25, MESH, POSE
from moodreel.tables.videos import VIDEOS
from moodreel.video import decode
from moodreel.video.errors import VideoError
from moodreel.workflow import old_step as step


@dataclass(frozen=True)
class Picture:
    """A frame's cut-out: its index and time, the RGB picture, and BODY_25's points (25, 2) in px of it."""

    frame: int
    time_s: float
    region: tuple[int, int, int, int]
    picture: np.ndarray
    body: np.ndarray


def pictures(video: dict, wanted: np.ndarray) -> Iterator[Picture]:
    """The cut-outs of the first frames at or after the `wanted` times (s, rising); fewer where the video ends."""
    pose = base.read(Path(video["folder"]) / "pose.parquet", POSE)
    points = pose.select([f"{p}_{axis}" for p in BODY_25 for axis in "xy"]).cast(pl.Float64).to_numpy()
    by_frame = dict(zip(pose["frame"], points.reshape(len(pose), -1, 2), strict=True))
    waiting = list(wanted)
    with closing(decode.frames(video["path"])) as frames:
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


def draw(picture: Picture, mesh: np.ndarray | None) -> np.ndarray | None:
    """The picture with what was read drawn over it, None where nothing was. `mesh`: (478, 2) px of the whole frame."""
    face = None if mesh is None or np.isnan(mesh).all() else gallery.in_thumbnail(mesh, picture.region)
    if face is None and np.isnan(picture.body).all():
        return None
    return overlay.draw(picture.picture, picture.body, face)


def meshes(video: dict, found: list[Picture]) -> list[np.ndarray | None]:
    """The face mesh (478, 2), px, of each picture's frame; None where the extraction kept none."""
    path = Path(video["folder"]) / "mesh.parquet"
    if not path.is_file():
        return [None] * len(found)
    frames = base.read(path, MESH, columns=["frame"])["frame"].to_numpy()
    rows, back = np.unique(np.searchsorted(frames, [p.frame for p in found]), return_inverse=True)
    return [points[:, :2] for points in mesh_points.at(path, rows)[0][back]]


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--embedding", type=Path, required=True, help="embedding.parquet")
    parser.add_argument("--clusters", type=Path, required=True, help="clusters.parquet")
    parser.add_argument("--out-folder", type=Path, required=True, help="folder for gallery.tsv and its pictures")
    args = parser.parse_args()
    settings = ClustersSettings(**args.settings.get("clusters", {}))
    keep_mesh = ExtractionSettings(**args.settings.get("extraction", {})).keep_mesh
    videos = {v["video"]: v for v in base.read_tsv(args.videos, VIDEOS).iter_rows(named=True)}
    embedding, clusters = base.read(args.embedding, EMBEDDING), base.read(args.clusters, CLUSTERS)
    middle_s = 0.5 / base.read_stamp(args.embedding)["rate_hz"]
    moments = gallery.nearest_moments(embedding, clusters, settings.gallery_pictures).sort("video", "time_s")
    with folder_replacement(args.out_folder, of_suffix(".jpg", ".tsv")) as folder:
        table = write_pictures(moments, videos, middle_s, keep_mesh, folder)
        base.write_tsv(folder / "gallery.tsv", GALLERY, table)
    print(f"{len(table)} pictures of {table['cluster'].n_unique()} clusters")


def write_pictures(
    moments: pl.DataFrame, videos: dict[str, dict], middle_s: float, keep_mesh: bool, folder: Path
) -> pl.DataFrame:
    """Write the pictures of the `moments` into `folder`; returns what there is of them, as `GALLERY` has it.

    middle_s: from the beginning of a moment to its middle.
    """
    rows = []
    for wanted in moments.partition_by("video", maintain_order=True):
        video = videos[wanted["video"][0]]
        if video["path"] is None or not Path(video["path"]).is_file():  # the tables outlive a video that was deleted
            print(f"{video['video']}: no pictures (there is no video)")
            continue
        found: list[Picture] = []
        try:
            found.extend(pictures(video, wanted["time_s"].to_numpy() + middle_s))  # what came before an error stays
        except VideoError as error:
            print(f"{video['video']}: {len(found)} of {len(wanted)} pictures ({error})")
        faces = meshes(video, found) if keep_mesh else [None] * len(found)  # else it may vanish at any moment
        for row, picture, face in zip(wanted.iter_rows(named=True), found, faces, strict=False):
            stem = f"cluster-{row['cluster']:02d}-{row['rank']}"
            made = {f"{stem}.jpg": picture.picture, f"{stem}-drawn.jpg": draw(picture, face)}
            names = [_written(folder / name, image) for name, image in made.items()]
            rows.append({**row, "time_s": picture.time_s, "picture": names[0], "drawn": names[1]})
    return pl.DataFrame(rows, schema=base.polars_schema(GALLERY)).sort("cluster", "rank")


def _written(path: Path, picture: np.ndarray | None) -> str | None:
    if picture is None:
        return None
    with replacement(path) as temporary:
        temporary.write_bytes(gallery.jpeg(picture))
    return path.name


if __name__ == "__main__":
    step.run(main)
