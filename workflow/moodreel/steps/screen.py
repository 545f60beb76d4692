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


def screened(video: str, folder: Path, settings: ScreenSettings) -> dict:
    """One row of SCREENING, from the tables in `folder`."""
    pose, face = (base.read(folder / name, spec) for name, spec in (("pose.parquet", POSE), ("face.parquet", FACE)))
    stamp = base.read_stamp(folder / "pose.parquet")
    measures = screen.measure(pose, face, stamp, settings, base.read_stamp(folder / "face.parquet"))
    reason = screen.decide(measures, settings, stamp.get("reason"))
    return {"video": video, "kept": reason is None, "reason": reason, **measures}


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--out", type=Path, required=True, help="screening.tsv")
    args = parser.parse_args()
    settings = ScreenSettings(**args.settings.get("screen", {}))
    videos = base.read_tsv(args.videos, VIDEOS)
    rows = [screened(v["video"], Path(v["folder"]), settings) for v in videos.iter_rows(named=True)]
    base.write_tsv(args.out, SCREENING, pl.DataFrame(rows, schema=base.polars_schema(SCREENING)))
    for row in rows:
        if not row["kept"]:
            print(f"dropped {row['video']}: {row['reason']}")
    print(f"kept {sum(r['kept'] for r in rows)} of {len(rows)} videos")


if __name__ == "__main__":
    command.run(main)
