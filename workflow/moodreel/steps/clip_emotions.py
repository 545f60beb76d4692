"""From the emotion scores of its frames to a class for each video, and how often that is the one it is said to show."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.emotions.agreement import clip_accuracy, other_classes
from moodreel.emotions.frames import agreement, emotions_of, timeline
from moodreel.emotions.votes import CLASSES, MEAN, vote
from moodreel.errors import UserError
from moodreel.settings.emotions import EmotionsSettings
from moodreel.tables import base
from moodreel.tables.emotions import CLIP_ACCURACY, CLIP_EMOTIONS, DETECTORS, EMOTION_SCORES, EMOTION_TIMELINE, EMOTIONS
from moodreel.tables.videos import VIDEOS
from moodreel.video.table import emotions_sha256, read
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--table", type=Path, required=True, help="the table of videos that a person has written")
    parser.add_argument("--emotions-sha256", help="its emotions as they were when the run was planned")
    parser.add_argument(
        "--scores", nargs="+", required=True,
        help="by detector, where a video's emotions.parquet lies within its folder, such as emotions-haar-0123abcd",
    )  # fmt: skip
    parser.add_argument("--clips-out", type=Path, required=True, help="clip_emotions.tsv")
    parser.add_argument("--accuracy-out", type=Path, required=True, help="clip_accuracy.tsv")
    parser.add_argument("--detectors-out", type=Path, required=True, help="detectors.tsv")
    parser.add_argument("--timeline-out", type=Path, required=True, help="emotion_timeline.tsv")
    args = parser.parse_args()
    settings = EmotionsSettings(**args.settings.get("emotions", {}))
    given = read(args.table)
    if args.emotions_sha256 not in (None, emotions_sha256(given)):
        raise UserError(f"{args.table} has changed since the run was planned. Run again, for what is new.")
    labels = {video.video: video.emotion for video in given}
    videos = base.read_tsv(args.videos, VIDEOS)
    rows, agreeing, over_time = [], Agreement(settings), Timelines(settings)
    for video, performer, folder in videos.select("video", "performer", "folder").iter_rows():
        tables = scores_of(Path(folder), args.scores)
        agreeing.add(tables)
        over_time.add(video, performer, tables)
        if len(tables) > 1:
            tables[MEAN] = mean_of([*tables.values()])
        rows += [
            clip(video, performer, name, table, settings.classes, settings.decimals) | {"label": labels.get(video)}
            for name, table in tables.items()
        ]
    clips = pl.DataFrame(rows, schema=base.polars_schema(CLIP_EMOTIONS))
    base.write_tsv(args.clips_out, CLIP_EMOTIONS, clips)
    base.write_tsv(args.detectors_out, DETECTORS, agreeing.table())
    base.write_tsv(args.timeline_out, EMOTION_TIMELINE, over_time.table())
    accuracy = pl.DataFrame(list(accuracies(clips, settings)), schema=base.polars_schema(CLIP_ACCURACY))
    base.write_tsv(args.accuracy_out, CLIP_ACCURACY, accuracy)
    with_face = clips.filter(pl.col("frames_with_face") > 0)
    print(f"{len(with_face)} of {len(clips)} videos have a face in some frame; {len(accuracy)} figures beside labels")


def scores_of(folder: Path, places: Sequence[str]) -> dict[str, pl.DataFrame]:
    """By detector the table EMOTION_SCORES of the video in a folder. Raises UserError where they have other frames."""
    paths = {place.split("-")[1]: folder / place / "emotions.parquet" for place in places}
    tables = {name: base.read(path, EMOTION_SCORES) for name, path in paths.items() if path.is_file()}
    frames = [table["frame"] for table in tables.values()]
    if any(not other.equals(frames[0]) for other in frames[1:]):
        raise UserError(f"{folder}: its tables of emotion scores have other frames. Delete them and run again.")
    return tables


class Agreement:
    """Counts of DETECTORS, added up over videos."""

    def __init__(self, settings: EmotionsSettings) -> None:
        self._settings = settings
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def add(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Count the frames of one video, of its tables by detector."""
        for first, second in itertools.combinations(tables, 2):
            found = agreement(tables[first], tables[second], self._settings.classes, self._settings.decimals)
            self._counts.setdefault((first, second), Counter()).update(found)

    def table(self) -> pl.DataFrame:
        """The table DETECTORS."""
        names = DETECTORS.names[2:]
        rows = [
            {"first": first, "second": second, **{name: counts[name] for name in names}}
            for (first, second), counts in self._counts.items()
        ]
        return pl.DataFrame(rows, schema=base.polars_schema(DETECTORS))


class Timelines:
    """Rows of EMOTION_TIMELINE, of videos as they come."""

    def __init__(self, settings: EmotionsSettings) -> None:
        self._decimals = settings.decimals
        self._rows: list[dict[str, Any]] = []
        self._of_performers: dict[tuple[str, str], list[np.ndarray]] = {}

    def add(self, video: str, performer: str, tables: Mapping[str, pl.DataFrame]) -> None:
        """Add one video, of its tables by detector."""
        for detector, table in tables.items():
            found = emotions_of(table, self._decimals)
            of_video = {"of": "video", "name": video, "detector": detector}
            self._rows += [of_video | row for row in timeline(found, table["time_s"].to_numpy())]
            self._of_performers.setdefault((performer, detector), []).append(found)

    def table(self) -> pl.DataFrame:
        """The table EMOTION_TIMELINE, videos before performers."""
        rows = [
            {"of": "performer", "name": performer, "detector": detector} | row
            for (performer, detector), parts in self._of_performers.items()
            for row in timeline(np.concatenate(parts))
        ]
        return pl.DataFrame([*self._rows, *rows], schema=base.polars_schema(EMOTION_TIMELINE))


def mean_of(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The mean scores of several detectors, frame by frame, of those that found a face there."""
    values = np.stack([table.select(*EMOTIONS, "height").cast(pl.Float64).to_numpy() for table in tables])
    there = ~np.isnan(values).any(axis=2, keepdims=True)
    count = there.sum(axis=0)
    mean = np.where(count > 0, np.where(there, values, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
    return (
        tables[0]
        .select("frame")
        .with_columns(*(pl.Series(name, mean[:, n]).fill_nan(None) for n, name in enumerate((*EMOTIONS, "height"))))
    )


def clip(
    video: str, performer: str, detector: str, scores: pl.DataFrame, classes: Mapping[str, str], decimals: int | None
) -> dict[str, Any]:
    """A row of CLIP_EMOTIONS but for its label, of the `scores` of its frames."""
    found = vote(scores.select(EMOTIONS).cast(pl.Float64).to_numpy(), classes, decimals)
    return {
        "video": video,
        "performer": performer,
        "detector": detector,
        "frames": len(scores),
        "frames_with_face": len(scores) - scores[EMOTIONS[0]].null_count(),
        "face_height": scores["height"].median(),
        **{f"frames_{name}": int(n) for name, n in zip(EMOTIONS, found.frames, strict=True)},
        **{f"mean_{name}": None if np.isnan(x) else float(x) for name, x in zip(EMOTIONS, found.mean, strict=True)},
        **{name.lower(): int(n) for name, n in zip(CLASSES, found.classes, strict=True)},
        "by_votes": found.by_votes,
        "by_mean": found.by_mean,
    }


def accuracies(clips: pl.DataFrame, settings: EmotionsSettings) -> Iterator[dict[str, Any]]:
    """Rows of CLIP_ACCURACY, of the table CLIP_EMOTIONS: those of its videos whose label is one of the classes."""
    labelled = clips.filter(pl.col("label").is_in(CLASSES))
    detectors = labelled["detector"].unique(maintain_order=True)
    for (name, classes), rule in itertools.product(other_classes(settings.classes).items(), ("votes", "mean")):
        for detector in detectors:
            mine = with_class(labelled.filter(detector=detector), classes, rule)
            for counted, part in (("all", mine), ("with_face", mine.drop_nulls("class"))):
                if not part.is_empty():
                    yield {
                        "detector": detector,
                        "rule": rule,
                        "classes": name,
                        "counted": counted,
                        **clip_accuracy(part),
                    }


def with_class(clips: pl.DataFrame, classes: Mapping[str, str], rule: str) -> pl.DataFrame:
    """The same with a column `class`: by the `votes` of frames or the `mean` of scores, null without a face."""
    kind = "frames" if rule == "votes" else "mean"
    sums = clips.select(
        pl.sum_horizontal(
            [f"{kind}_{emotion}" for emotion, own in classes.items() if own == name] or [pl.lit(0)]
        ).alias(name)
        for name in CLASSES
    ).to_numpy()
    best = pl.Series(np.array(CLASSES)[np.argmax(sums, axis=1)] if len(sums) else [], dtype=pl.String)
    return clips.with_columns(pl.when(pl.col("frames_with_face") > 0).then(best).alias("class"))


if __name__ == "__main__":
    step.run(main)
