"""From the emotion scores of frames to a class for each video, and its agreement with the video's label."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.emotions.agreement import clip_accuracy, other_classes
from moodreel.emotions.frames import agreement, emotions_of, timeline
from moodreel.emotions.votes import CLASSES, vote
from moodreel.errors import UserError
from moodreel.settings.emotions import EmotionsSettings
from moodreel.tables import base
from moodreel.tables.emotions import CLIP_ACCURACY, DETECTORS, EMOTION_SCORES, EMOTION_TIMELINE, EMOTIONS


def read_scores(folder: Path, places: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The tables EMOTION_SCORES of the video in a folder, by detector. Raises UserError where their frames differ."""
    paths = {place.split("-")[1]: folder / place / "emotions.parquet" for place in places}
    tables = {name: base.read(path, EMOTION_SCORES) for name, path in paths.items() if path.is_file()}
    frames = [table["frame"] for table in tables.values()]
    if any(not other.equals(frames[0]) for other in frames[1:]):
        raise UserError(f"{folder}: its tables of emotion scores have different frames. Delete them and run again.")
    return tables


class Agreement:
    """The counts of DETECTORS, summed over videos."""

    def __init__(self, settings: EmotionsSettings) -> None:
        self._settings = settings
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def add(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Count the frames of one video, from its tables by detector."""
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
    """The rows of EMOTION_TIMELINE, collected video by video."""

    def __init__(self, settings: EmotionsSettings) -> None:
        self._decimals = settings.decimals
        self._rows: list[dict[str, Any]] = []
        self._of_performers: dict[tuple[str, str], list[np.ndarray]] = {}

    def add(self, video: str, performer: str, tables: Mapping[str, pl.DataFrame]) -> None:
        """Add one video, from its tables by detector."""
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
    """The mean scores over several detectors, frame by frame, of those that found a face there."""
    values = np.stack([table.select(*EMOTIONS, "height").cast(pl.Float64).to_numpy() for table in tables])
    has_face = ~np.isnan(values).any(axis=2, keepdims=True)
    count = has_face.sum(axis=0)
    mean = np.where(count > 0, np.where(has_face, values, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
    return (
        tables[0]
        .select("frame")
        .with_columns(*(pl.Series(name, mean[:, n]).fill_nan(None) for n, name in enumerate((*EMOTIONS, "height"))))
    )


def clip(video: str, performer: str, detector: str, scores: pl.DataFrame, settings: EmotionsSettings) -> dict[str, Any]:
    """A row of CLIP_EMOTIONS without its label, from the `scores` of the clip's frames."""
    found = vote(scores.select(EMOTIONS).cast(pl.Float64).to_numpy(), settings.classes, settings.decimals)
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


def accuracies(clips: pl.DataFrame, settings: EmotionsSettings) -> pl.DataFrame:
    """The table CLIP_ACCURACY from a table CLIP_EMOTIONS: of its videos whose label is one of the classes."""
    labelled, rows = clips.filter(pl.col("label").is_in(CLASSES)), []
    detectors = labelled["detector"].unique(maintain_order=True)
    for (name, classes), rule in itertools.product(other_classes(settings.classes).items(), ("votes", "mean")):
        for detector in detectors:
            mine = _with_class(labelled.filter(detector=detector), classes, rule)
            for counted, part in (("all", mine), ("with_face", mine.drop_nulls("class"))):
                if not part.is_empty():
                    keys = {"detector": detector, "rule": rule, "classes": name, "counted": counted}
                    rows.append({**keys, **clip_accuracy(part)})
    return pl.DataFrame(rows, schema=base.polars_schema(CLIP_ACCURACY))


def _with_class(clips: pl.DataFrame, classes: Mapping[str, str], rule: str) -> pl.DataFrame:
    """`clips` with a column `class`: by the `votes` of frames or the `mean` of scores, null without a face."""
    kind = "frames" if rule == "votes" else "mean"
    sums = clips.select(
        pl.sum_horizontal(
            [f"{kind}_{emotion}" for emotion, own in classes.items() if own == name] or [pl.lit(0)]
        ).alias(name)
        for name in CLASSES
    ).to_numpy()
    best = pl.Series(np.array(CLASSES)[np.argmax(sums, axis=1)] if len(sums) else [], dtype=pl.String)
    return clips.with_columns(pl.when(pl.col("frames_with_face") > 0).then(best).alias("class"))
