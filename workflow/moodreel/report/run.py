"""A run's tables, as figures and page need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from moodreel.report import cluster_verdict, movement
from moodreel.report.cluster_verdict import ClusterVerdict
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.clusters import ClustersSettings
from moodreel.tables import base
from moodreel.tables.base import Table
from moodreel.tables.classify import CALIBRATION, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, MODALITIES, PREDICTIONS
from moodreel.tables.clusters import CLUSTERS, GALLERY, SILHOUETTE
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.paper import COMPARISON


@dataclass(frozen=True)
class Run:
    """What a run found. `features` holds the columns that figures show, in their terms (`movement.readable`);
    `face_backends` are those that have read the kept videos."""

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

    @property
    def cluster_verdict(self) -> ClusterVerdict:
        """Whether there is evidence of clusters."""
        return cluster_verdict.read(self.clusters_stamp, self.clusters["cluster"].n_unique())


def read(folder: Path, settings: Mapping[str, Any]) -> Run:
    """The run in `folder`, results/runs/<run>; a table that is not there is read as one without rows."""
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
    )


def _read(path: Path, spec: Table) -> pl.DataFrame:
    if not path.is_file():
        return pl.DataFrame(schema=base.polars_schema(spec))
    return base.read_tsv(path, spec) if path.suffix == ".tsv" else base.read(path, spec)


def _face_backends(path: Path) -> tuple[str, ...]:
    return tuple(base.read_stamp(path).get("face_backends", ())) if path.is_file() else ()


def _features(path: Path) -> pl.DataFrame:
    if not path.is_file():
        return pl.DataFrame(schema=base.polars_schema(FEATURES))
    return movement.readable(base.read(path, FEATURES, movement.wanted(pq.read_schema(path).names)))
