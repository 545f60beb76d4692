"""All figures of a run, with their names and captions, for the page and for files of their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from moodreel.emotions import naming
from moodreel.face import trust
from moodreel.features.groups import EMOTION
from moodreel.report import (
    captions,
    cluster_charts,
    emotion_charts,
    evaluation_charts,
    movement,
    summary,
    unit_charts,
    unit_trust,
)
from moodreel.report.comparison.fidelity import FIDELITY, paper_against_ours
from moodreel.report.run import Run
from moodreel.tables.emotions import EMOTIONS

METRIC = "balanced_accuracy"
GALLERY, PAPER, MORE_EMOTIONS = "gallery", "paper_against_ours", "emotions_over_time_"
FOR_PRINT = (GALLERY, PAPER, MORE_EMOTIONS)
"""Not on the page: it has the gallery's pictures one by one, the paper a page of its own, and of emotions over time the
page has the first figures."""


@dataclass(frozen=True)
class ReportFigure:
    """A figure with the name of its files, what it shows in a few words, and its caption."""

    name: str
    title: str
    caption: str
    figure: Figure


class NothingToShow(Exception):
    """Why a figure cannot be made of this run."""


def every(run: Run, left_out: Callable[[str, str], None], *, without: tuple[str, ...] = ()) -> Iterator[ReportFigure]:
    """The run's figures in the order of a report, each closed when the next is requested.

    `left_out(name, why)` is called for each that the run has no data for; those named in `without` are not made.
    """
    for name, make in MAKERS.items():
        if name in without:
            continue
        try:
            for drawn in make(run, name):
                yield drawn
                plt.close(drawn.figure)
        except NothingToShow as reason:
            left_out(name, str(reason))


def _require(condition: bool, why: str) -> None:
    if not condition:
        raise NothingToShow(why)


def _names(run: Run) -> dict[int, str]:
    return summary.cluster_names(run.clusters, run.cluster_names)


def _silhouette(run: Run, name: str) -> Iterator[ReportFigure]:
    _require(not run.silhouette.is_empty(), "no number of clusters was scored")
    figure = cluster_charts.silhouette_curve(run.silhouette)
    caption = captions.silhouette(run.silhouette, run.clusters.height, run.cluster_verdict)
    yield ReportFigure(name, "How many clusters", caption, figure)


def _map(run: Run, name: str) -> Iterator[ReportFigure]:
    _require(not run.clusters.drop_nulls(["map_x", "map_y"]).is_empty(), "no window has a place on the map")
    figure = cluster_charts.cluster_map(run.clusters, _names(run))
    yield ReportFigure(name, "Map of the windows", captions.cluster_map(run.clusters), figure)


def _gallery(run: Run, name: str) -> Iterator[ReportFigure]:
    names = _names(run)
    shown: dict[int, list[np.ndarray]] = {}
    table = run.gallery.sort("cluster", "rank").with_columns(file=pl.coalesce("drawn", "picture"))
    for cluster, file in table.select("cluster", "file").iter_rows():
        picture = cv2.imread(str(run.gallery_folder / file))
        if picture is not None and cluster in names:
            shown.setdefault(cluster, []).append(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    _require(bool(shown), "there are no pictures")
    yield ReportFigure(
        name, "Frames nearest each cluster's centre", captions.gallery(run.gallery),
        cluster_charts.contact_sheet(shown, names),
    )  # fmt: skip


def _units(run: Run, name: str) -> Iterator[ReportFigure]:
    units = movement.units(run.features)
    _require(bool(units), "the features have no action units")
    rows = _rows(run, units)
    values = _matrix(movement.levels(rows, units))
    numbers = trust.units_of(units)
    names = [unit_trust.label(number, run.face_backends) for number in numbers]
    unusable = trust.unusable_units(run.face_backends)
    doubted = [row for row, number in enumerate(numbers) if number in unusable]
    figure = cluster_charts.profile(values, names, [*_names(run).values()], doubted=doubted)
    caption = captions.units(run.clusters) + unit_trust.mark(numbers, run.face_backends)
    yield ReportFigure(name, "Action units by cluster", caption, figure)


def _units_over_time(run: Run, name: str) -> Iterator[ReportFigure]:
    """Only where there are no clusters to compare; otherwise nothing is reported as left out."""
    if not run.clusters.is_empty():
        return
    units = movement.units(run.features)
    _require(not run.features.is_empty(), "no video was kept")
    _require(bool(units), "the features have no action units")
    names = [unit_trust.label(number, run.face_backends) for number in trust.units_of(units)]
    figure = unit_charts.over_time(run.features, units, names)
    caption = captions.units_over_time(run.features["video"].n_unique(), unit_charts.VIDEOS)
    yield ReportFigure(name, "Action units over time", caption, figure)


def _head(run: Run, name: str) -> Iterator[ReportFigure]:
    angles = movement.angles(run.features)
    _require(bool(angles), "the features have neither head pose nor gaze")
    rows = movement.center(_rows(run, angles), angles)
    level, motion = (_matrix(of(rows, angles)) for of in (movement.levels, movement.spreads))
    words = [movement.ANGLES[angle] for angle in angles]
    figure = cluster_charts.level_and_motion(level, motion, words, [*_names(run).values()])
    yield ReportFigure(name, "Head and gaze by cluster", captions.head(run.clusters), figure)


def _body(run: Run, name: str) -> Iterator[ReportFigure]:
    bodies = movement.bodies(run.features, run.windows, run.clusters)
    _require(any(body.place for body in bodies.values()), "the features have no visible body points")
    figure = cluster_charts.body_motion(bodies, movement.mean_place(bodies), _names(run))
    times = cluster_charts.magnification(bodies)
    yield ReportFigure(name, "Body motion by cluster", captions.body(run.clusters, times), figure)


def _scores(run: Run, name: str) -> Iterator[ReportFigure]:
    """Only where the features hold emotion scores; otherwise nothing is reported as left out."""
    scores = movement.scores(run.features)
    if not scores:
        return
    values = _matrix(movement.levels(_rows(run, scores), scores))
    emotion_names = dict(zip(EMOTIONS, naming.names(unnamed=run.unnamed), strict=True))
    rows = [emotion_names[score.removeprefix(EMOTION)] for score in scores]
    figure = cluster_charts.profile(values, rows, [*_names(run).values()])
    yield ReportFigure(name, "Emotion scores by cluster", captions.scores(run.clusters), figure)


def _over_time(run: Run, name: str) -> Iterator[ReportFigure]:
    """The first figure of people, and the first of videos; none where no emotions are scored."""
    yield from _timelines(run, slice(0, emotion_charts.STRIPS), name + "_{of}")


def _more_over_time(run: Run, name: str) -> Iterator[ReportFigure]:
    """The further ones."""
    yield from _timelines(run, slice(emotion_charts.STRIPS, None), name + "{of}_{number}")


def _timelines(run: Run, part: slice, name: str) -> Iterator[ReportFigure]:
    emotion_names = naming.names(unnamed=run.unnamed)
    people = run.people if len(run.people) < len(run.strips) else ()  # else each has one video
    for of, strips in (("people", people), ("videos", run.strips)):
        for number, figure in enumerate(emotion_charts.timelines(strips[part], emotion_names), start=2):
            title = f"Emotions over time, by {'person' if of == 'people' else 'video'}"
            yield ReportFigure(name.format(of=of, number=number), title, captions.over_time(of, len(strips)), figure)


def _rows(run: Run, columns: list[str]) -> pl.DataFrame:
    rows = movement.of_windows(run.features, run.windows, run.clusters, columns)
    _require(not rows.is_empty(), "no window has a cluster")
    return rows


def _matrix(by_cluster: pl.DataFrame) -> np.ndarray:
    """Columns by cluster, (columns, clusters), NaN where null."""
    return by_cluster.drop("cluster").cast(pl.Float64).fill_null(float("nan")).to_numpy().T


def _evaluation(run: Run, name: str) -> Iterator[ReportFigure]:
    shown = run.evaluation.filter((pl.col("metric") == METRIC) & (pl.col("classifier") != "majority"))
    _require(not shown.is_empty(), "no classifier was evaluated")
    figure = evaluation_charts.evaluation_dots(run.evaluation, METRIC)
    yield ReportFigure(name, "Classifiers beside chance", captions.evaluation(run.evaluation, METRIC), figure)


def _leakage(run: Run, name: str) -> Iterator[ReportFigure]:
    shown = run.leakage.filter(pl.col("classifier") != "majority")
    _require(METRIC in shown["metric"], "there is no protocol to compare the paper's with")
    figure = evaluation_charts.leakage_gap(shown, METRIC)
    yield ReportFigure(name, "The leakage gap", captions.leakage(shown, METRIC), figure)


def _confusion(run: Run, name: str) -> Iterator[ReportFigure]:
    names, rows = _names(run), summary.figures(run.evaluation)
    made = 0
    for labels in ("truth", "clusters"):
        for protocol, group in summary.protocols(run.predictions):
            wanted = (run.classify.headline_classifier, protocol, group, labels)
            row = next((r for r in rows if (r.classifier, r.protocol, r.group, r.labels) == wanted), None)
            chosen = run.predictions.filter(
                classifier=run.classify.headline_classifier, protocol=protocol, group=group, labels=labels
            )
            if row is None or chosen.is_empty():
                continue
            made += 1
            yield ReportFigure(
                f"{name}_{labels}_{protocol}_{group}", f"{row.classifier}, {row.where}: {summary.target_name(labels)}",
                captions.confusion(row, chosen), evaluation_charts.confusion(chosen, labels, names),
            )  # fmt: skip
    _require(made > 0, "no classifier made predictions")


def _calibration(run: Run, name: str) -> Iterator[ReportFigure]:
    _require(not run.calibration.is_empty(), "no classifier gives probabilities")
    for labels in run.calibration["labels"].unique(maintain_order=True):
        table = run.calibration.filter(labels=labels)
        yield ReportFigure(
            f"{name}_{labels}", f"Calibration: {summary.target_name(labels)}",
            captions.calibration(table, run.evaluation, labels), evaluation_charts.calibration(table),
        )  # fmt: skip


def _classes(run: Run, name: str) -> Iterator[ReportFigure]:
    shown = run.classes.filter(pl.col("classifier") != "majority")
    _require(not shown.is_empty(), "no class was tested")
    for labels in shown["labels"].unique(maintain_order=True):
        table = shown.filter(labels=labels)
        yield ReportFigure(
            f"{name}_{labels}", f"F1 of each class: {summary.target_name(labels)}",
            captions.class_scores(table, labels),
            evaluation_charts.class_scores(table, labels, _names(run)),
        )  # fmt: skip


def _paper(run: Run, name: str) -> Iterator[ReportFigure]:
    figures = run.comparison.filter(pl.col("quantity").str.starts_with(f"{FIDELITY}/"))
    published = figures.drop_nulls(["published", "ours"])
    _require(not published.is_empty(), "no published figure to compare with this run's")
    names = {q.split("/", 1)[1]: q.split("/", 1)[1] for q in published["quantity"].unique(maintain_order=True)}
    figure = paper_against_ours(published, names)
    assert figure is not None  # the names are those of the rows
    yield ReportFigure(name, "The paper's figures and ours", captions.paper(published, names), figure)


MAKERS: dict[str, Callable[[Run, str], Iterator[ReportFigure]]] = {
    "silhouette": _silhouette,
    "map": _map,
    GALLERY: _gallery,
    "action_units": _units,
    "units_over_time": _units_over_time,
    "head_gaze": _head,
    "body_motion": _body,
    "emotion_scores": _scores,
    "emotions_over_time": _over_time,
    MORE_EMOTIONS: _more_over_time,
    "evaluation": _evaluation,
    "leakage": _leakage,
    "confusion": _confusion,
    "calibration": _calibration,
    "class_f1": _classes,
    PAPER: _paper,
}
"""The function that makes each figure, or several whose names begin so."""
