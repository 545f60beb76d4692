"""A run's tables, as figures and page need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from moodreel.settings.clusters import ClustersSettings
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
    """What a run found. `features` holds the columns that figures show, in their terms (`movement.readable`);
    `face_backends` are those that have read the kept videos; `strips` are the emotions of each video over time, where
    these are scored, and `people` those of each person's videos one after the other; `unnamed` says that built-in clips
    are among the videos, of whose people no emotion is named."""

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

    @property
    def cluster_verdict(self) -> ClusterVerdict:
        """Whether there is evidence of clusters."""
        return cluster_verdict.read(self.clusters_stamp, self.clusters["cluster"].n_unique())


def read(folder: Path, settings: Mapping[str, Any], emotions: str | None = None) -> Run:
    """The run in `folder`, results/runs/<run>; a table that is not there is read as one without rows.

    emotions: where emotion scores lie in a video's folder, if there are any.
    """
    videos = _read(folder / "videos.tsv", VIDEOS)
    strips = _strips(videos, emotions, settings.get("emotions", {}).get("decimals")) if emotions else {}
    return Run(
        name=folder.name,
        features=_features(folder / "features.parquet"),
        windows=_read(folder / "windows.parquet", WINDOWS),
        labels=_read(folder / "labels.parquet", LABELS),
        silhouette=_read(folder / "silhouette.tsv", SILHOUETTE),
        clusters=_read(folder / "clusters.parquet", CLUSTERS),
        gallery=_read(folder / "gallery" / "gallery.tsv", GALLERY),
        gallery_folder=folder / "gallery",
        evaluation=_read(folder / "evaluation.tsv", EVALUATION),
        predictions=_read(folder / "predictions.parquet", PREDICTIONS),
        classes=_read(folder / "classes.tsv", CLASSES),
        comparisons=_read(folder / "comparisons.tsv", COMPARISONS),
        calibration=_read(folder / "calibration.tsv", CALIBRATION),
        leakage=_read(folder / "leakage.tsv", LEAKAGE),
        modalities=_read(folder / "modalities.tsv", MODALITIES),
        comparison=_read(folder / "comparison.tsv", COMPARISON),
        cluster_names=ClustersSettings.model_validate(settings.get("clusters", {})).names,
        classify=ClassifySettings.model_validate(settings.get("classify", {})),
        clusters_stamp=base.read_stamp(folder / "clusters.parquet") if (folder / "clusters.parquet").is_file() else {},
        face_backends=_face_backends(folder / "features.parquet"),
        strips=tuple(strips.values()),
        people=_people(videos, strips),
        unnamed="builtin" in videos["kind"],
    )


def _strips(videos: pl.DataFrame, emotions: str, decimals: int | None) -> dict[str, Strip]:
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


def _people(videos: pl.DataFrame, strips: Mapping[str, Strip]) -> tuple[Strip, ...]:
    """The same of each performer, whose videos come one after the other in their order."""
    people: dict[str, list[Strip]] = {}
    for video, performer in videos["video", "performer"].iter_rows():
        if video in strips:
            people.setdefault(performer, []).append(strips[video])
    return tuple(_one_after_the_other(name, own) for name, own in people.items())


def _one_after_the_other(name: str, strips: Sequence[Strip]) -> Strip:
    ends_s = np.cumsum([0.0, *(strip.seconds for strip in strips)])
    times_s = [strip.times_s + begins_s for strip, begins_s in zip(strips, ends_s, strict=False)]
    emotions = np.concatenate([strip.emotions for strip in strips])
    return Strip(name, emotions, np.concatenate(times_s), float(ends_s[-1]))


def _read(path: Path, spec: Table) -> pl.DataFrame:
    if not path.is_file():
        return pl.DataFrame(schema=base.polars_schema(spec))
    return base.read_tsv(path, spec) if path.suffix == ".tsv" else base.read(path, spec)


def _face_backends(path: Path) -> tuple[str, ...]:
    return tuple(base.read_stamp(path).get("face_backends", ())) if path.is_file() else ()


def _features(path: Path) -> pl.DataFrame:
    if not path.is_file():
        return pl.DataFrame(schema=base.polars_schema(FEATURES))
    return movement.readable(base.read(path, FEATURES, movement.readable_columns(pq.read_schema(path).names)))
