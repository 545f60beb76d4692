"""Read body pose and face mesh from several videos in one process, ahead of each video's own job, which takes them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2

from moodreel.errors import UserError
from moodreel.extraction.job import Job, Sections, Video, crops_beside
from moodreel.storage import atomic
from moodreel.tables import staging
from moodreel.workflow import old_step as step


def main() -> None:
    args = _arguments()
    sections = Sections.of(args.settings).on(device=args.device, threads=args.threads, lanes=args.lanes)
    cv2.setNumThreads(sections.extraction.threads)
    unread = [row for row in args.videos if not _is_waiting(row, args)]
    print(f"{len(unread)} of {len(args.videos)} videos to read")
    if unread:
        Job(sections, args.models, args.code).extract([_video(row, args.crops) for row in unread])
    manifest = [{**row, "read": row in unread} for row in args.videos]
    atomic.write_text(args.manifest_out, json.dumps(manifest, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = step.parser(__doc__)
    parser.add_argument(
        "--videos",
        type=json.loads,
        required=True,
        help="JSON list of objects: path, folder (of the tables), start_s, end_s (null: all of it)",
    )
    parser.add_argument("--models", type=Path, required=True, help="folder of the converted networks")
    parser.add_argument("--manifest-out", type=Path, required=True, help="JSON list of what was read, and what before")
    step.add_where(parser)
    step.add_crops(parser)
    return parser.parse_args()


def _is_waiting(row: dict[str, Any], args: argparse.Namespace) -> bool:
    """Whether a video's tables were made before, by a job of its shard that did not end."""
    video = Path(row["path"])
    if not video.is_file():
        raise UserError(f"--videos: {video}: there is no such file")
    recipe = staging.Recipe(args.code, args.settings, args.models, video, row["start_s"], row["end_s"])
    return all(recipe.matches(staging.path(table)) for table in _tables(row))


def _video(row: dict[str, Any], crops: list[tuple[str, str]]) -> Video:
    """A video whose tables will wait."""
    pose, mesh = map(staging.path, _tables(row))
    beside = crops_beside(Path(row["folder"], "mesh.parquet"), crops)
    return Video(Path(row["path"]), pose, mesh, row["start_s"], row["end_s"], crops=beside)


def _tables(row: dict[str, Any]) -> list[Path]:
    return [Path(row["folder"], name) for name in ("pose.parquet", "mesh.parquet")]


if __name__ == "__main__":
    step.run(main)
