"""Compares a paper on clusters of movement with a run: its accuracies, columns, clusters and music."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import polars as pl
import pyarrow.parquet as pq

from moodreel.clusters.judgement import Evidence, most_stable
from moodreel.report import modalities
from moodreel.report.comparison import study
from moodreel.report.comparison.fidelity import FIDELITY, LABEL_ACCURACY, WAYS, accuracies, paper_against_ours
from moodreel.report.comparison.published import PublishedFigure, PublishedPaper
from moodreel.report.comparison.study import Row, row, sentence
from moodreel.report.style import svg
from moodreel.tables import base
from moodreel.tables.classify import EVALUATION, MODALITIES
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.music import PAIRS
from moodreel.tables.videos import VIDEOS


@dataclass(frozen=True)
class Study(study.Study):
    """A run of the whole chain.

    columns: the features' names. feature_notes: those in the features' stamp. The other tables by their names.
    """

    screening: pl.DataFrame
    columns: Sequence[str]
    feature_notes: Sequence[str]
    windows: pl.DataFrame
    silhouette: pl.DataFrame
    clusters: pl.DataFrame
    evaluation: pl.DataFrame
    modalities: pl.DataFrame
    pairs: pl.DataFrame

    TEMPLATE: ClassVar[str] = "comparison/expressions.html.j2"
    NOTES: ClassVar[tuple[str, ...]] = ("classifiers", "clusters", "modalities", "pairing")
    WAY: ClassVar[str] = "folds"
    ABSENT: ClassVar[str] = "this run has not evaluated it"
    FILES: ClassVar[tuple[str, ...]] = ("evaluation.tsv", "report.html")

    @classmethod
    def read(cls, name: str, settings: Mapping[str, Any], tables: Mapping[str, Path]) -> Self:
        """The run of this name, with its tables at these paths."""
        return cls(
            name=name,
            settings=settings,
            videos=base.read_tsv(tables["videos"], VIDEOS),
            screening=base.read_tsv(tables["screening"], SCREENING),
            columns=[column for column in pq.read_schema(tables["features"]).names if column not in FEATURES.names],
            feature_notes=base.read_stamp(tables["features"]).get("notes", []),
            windows=base.read(tables["windows"], WINDOWS),
            silhouette=base.read_tsv(tables["silhouette"], SILHOUETTE),
            clusters=base.read(tables["clusters"], CLUSTERS),
            evaluation=base.read_tsv(tables["evaluation"], EVALUATION),
            modalities=base.read_tsv(tables["modalities"], MODALITIES),
            pairs=base.read_tsv(tables["pairs"], PAIRS),
        )

    @property
    def kept_windows(self) -> int:
        """Windows that were not dropped."""
        return self.windows.filter(pl.col("reason").is_null()).height

    @property
    def paired_windows(self) -> int:
        """Windows that got music."""
        return self.pairs.filter(pl.col("rank") == 1).select("video", "start_s").n_unique()

    @property
    def kept_videos(self) -> int:
        """Videos that passed the filters."""
        return int(self.screening["kept"].sum())

    @property
    def cluster_count(self) -> int:
        """Clusters of the run."""
        return self.clusters["cluster"].n_unique()

    def counterparts(self, figure: PublishedFigure) -> Iterator[Row]:
        """One row for each way to deal windows into folds."""
        return accuracies(self.evaluation, figure.quantity, figure.published, figure.sd)

    def further(self, published: PublishedPaper) -> Iterator[Row]:
        """Accuracy on labels that are known from elsewhere, of the paper's classifiers, where it publishes none."""
        known = published.of(LABEL_ACCURACY)
        for classifier in published.of(FIDELITY):
            if classifier not in known:
                yield from accuracies(self.evaluation, f"{LABEL_ACCURACY}/{classifier}", None, None)

    def counts(self, published: PublishedPaper) -> Iterator[Row]:
        """Videos, columns, windows, clusters and windows with music."""
        counts = published.counts
        contradiction = published.contradiction("videos_collected")
        yield row(
            "videos_collected", counts.get("videos_collected"), self.videos.height,
            sentence(contradiction.text) if contradiction else "All videos of the run's table.",
        )  # fmt: skip
        yield row("videos_kept", counts.get("videos_kept"), self.kept_videos, _kept(self.screening))
        yield from _columns(self, published)
        of_windows = "Those kept." if "windows" in counts else "The paper does not say how many windows it had."
        yield row("windows", counts.get("windows"), self.kept_windows, of_windows)
        yield row(
            "clusters", counts.get("clusters"), self.cluster_count, _on_clusters(self.silhouette, self.cluster_count)
        )
        how = sentence(published.notes.get("clusters", ""))
        evidence = f"{_on_evidence(self.silhouette)} {how}".rstrip()
        yield row("clusters_with_evidence", counts.get("clusters"), best_k(self.silhouette), evidence)
        yield row(
            "windows_with_music", counts.get("windows_with_music"), self.paired_windows, _on_music(self, published)
        )

    def way(self, row: Mapping[str, Any]) -> str:
        """How windows were dealt into folds."""
        return WAYS.get(row["group"], row["group"] or "")

    def cards(self, published: PublishedPaper) -> list[tuple[str, str]]:
        """Videos, windows, clusters, columns, windows with music."""
        counts, described = published.counts, published.inference("columns_described")
        of = f" of {counts['videos_collected']:,}" if "videos_collected" in counts else ""
        columns = f"counts {counts['columns']:,}" if "columns" in counts else ""
        if described and described.value is not None:
            columns = (
                f"{columns} and describes {described.value:,.0f}" if columns else f"describes {described.value:,.0f}"
            )
        return [
            (f"{self.kept_videos:,}", f"videos kept of {self.videos.height:,}" + _paper(counts.get("videos_kept"), of)),
            (f"{self.kept_windows:,}", "windows" + (_paper(counts.get("windows")) or "; the paper does not say")),
            (f"{self.cluster_count:,}", "clusters" + _paper(counts.get("clusters"))),
            (f"{len(self.columns):,}", "columns" + (f"; the paper {columns}" if columns else "")),
            (f"{self.paired_windows:,}", "windows with music from a training video"),
        ]  # fmt: skip

    def parts(self, comparison: pl.DataFrame, published: PublishedPaper) -> dict[str, Any]:
        """The figure, and the template's values on folds, labels, parts of the body, clusters and music."""
        names = {classifier: figure.name or classifier for classifier, figure in published.of(FIDELITY).items()}
        figure = paper_against_ours(comparison, names)
        learnt = comparison.filter(pl.col("quantity").str.starts_with(f"{LABEL_ACCURACY}/"))
        return {
            "figure": svg(figure) if figure else "",
            "missing": [name for way, name in WAYS.items() if way not in comparison["group"].to_list()],
            "labels_are_the_papers": bool(published.of(LABEL_ACCURACY)),
            "label_accuracy": [
                {**one, "name": names[one["quantity"].split("/", 1)[1]], "way": self.way(one)}
                for one in learnt.filter(pl.col("published").is_null()).iter_rows(named=True)
            ],
            "modalities": modalities.says(self.modalities),
            "silhouette": self.silhouette.to_dicts(),
            "tracks": self.pairs.filter(pl.col("rank") == 1)["track"].n_unique(),
            "on_music": _on_music(self, published),
        }


def best_k(silhouette: pl.DataFrame) -> int | None:
    """The most stable of the numbers of clusters that there is evidence for; None where there is none for any."""
    passing = silhouette.filter(evidence=Evidence.FOUND)
    return most_stable(passing["k"], dict(passing.select("k", "stability").iter_rows())) if len(passing) else None


def _paper(count: int | None, more: str = "") -> str:
    return "" if count is None else f"; the paper {count:,}{more}"


def _on_evidence(silhouette: pl.DataFrame) -> str:
    passing = silhouette.filter(evidence=Evidence.FOUND)["k"].to_list()
    if passing:
        return f"The most stable of the numbers that there is evidence for: {', '.join(map(str, passing))}."
    if Evidence.NONE in silhouette["evidence"]:
        return "There is evidence for no number of clusters."
    return "Evidence for a number of clusters was not judged."


def _on_clusters(silhouette: pl.DataFrame, found: int) -> str:
    rows = silhouette.filter(k=found).rows(named=True)
    if not rows or rows[0]["evidence"] == Evidence.NOT_JUDGED:
        return f"{found} clusters were not judged: whether they are more than UMAP makes of anything is open."
    p = f"(p = {rows[0]['p_value']:.2g}, corrected for the numbers tried)"
    if rows[0]["evidence"] == Evidence.NONE:
        return (
            f"Shuffled movement, embedded anew, gives silhouettes in the features as high {p}: no evidence for {found}."
        )
    return f"Their silhouette in the features is above that of shuffled movement {p}."


def _kept(screening: pl.DataFrame) -> str:
    dropped = screening.filter(~pl.col("kept"))["reason"].fill_null("").to_list()
    counts: dict[str, int] = {}
    for reason in dropped:
        for why in re.findall(r"screen\.\w+", reason) or [reason.split(":")[0] or "no reason given"]:
            counts[why] = counts.get(why, 0) + 1
    if not counts:
        return "No video fell to the filters."
    return "Dropped, by every filter that said so: " + ", ".join(f"{n} {why}" for why, n in counts.items()) + "."


def _columns(run: Study, published: PublishedPaper) -> Iterator[Row]:
    """This run's count, and the two that a paper may have: ours stands in the row of the one that the run follows."""
    counted, described = published.counts.get("columns"), published.inference("columns_described")
    ours = len(run.columns)
    follows = run.setting("features.paper.columns") if run.setting("features.set") == "paper" else None
    if counted is None and described is None:
        note = "The paper gives no number of columns."
    elif follows is None:
        note = "This run's features are not the paper's columns (features.set)."
    elif any(name.startswith("openface_") for name in run.columns):
        note = "The paper's columns, from tables of OpenFace and OpenPose."
    else:
        note = (
            "The paper's set as an embedded face model gives it: action units, presence, head pose and gaze instead of "
            "OpenFace's columns, and the body in px."
        )
    yield row("columns", counted, ours, note)
    if described and described.value is not None:
        yield row(
            "columns_as_described", described.value, ours if follows == "as_described" else None,
            f"Inference: {sentence(described.text)}" if described.text else "Inference.",
        )  # fmt: skip
        contradiction = published.contradiction("columns")
        yield row(
            "columns_as_counted", counted, ours if follows == "as_counted" else None,
            f"What the paper prints: {sentence(contradiction.text)}" if contradiction else "What the paper prints.",
        )  # fmt: skip


def _on_music(run: Study, published: PublishedPaper) -> str:
    method = run.setting("pairing.method")
    theirs = [one.published for one in published.parameters if one.setting == "pairing.method"]
    if theirs and method not in theirs:
        return f"This run pairs by {method}, not as the paper does."
    if method != "cluster":
        return f"This run pairs by {method}."
    return (
        "The music of the nearest window of the same cluster in a training video. The clusters are the paper "
        "protocol's (made on all windows), the training videos the grouped one's (those outside the clip's fold by "
        "video)."
    )
