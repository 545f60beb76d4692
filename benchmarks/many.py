"""Extract several files in this process, and print as JSON how many frames they had and when the first was begun."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import pyarrow.parquet as pq

from moodreel.extraction.job import Job, Sections, Video


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--started", type=float, required=True, help="time.monotonic() when this process was started")
    parser.add_argument("--settings", type=json.loads, required=True, help="sections of the settings, as JSON")
    parser.add_argument("--models", type=Path, required=True, help="folder of the networks")
    parser.add_argument("--folder", type=Path, required=True, help="where the tables go")
    parser.add_argument("--end-s", type=float, help="so much of each")
    parser.add_argument("videos", type=Path, nargs="+", help="media files")
    args = parser.parse_args()
    sections = Sections.of(args.settings)
    videos = [
        Video(
            path,
            args.folder / f"{path.stem}-pose.parquet",
            args.folder / f"{path.stem}-mesh.parquet",
            end_s=args.end_s,
        )
        for path in args.videos
    ]
    ready_s = time.monotonic() - args.started
    Job(sections, args.models, "benchmark").extract(videos)
    wall_s = time.monotonic() - args.started
    frames = sum(pq.read_metadata(video.pose_out).num_rows for video in videos)
    print(json.dumps({"wall_s": wall_s, "ready_s": ready_s, "cpu_s": time.process_time(), "frames": frames}))


if __name__ == "__main__":
    main()
