"""Reads a run's tables for figures and page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.emotions.frames import emotions_of
from moodreel.report import cluster_verdict, movement
from moodreel.report.cluster_verdict import ClusterVerdict
from moodreel.report.emotion_charts import Strip
from moodreel.settings.classify import ClassifySettings
from moodreel.tables import base
from moodreel.tables.classify import CALIBRATION, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, MODALITIES, PREDICTIONS
from moodreel.tables.clusters import CLUSTERS, GALLERY, SILHOUETTE
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.paper import COMPARISON
from moodreel.tables.schema import Table
from moodreel.tables.videos import VIDEOS


@dataclass(frozen=True)
class Run:
    """The results of a run. `features` holds the columns that figures show, in their terms (`movement.readable`);
    `face_backends` are those that have read the kept videos; `strips` are the emotions of each video over time, where
    these are scored, and `people` those of each person's videos one after the other; `unnamed`: whether built-in clips
    are among the videos, for whose people no emotion is named; `missing`: why parts of the run are empty, a sentence
    each."""

    name: str
    features: pl.DataFrame
    windows: pl.DataFrame
    labels: pl.DataFrame
    silhouette: pl.DataFrame
    clusters: pl.DataFrame
    gallery: pl.DataFrame
    gallery_folder: Path
    evaluation: pl.DataFrame
    predictions: pl.DataFrame
    classes: pl.DataFrame
    comparisons: pl.DataFrame
    calibration: pl.DataFrame
    leakage: pl.DataFrame
    modalities: pl.DataFrame
    comparison: pl.DataFrame
    cluster_names: Mapping[int, str]
    classify: ClassifySettings
    clusters_stamp: Mapping[str, Any] = field(default_factory=dict)
    face_backends: tuple[str, ...] = ()
    strips: tuple[Strip, ...] = ()
    people: tuple[Strip, ...] = ()
    unnamed: bool = False
    missing: tuple[str, ...] = ()

    @property
    def cluster_verdict(self) -> ClusterVerdict:
        """Whether there is evidence of clusters."""
        return cluster_verdict.read(self.clusters_stamp, self.clusters["cluster"].n_unique())


TABLES = {
    "windows": WINDOWS,
    "labels": LABELS,
    "silhouette": SILHOUETTE,
    "clusters": CLUSTERS,
    "evaluation": EVALUATION,
    "predictions": PREDICTIONS,
    "classes": CLASSES,
    "comparisons": COMPARISONS,
    "calibration": CALIBRATION,
    "leakage": LEAKAGE,
    "modalities": MODALITIES,
    "comparison": COMPARISON,
}
"""The tables of a run that are shown unchanged, by their names in `Run`."""


def read(paths: Mapping[str, Path | None], settings: Any, emotions: str | None = None) -> Run:
    """The run with its tables at `paths`, by name: `videos` in its folder, `features`, the folder `gallery`, and those
    of `TABLES` that exist; the others are read as tables without rows, and so is the gallery of a run without clusters.

    settings: has the sections `clusters`, `classify` and `emotions`.
    emotions: the place of emotion scores in a video's folder, if there are any.
    """
    given = {name: path for name, path in paths.items() if path}
    videos, features = base.read_tsv(given["videos"], VIDEOS), given["features"]
    missing = missing_in(path for path in given.values() if isinstance(path, Path))
    strips = strips_of(videos, emotions, settings.emotions.decimals) if emotions else {}
    return Run(
        name=given["videos"].parent.name,
        features=movement.readable(
            base.read(features, FEATURES, movement.readable_columns(pq.read_schema(features).names))
        ),
        gallery=_read(None if "clusters.parquet" in missing else given["gallery"] / "gallery.tsv", GALLERY),
        gallery_folder=given["gallery"],
        **{name: _read(given.get(name), table) for name, table in TABLES.items()},
        cluster_names=settings.clusters.names,
        classify=settings.classify,
        clusters_stamp=base.read_stamp(given["clusters"]),
        face_backends=tuple(base.read_stamp(features).get("face_backends", ())),
        strips=tuple(strips.values()),
        people=people_of(videos, strips),
        unnamed="builtin" in videos["kind"],
        missing=tuple(dict.fromkeys(missing.values())),
    )


def missing_in(paths: Iterable[Path]) -> dict[str, str]:
    """By name, why a table among `paths` is empty, from its stamp, in their order; whole ones are left out."""
    stamps = {path.name: base.read_stamp(path) for path in paths if path.suffix == ".parquet"}
    return {name: stamp["missing"] for name, stamp in stamps.items() if stamp.get("missing")}


def strips_of(videos: pl.DataFrame, emotions: str, decimals: int | None) -> dict[str, Strip]:
    """By id, the emotions of each of VIDEOS that has scores and frames."""
    found = {}
    for video, folder in videos["video", "folder"].iter_rows():
        path = Path(folder, emotions, "emotions.parquet")
        table = base.read(path, EMOTION_SCORES, columns=["time_s", *EMOTIONS]) if path.is_file() else pl.DataFrame()
        if len(table):
            times_s = table["time_s"].to_numpy() - table["time_s"][0]
            frame_s = times_s[-1] / max(len(times_s) - 1, 1)
            found[video] = Strip(video, emotions_of(table, decimals), times_s, times_s[-1] + frame_s)
    return found


def people_of(videos: pl.DataFrame, strips: Mapping[str, Strip]) -> tuple[Strip, ...]:
    """The emotions of each performer, whose videos come one after the other in their order."""
    people: dict[str, list[Strip]] = {}
    for video, performer in videos["video", "performer"].iter_rows():
        if video in strips:
            people.setdefault(performer, []).append(strips[video])
    return tuple(_join_strips(name, own) for name, own in people.items())


def _join_strips(name: str, strips: Sequence[Strip]) -> Strip:
    ends_s = np.cumsum([0.0, *(strip.seconds for strip in strips)])
    times_s = [strip.times_s + begins_s for strip, begins_s in zip(strips, ends_s, strict=False)]
    emotions = np.concatenate([strip.emotions for strip in strips])
    return Strip(name, emotions, np.concatenate(times_s), float(ends_s[-1]))


def _read(path: Path | None, spec: Table) -> pl.DataFrame:
    if path is None:
        return pl.DataFrame(schema=base.polars_schema(spec))
    return base.read_tsv(path, spec) if path.suffix == ".tsv" else base.read(path, spec)
