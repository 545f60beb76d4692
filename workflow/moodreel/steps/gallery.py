"""Cut out the frames nearest each cluster's centre, for a person to look at and name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.clusters import gallery
from moodreel.files import replacing
from moodreel.settings.clusters import ClustersSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, GALLERY
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.tables.videos import VIDEOS
from moodreel.video import decode
from moodreel.video.errors import VideoError


def pictures(video: dict, wanted: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Presentation time and cut-out of the first frame at or after each of the `wanted` times (s, rising)."""
    pose = base.read(Path(video["folder"]) / "pose.parquet", POSE)
    points = pose.select([f"{p}_{axis}" for p in BODY_25 for axis in "xy"]).cast(pl.Float64).to_numpy()
    points = dict(zip(pose["frame"], points.reshape(len(pose), -1, 2), strict=True))
    waiting = list(wanted)
    with closing(decode.frames(video["path"])) as frames:
        for frame in frames:
            while waiting and frame.time_s >= waiting[0] - 1e-6:
                waiting.pop(0)
                height, width = frame.picture.shape[:2]
                whole = video["kind"] == "builtin" or frame.index not in points  # "synthetic" stays in view
                region = (0, 0, width, height) if whole else gallery.person_region(points[frame.index], width, height)
                yield frame.time_s, gallery.thumbnail(frame.picture, region)
            if not waiting:
                return


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--embedding", type=Path, required=True, help="embedding.parquet")
    parser.add_argument("--clusters", type=Path, required=True, help="clusters.parquet")
    parser.add_argument("--out-folder", type=Path, required=True, help="folder for gallery.tsv and its pictures")
    args = parser.parse_args()
    settings = ClustersSettings(**args.settings.get("clusters", {}))
    videos = {v["video"]: v for v in base.read_tsv(args.videos, VIDEOS).iter_rows(named=True)}
    embedding, clusters = base.read(args.embedding, EMBEDDING), base.read(args.clusters, CLUSTERS)
    middle_s = 0.5 / base.read_stamp(args.embedding)["rate_hz"]
    moments = gallery.nearest_moments(embedding, clusters, settings.gallery_pictures).sort("video", "time_s")
    args.out_folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for wanted in moments.partition_by("video", maintain_order=True):
        video = videos[wanted["video"][0]]
        if video["path"] is None:
            print(f"{video['video']}: no pictures (there is no video)")
            continue
        try:
            found = pictures(video, wanted["time_s"].to_numpy() + middle_s)
            for row, (time_s, picture) in zip(wanted.iter_rows(named=True), found, strict=False):
                name = f"cluster-{row['cluster']:02d}-{row['rank']}.jpg"
                with replacing(args.out_folder / name) as path:
                    path.write_bytes(gallery.jpeg(picture))
                rows.append({**row, "time_s": time_s, "picture": name})
        except (VideoError, FileNotFoundError) as error:  # the tables outlive a video that was deleted
            print(f"{video['video']}: no pictures ({error})")
    table = pl.DataFrame(rows, schema=base.polars_schema(GALLERY)).sort("cluster", "rank")
    base.write_tsv(args.out_folder / "gallery.tsv", GALLERY, table)
    print(f"{len(table)} pictures of {table['cluster'].n_unique()} clusters")


if __name__ == "__main__":
    command.run(main)
