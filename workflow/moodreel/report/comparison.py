"""A paper's published numbers beside a run's own: the table COMPARISON, with what may be concluded of each row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from moodreel.classify.verdict import Verdict
from moodreel.clusters.judgement import Evidence, most_stable
from moodreel.report.published import Published, PublishedFigure
from moodreel.report.summary import Figures, figures
from moodreel.tables import base
from moodreel.tables.paper import COMPARISON

FIDELITY, LABEL_ACCURACY = "fidelity", "label_accuracy"

WAYS = {
    "window": "paper (shuffled)",
    "window_in_order": "paper (in order)",
    "video": "grouped by video",
    "performer": "grouped by performer",
}
"""What the page calls each way to deal windows into folds (FOLDS.group)."""

_LEAK = {
    "window": "windows of one video lie on both sides of a fold",
    "window_in_order": (
        "windows of one video may lie on both sides of a fold's edge, and the table's order decides what a fold holds"
    ),
}


@dataclass(frozen=True)
class Study:
    """What the comparison reads of a run.

    `settings` are all of them, resolved; `columns` the features' names; `notes` what the features' stamp says of them.
    """

    name: str
    settings: Mapping[str, Any]
    videos: pl.DataFrame
    screening: pl.DataFrame
    columns: Sequence[str]
    notes: Sequence[str]
    windows: pl.DataFrame
    silhouette: pl.DataFrame
    clusters: pl.DataFrame
    evaluation: pl.DataFrame
    modalities: pl.DataFrame
    pairs: pl.DataFrame

    @property
    def kept_windows(self) -> int:
        return self.windows.filter(pl.col("reason").is_null()).height

    @property
    def paired_windows(self) -> int:
        return self.pairs.filter(pl.col("rank") == 1).select("video", "start_s").n_unique()

    def setting(self, key: str) -> Any:
        """The setting of this dotted name, None where there is none."""
        value: Any = self.settings
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def compare(study: Study, published: Published) -> pl.DataFrame:
    """The table COMPARISON. What the run has not made has null in `ours`, and the note says so."""
    rows = [*_accuracies(study.evaluation, published), *_counts(study, published)]
    return pl.DataFrame(rows, schema=base.polars_schema(COMPARISON))


def _row(quantity: str, published: float | None, ours: float | None, note: str, **more: Any) -> dict[str, Any]:
    return {"quantity": quantity, "published": published, "ours": ours, "note": note, **more}


def _accuracies(evaluation: pl.DataFrame, published: Published) -> Iterator[dict[str, Any]]:
    """The paper's accuracies are means over folds, and so are ours beside them; the verdict is on pooled windows."""
    accuracy = evaluation.filter(metric="accuracy")
    judged = {(row.classifier, row.labels, row.group): row for row in figures(evaluation)}
    for labels, quantity in (("clusters", FIDELITY), ("truth", LABEL_ACCURACY)):
        for classifier, figure in published.of(FIDELITY).items():
            found = accuracy.filter(classifier=classifier, labels=labels).rows(named=True)
            found.sort(key=lambda row: list(WAYS).index(row["group"]))
            theirs = figure if labels == "clusters" else None
            if theirs and not found:
                yield _row(
                    f"{quantity}/{classifier}", theirs.published, None, "this run has not evaluated it",
                    published_sd=theirs.sd,
                )  # fmt: skip
            for r in found:
                note = _concluded(judged[classifier, labels, r["group"]], r, theirs)
                yield _row(
                    f"{quantity}/{classifier}", theirs and theirs.published, r["fold_mean"], note,
                    published_sd=theirs and theirs.sd, ours_sd=r["fold_sd"], folds=r["folds"],
                    fold_windows=r["fold_windows"], pooled=r["value"], low=r["low"], high=r["high"],
                    windows=r["windows"], people=r["people"], protocol=r["protocol"], group=r["group"],
                    chance_mean=r["chance_mean"], chance_max=r["chance_max"], shuffles=r["shuffles"],
                    majority=r["majority"],
                )  # fmt: skip


def _concluded(row: Figures, accuracy: Mapping[str, Any], published: PublishedFigure | None) -> str:
    """What may be said of our figure and, where there is one, of the published one beside it."""
    leak, what = _LEAK.get(row.group), "repeats the clusters" if published else "tells the labels apart"
    said = f"Ours is {row.says}."
    if row.verdict is Verdict.NOT_JUDGED or row.verdict is Verdict.FEW_ORDERS:
        said = f"Ours {row.says}." if row.says.startswith(("says", "cannot")) else said
    elif row.verdict is Verdict.ABOVE_CHANCE and leak:
        said = f"Ours is {row.says}, but {leak}: it need not hold for a new video."
    elif row.verdict is Verdict.ABOVE_CHANCE:
        said = f"Ours is {row.says}: it {what} on unseen {row.group}s."
    if published is None or not leak:  # the paper's figure was not made with whole videos held out
        return said
    if accuracy["majority"] is not None and published.published <= accuracy["majority"]:
        return f"{said} The published figure is no better than always naming the largest class is here."
    if accuracy["chance_max"] is None:
        return f"{said} What chance gives in place of the published figure was not measured."
    if published.published <= accuracy["chance_max"]:
        return f"{said} The published figure is one that this protocol gives here on shuffled movement, too."
    return f"{said} The published figure is above what shuffled movement gives here; its own null is not known."


def _counts(study: Study, published: Published) -> Iterator[dict[str, Any]]:
    kept = int(study.screening["kept"].sum())
    yield _row(
        "videos_collected", published.counts["videos_collected"], study.videos.height,
        f"The two playlists named as the source held {' + '.join(str(p.videos) for p in published.playlists)} "
        f"videos, which is not {published.counts['videos_collected']}.",
    )  # fmt: skip
    yield _row("videos_kept", published.counts["videos_kept"], kept, _kept(study))
    yield from _columns(study, published)
    yield _row("windows", None, study.kept_windows, "The paper does not say how many fragments it had.")
    found = study.clusters["cluster"].n_unique()
    yield _row("clusters", published.counts["clusters"], found, _on_clusters(study.silhouette, found))
    yield _row(
        "clusters_with_evidence", published.counts["clusters"], best_k(study.silhouette),
        f"{_on_evidence(study.silhouette)} The paper took the highest silhouette, and prints its curve without values.",
    )  # fmt: skip
    yield _row("windows_with_music", None, study.paired_windows, _on_music(study))
    yield _row(
        "webcam_frames", published.counts["webcam_frames"], None,
        "The paper gives no figure for its webcam sample. `apply.last_frames` does the same with a trained model.",
    )  # fmt: skip


def best_k(silhouette: pl.DataFrame) -> int | None:
    """The most stable of the numbers of clusters that there is evidence for; None where there is none for any."""
    passing = silhouette.filter(evidence=Evidence.FOUND)
    return most_stable(passing["k"], dict(passing.select("k", "stability").iter_rows())) if len(passing) else None


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


def _kept(study: Study) -> str:
    dropped = study.screening.filter(~pl.col("kept"))["reason"].fill_null("").to_list()
    counts: dict[str, int] = {}
    for reason in dropped:
        for why in re.findall(r"screen\.\w+", reason) or [reason.split(":")[0] or "no reason given"]:
            counts[why] = counts.get(why, 0) + 1
    if not counts:
        return "No video fell to the filters."
    return "Dropped, by every filter that said so: " + ", ".join(f"{n} {why}" for why, n in counts.items()) + "."


def _columns(study: Study, published: Published) -> Iterator[dict[str, Any]]:
    """This run's count, and the two of the paper: ours stands beside the one that the run follows."""
    counted, described = published.counts["columns"], published.inferred("columns_described").value
    of_openface, ours = published.inferred("columns_openface").value, len(study.columns)
    follows = study.setting("features.paper.columns") if study.setting("features.set") == "paper" else None
    if follows is None:
        note = "This run's features are not the paper's columns (features.set)."
    elif any(name.startswith("openface_") for name in study.columns):
        note = "The paper's columns, from tables of OpenFace and OpenPose."
    else:
        note = (
            "The paper's set as an embedded face model gives it: action units, presence, head pose and gaze instead of "
            "OpenFace's columns, and the body in px."
        )
    yield _row("columns", counted, ours, note)
    yield _row(
        "columns_as_described", described, ours if follows == "as_described" else None,
        f"Inference: {of_openface} of OpenFace less frame, face_id, timestamp, confidence and success, and 50 of "
        "OpenPose.",
    )  # fmt: skip
    yield _row(
        "columns_as_counted", counted, ours if follows == "as_counted" else None,
        f"What the paper prints: {of_openface} + 75 - 1 = {counted} needs the frame's number and the confidences, "
        "which its text drops. Both counts cannot be true.",
    )  # fmt: skip


def _on_music(study: Study) -> str:
    method = study.setting("pairing.method")
    if method != "cluster":
        return f"This run pairs by {method}, not as the paper does."
    return (
        "The music of the nearest window of the same cluster in a training video. The clusters are the paper "
        "protocol's (made on all windows), the training videos the grouped one's (those outside the clip's fold by "
        "video)."
    )
