"""The captions of the figures: whole sentences with the run's own numbers."""

from collections.abc import Iterable, Sequence
from typing import cast

import polars as pl

from moodreel.classify.estimators import BASELINE
from moodreel.report.cluster_verdict import ClusterVerdict
from moodreel.report.summary import Figures, interval, protocols, quantity, target_name, where
from moodreel.settings.features import FeaturesSettings


def join_words(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


IN_WORDS = {
    "action_units": "action units",
    "action_units_raw": "action units",
    "presence": "the presence of action units",
    "head_pose": "head pose",
    "gaze": "gaze",
    "body": "body",
    "speeds": "speeds",
    "sides": "differences of left and right",
    "missing": "what is not seen",
    "emotions": "emotion scores",
}
"""The groups of `features.groups`."""


def features(settings: FeaturesSettings) -> str:
    """What the features are made of."""
    if settings.set == "paper":
        return "the columns of Hsu & Lee (2020)"
    groups = settings.groups if settings.set == "normalised" else [settings.set]
    return join_words(list(dict.fromkeys(IN_WORDS[group] for group in groups)))


def silhouette(table: pl.DataFrame, windows: int, verdict: ClusterVerdict) -> str:
    text = (
        f"What speaks for each number of clusters among {quantity(windows, 'window')}: the mean silhouette of clusters "
        "made in the embedding, by distances in the embedding and of the features, and how alike the clusters of "
        "bootstrap samples of videos are."
    )
    if not table.filter("chosen").is_empty():
        text += f" Ringed: {verdict.number}, which the run uses."
    if not table["feature_silhouette_null_mean"].drop_nulls().is_empty():
        text += (
            " Grey: the same on null draws (movement shuffled in time, levels of people and videos kept, embedded and "
            "clustered anew), mean and two standard deviations. The silhouette of the features is the test, filled "
            "where p, corrected for the numbers tried, is at most 0.05; stability only chooses among these."
        )
    return f"{text} {verdict.sentence}"


def units_over_time(videos: int, most: int) -> str:
    """Of the figure of action units over time, which shows the first `most` of the `videos`."""
    shown = f"the first {most} of {videos} videos" if videos > most else quantity(videos, "video")
    return (
        f"The intensity of each action unit (0 to 5) in {shown}, on the features' time grid. White: none, or not seen."
    )


def cluster_map(clusters: pl.DataFrame) -> str:
    drawn = clusters.drop_nulls(["map_x", "map_y"]).height
    videos = clusters["video"].n_unique()
    return (
        f"Two-dimensional UMAP of {quantity(drawn, 'window')} from {quantity(videos, 'video')}, coloured by cluster, "
        "each name at its middle window. For the eye only: clusters are not made on this map, and distances between "
        "far groups mean little."
    )


def gallery(gallery_table: pl.DataFrame) -> str:
    videos = gallery_table["video"].n_unique()
    text = (
        f"The {quantity(gallery_table.height, 'frame')} nearest the centres of "
        f"{quantity(gallery_table['cluster'].n_unique(), 'cluster')}, from {quantity(videos, 'video')}, nearest first; "
        "every video shows its best before any shows its second."
    )
    if gallery_table["drawn"].drop_nulls().is_empty():
        return text
    return f"{text} Yellow: body keypoints that were seen; light blue: contours of the face mesh, where it was kept."


def units(clusters: pl.DataFrame) -> str:
    return (
        f"Mean intensity (0 to 5) of each action unit over the moments of each cluster's windows, "
        f"{quantity(clusters.height, 'window')} in all, counted from the performer's own resting face where the units "
        "come from this workflow. Means describe the clusters; they were not tested."
    )


def head(clusters: pl.DataFrame) -> str:
    return (
        f"Head pose and gaze of {quantity(clusters.height, 'window')} by cluster, in degrees as the viewer sees them. "
        "Left: mean, each performer's own median taken away. Right: standard deviation within a window, mean over the "
        "cluster's windows."
    )


def body(clusters: pl.DataFrame, times: int) -> str:
    text = (
        f"Body of each cluster, {quantity(clusters.height, 'window')} in all. Coloured sticks: mean body over the grey "
        "mean of all clusters, in shoulder widths from the neck, which is held still; points seen in less than half of "
        "a cluster's moments are left out. Ellipses: two standard deviations of each point's movement within a window, "
        "mean over windows. Dark lines: what the point does in the window nearest the cluster's centre."
    )
    return text if times == 1 else f"{text} Movement is drawn {times} times as large as it is."


WORTH = "Scores name what a face resembles to the network, not what anybody feels (docs/emotions.md)."


def scores(clusters: pl.DataFrame) -> str:
    return (
        "Mean score of each emotion over the moments of each cluster's windows, "
        f"{quantity(clusters.height, 'window')} in all. {WORTH}"
    )


def over_time(of: str, count: int) -> str:
    whose = "each video" if of == "videos" else "each person's videos, one after the other"
    return (
        f"Emotions over time of {whose}, {quantity(count, 'video' if of == 'videos' else 'person')} in all: of each "
        f"eightieth, the share of frames whose highest score is that of each emotion. {WORTH}"
    )


def evaluation(table: pl.DataFrame, metric: str) -> str:
    shown = table.filter(metric=metric)
    classifiers = [c for c in shown["classifier"].unique(maintain_order=True) if c != BASELINE]
    tested = []
    for protocol, group in protocols(shown):
        row = shown.filter(protocol=protocol, group=group).row(0, named=True)
        tested.append(f"{where(protocol, group)}: {row['folds']} folds of {row['fold_windows']} windows")
    text = (
        f"{metric.replace('_', ' ').capitalize()} of {quantity(len(classifiers), 'classifier')}, pooled over "
        f"{quantity(_most(shown['windows']), 'test window')} of {quantity(_most(shown['people']), 'person')} "
        f"({'; '.join(tested)}). Lines: 95 % intervals over people, where there are five or more. Filled: above "
        "chance, corrected for all classifiers and protocols here. "
    )
    shuffles = [
        f"{quantity(count, 'shuffle')} of {words}"
        for labels, words in (("clusters", "movement"), ("truth", "labels"))
        if (count := _most(shown.filter(labels=labels)["shuffles"]))
    ]
    if shuffles:
        text += f"Grey: what chance gives, from the mean to the largest of {join_words(shuffles)}. "
    return f"{text}Dotted: always the largest class."


def _most(counts: pl.Series) -> int:
    """The largest of a column of counts; 0 if there are none."""
    return cast(int | None, counts.max()) or 0


def leakage(table: pl.DataFrame, metric: str) -> str:
    shown = table.filter(metric=metric)
    classifiers = quantity(shown["classifier"].n_unique(), "classifier")
    groups = join_words([f"{group}s" for group in shown["group"].unique(maintain_order=True)])
    text = (
        f"What the paper's protocol gains by having windows of the same video or performer in training and test: "
        f"{metric.replace('_', ' ')} of {classifiers} with folds over windows (hollow) and with whole {groups} held "
        f"out (filled), pooled over {quantity(_most(shown['windows']), 'test window')} of "
        f"{quantity(_most(shown['people']), 'person')}; on the right the gap in points."
    )
    if shown["chance_gap"].drop_nulls().is_empty():
        return f"{text} What the gap is by chance was not measured."
    return (
        f"{text} Grey: the mean gap with exchanged labels, or for fidelity with shuffled movement: so much comes of "
        "knowing a video or a person again."
    )


def confusion(row: Figures, predictions: pl.DataFrame) -> str:
    matched = " Each fold's clusters carry the numbers of the clusters of all windows that they match."
    return (
        f"Confusions of {row.classifier} ({row.where}): {target_name(row.labels)} {100 * row.accuracy:.0f} %, "
        f"{quantity(predictions.height, 'window')} of {quantity(row.people, 'person')} pooled over "
        f"{quantity(row.folds, 'fold')}. Each row is a true class: the share of its windows and their number. "
        f"Verdict: {row.says}.{matched if row.labels == 'clusters' else ''}"
    )


def calibration(table: pl.DataFrame, evaluation_table: pl.DataFrame, labels: str) -> str:
    classifiers = table["classifier"].unique(maintain_order=True).to_list()
    text = (
        f"How often a classifier is right where it is so sure ({target_name(labels)}), for {join_words(classifiers)}, "
        "in ten bins of the probability of what it said, predictions of all folds pooled; larger marks hold more "
        f"windows ({_most(table['windows']):,} at most), lines are 95 % intervals over people where five or more have "
        "such windows, on the dashed line a probability means what it says."
    )
    errors = evaluation_table.filter((pl.col("metric") == "calibration_error") & (pl.col("labels") == labels))
    shown = errors.filter(protocol="grouped", group="video")
    if shown.is_empty():
        return text
    found = [f"{r['classifier']} {r['value']:.2f}{interval(r)}" for r in shown.iter_rows(named=True)]
    tested = f"{quantity(_most(shown['windows']), 'window')} of {quantity(_most(shown['people']), 'person')}"
    return f"{text} Expected calibration error on unseen videos, mean over folds: {join_words(found)} ({tested})."


def class_scores(table: pl.DataFrame, labels: str) -> str:
    return (
        f"F1 of each class ({target_name(labels)}) of {quantity(table['classifier'].n_unique(), 'classifier')}, "
        "predictions of all folds pooled; 0 where a class was never found. Lines: 95 % intervals over people, where "
        "five or more have such windows. In brackets: the class's windows, the most over protocols."
    )


def paper(table: pl.DataFrame, classifiers: Iterable[str]) -> str:
    found = []
    for classifier in classifiers:
        row = table.filter(pl.col("quantity").str.ends_with(f"/{classifier}")).row(0, named=True)
        found.append(f"{classifier} {row['published']:.3f}")
    text = (
        f"Published accuracies on cluster labels ({join_words(found)}; diamonds) and this run's, mean and standard "
        "deviation over folds: under folds over windows, as the paper's, and with whole videos or performers held out. "
        "Crosses: always the largest class."
    )
    if table["chance_mean"].drop_nulls().is_empty():
        return f"{text} What chance gives was not measured."
    return f"{text} Grey bars: the same on shuffled movement, from the mean to the largest of the draws."


def chance(rows: Sequence[Figures]) -> str:
    """How the p values are computed, in a sentence or two; or that there are none."""
    parts = []
    for labels, text in (
        ("truth", "labels were exchanged {} among each performer's videos (whole performers where each shows one)"),
        ("clusters", "movement was shuffled {}, videos and people keeping their levels"),
    ):
        shuffles = max((row.shuffles for row in rows if row.labels == labels), default=0)
        if shuffles:
            parts.append(text.format(quantity(shuffles, "time")))
    if not parts:
        return "What chance gives was not measured, so that nothing here is a test."
    judged = [row for row in rows if row.p_corrected is not None]
    return (
        f"Chance: {' and '.join(parts)}, and everything trained and tested again. p is the share of these, the data "
        f"among them, that reach the balanced accuracy; it is corrected for the {quantity(len(judged), 'row')} here "
        "that were tested so, fidelity and label accuracy each by themselves."
    )
