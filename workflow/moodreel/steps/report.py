"""Write the page of a run."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.films import word
from moodreel.report import run
from moodreel.report.page import Film, Page, render
from moodreel.settings.annotate import AnnotateSettings
from moodreel.settings.report import ReportSettings
from moodreel.storage.atomic import write_text
from moodreel.tables import base
from moodreel.tables.features import SCREENING
from moodreel.tables.music import PAIRS, UNPAIRED
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import old_step as step

STAMPED = (
    "features.parquet",
    "windows.parquet",
    "embedding.parquet",
    "clusters.parquet",
    "folds.parquet",
    "predictions.parquet",
)


def _first_extracted(videos: pl.DataFrame, folder: Path) -> dict[str, dict]:
    """The stamps of one kept video's tables: all of a run's videos are extracted alike."""
    screening = base.read_tsv(folder / "screening.tsv", SCREENING)
    kept = videos.join(screening.filter("kept"), on="video", how="semi", maintain_order="left")
    places = (("folder", "pose.parquet"), ("folder", "mesh.parquet"), ("face_folder", "face.parquet"))
    paths = [Path(row[folder], name) for row in kept.head(1).iter_rows(named=True) for folder, name in places]
    return {str(path): base.read_stamp(path) for path in paths if path.is_file()}


def films(videos: pl.DataFrame, folder: Path, asked: list[str] | str) -> list[Film]:
    """The films that were asked for and lie in `folder`, the run's, in the order of its videos."""
    found = []
    for video in videos["video"]:
        path = folder / "annotated" / f"{video}.mp4"
        if (asked == "all" or video in asked) and path.is_file():
            found.append(Film(video, path.relative_to(folder).as_posix(), word.read(path).get("reason")))
    return found


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the run's folder, results/runs/<run>")
    parser.add_argument("--emotions", help="where emotion scores lie in a video's folder, if there are any")
    parser.add_argument("--out", type=Path, required=True, help="the page, HTML")
    args = parser.parse_args()
    folder: Path = args.run
    videos = base.read_tsv(folder / "videos.tsv", VIDEOS)
    stamps = {**_first_extracted(videos, folder), **{name: base.read_stamp(folder / name) for name in STAMPED}}
    page = render(
        Page(
            run=run.read(folder, args.settings, args.emotions),
            title=ReportSettings.model_validate(args.settings.get("report", {})).title,
            settings_text=(folder / "settings.yaml").read_text(encoding="utf-8"),
            videos=videos,
            screening=base.read_tsv(folder / "screening.tsv", SCREENING),
            pairs=base.read_tsv(folder / "pairs.tsv", PAIRS),
            unpaired=base.read_tsv(folder / "unpaired.tsv", UNPAIRED),
            previews_folder=folder / "pairs",
            stamps=stamps,
            films=films(videos, folder, AnnotateSettings(**args.settings.get("annotate", {})).videos),
        )
    )
    write_text(args.out, page)
    print(f"wrote {args.out} ({len(page) / 1e6:.1f} MB)")


if __name__ == "__main__":
    step.run(main)
