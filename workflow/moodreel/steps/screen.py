"""Screen a run's videos: which are kept, and why not the others."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.features import screen
from moodreel.settings.screen import ScreenSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING
from moodreel.tables.videos import VIDEOS


def screened(video: str, pose: Path, face: Path, settings: ScreenSettings) -> dict:
    """One row of SCREENING, from the tables of the video's `pose` and `face`."""
    stamp = base.read_stamp(pose)
    measures = screen.measure(base.read(pose, POSE), base.read(face, FACE), stamp, settings, base.read_stamp(face))
    reason = screen.decide(measures, settings, stamp.get("reason"))
    return {"video": video, "kept": reason is None, "reason": reason, **measures}


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--out", type=Path, required=True, help="screening.tsv")
    args = parser.parse_args()
    settings = ScreenSettings(**args.settings.get("screen", {}))
    videos = base.read_tsv(args.videos, VIDEOS)
    rows = [
        screened(v["video"], Path(v["folder"], "pose.parquet"), Path(v["face_folder"], "face.parquet"), settings)
        for v in videos.iter_rows(named=True)
    ]
    base.write_tsv(args.out, SCREENING, pl.DataFrame(rows, schema=base.polars_schema(SCREENING)))
    for row in rows:
        if not row["kept"]:
            print(f"dropped {row['video']}: {row['reason']}")
    print(f"kept {sum(r['kept'] for r in rows)} of {len(rows)} videos")


if __name__ == "__main__":
    command.run(main)
