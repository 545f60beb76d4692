"""What stands below each figure: whole sentences with the run's own numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from moodreel.classify.estimators import BASELINE
from moodreel.report.summary import LIKELY_CHANCE, Verdict, asked, protocols, where


def counted(number: int, thing: str) -> str:
    """`1 window`, `1,234 windows`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def silhouette(table: pl.DataFrame, windows: int) -> str:
    text = (
        f"What speaks for each number of clusters among {counted(windows, 'window')}: the windows' mean silhouette by "
        "distances in the embedding and of the features, and how alike the clusters of bootstrap samples of videos are."
    )
    tests = []
    for row in table.filter("chosen").iter_rows(named=True):
        text += f" Ringed: {row['k']} clusters, which the run uses."
        names = {"silhouette": "embedding", "feature_silhouette": "features", "stability": "stability"}
        tests = [f"{word} {_p(row[f'{name}_p'])}" for name, word in names.items() if row[f"{name}_p"] is not None]
    if table["silhouette_null_mean"].drop_nulls().is_empty():
        return f"{text} No null was drawn, so nothing here is a test."
    text += (
        " Grey: the same on null draws (movements shuffled in time, each video at a level of its own, embedded and "
        "clustered anew), mean and two standard deviations; a value inside the band is no evidence of clusters."
    )
    if tests:
        text += f" Of the chosen number, one-sided and not corrected for the choice: {listed(tests)}."
    return text


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"


def cluster_map(clusters: pl.DataFrame) -> str:
    drawn = clusters.drop_nulls(["map_x", "map_y"]).height
    videos = clusters["video"].n_unique()
    return (
        f"Two-dimensional UMAP of {counted(drawn, 'window')} from {counted(videos, 'video')}, coloured by cluster, "
        "each name at its middle window. For the eye only: clusters are not made on this map, and distances between "
        "far groups mean little."
    )


def gallery(gallery_table: pl.DataFrame) -> str:
    videos = gallery_table["video"].n_unique()
    text = (
        f"The {counted(gallery_table.height, 'frame')} nearest the centres of "
        f"{counted(gallery_table['cluster'].n_unique(), 'cluster')}, from {counted(videos, 'video')}, nearest first; "
        "every video shows its best before any shows its second."
    )
    if gallery_table["drawn"].drop_nulls().is_empty():
        return text
    return f"{text} Yellow: body keypoints that were seen; light blue: contours of the face mesh, where it was kept."


def units(clusters: pl.DataFrame) -> str:
    return (
        f"Mean intensity (0 to 5) of each action unit over the moments of each cluster's windows, "
        f"{counted(clusters.height, 'window')} in all, counted from the performer's own resting face where the units "
        "come from this workflow. Means describe the clusters; they were not tested."
    )


def head(clusters: pl.DataFrame) -> str:
    return (
        f"Head pose and gaze of {counted(clusters.height, 'window')} by cluster, in degrees as the viewer sees them. "
        "Left: mean, each performer's own median taken away. Right: standard deviation within a window, mean over the "
        "cluster's windows."
    )


def body(clusters: pl.DataFrame, times: int) -> str:
    text = (
        f"Body of each cluster, {counted(clusters.height, 'window')} in all. Coloured sticks: mean body over the grey "
        "mean of all clusters, in shoulder widths from the neck, which is held still; points seen in less than half of "
        "a cluster's moments are left out. Ellipses: two standard deviations of each point's movement within a window, "
        "mean over windows. Dark lines: what the point does in the window nearest the cluster's centre."
    )
    return text if times == 1 else f"{text} Movement is drawn {times} times as large as it is."


def evaluation(table: pl.DataFrame, metric: str) -> str:
    shown = table.filter(metric=metric)
    classifiers = [c for c in shown["classifier"].unique(maintain_order=True) if c != BASELINE]
    folds = [
        f"{where(protocol, group)}: {shown.filter(protocol=protocol, group=group)['folds'].max()}"
        for protocol, group in protocols(shown)
    ]
    text = (
        f"{metric.replace('_', ' ').capitalize()} of {counted(len(classifiers), 'classifier')} on "
        f"{counted(shown['n_test'].max(), 'window')}: mean and standard deviation over folds ({'; '.join(folds)}). "
    )
    draws = shown["draws"].max()
    if draws:
        text += (
            f"Grey: mean and standard deviation over {counted(draws, 'null draw')}, the whole protocol on shuffled "
            f"features; grey tick: {_high(draws)} of them. "
        )
    permutations = shown["permutations"].max()
    if permutations:
        text += f"Triangle: {_high(permutations)} of {counted(permutations, 'label permutation')}. "
    return f"{text}Dotted: always the largest class."


def _high(draws: int) -> str:
    return "the 95th percentile" if draws >= 20 else "the largest"


def leakage(table: pl.DataFrame, metric: str) -> str:
    shown = table.filter(metric=metric)
    classifiers = counted(shown["classifier"].n_unique(), "classifier")
    groups = listed([f"{group}s" for group in shown["group"].unique(maintain_order=True)])
    text = (
        f"What the paper's protocol gains by having windows of the same video or performer in training and test: "
        f"{metric.replace('_', ' ')} of {classifiers} with folds over windows (hollow) and with whole {groups} held "
        "out (filled); on the right the gap in points."
    )
    if shown["null_gap_p95"].drop_nulls().is_empty():
        return f"{text} No null was drawn for the gap."
    return (
        f"{text} Grey: the 95th percentile of the same gap on null draws (of fewer than 20, the largest); a hollow dot "
        "inside it shows no more leakage than noise does."
    )


def confusion(verdict: Verdict, predictions: pl.DataFrame) -> str:
    if verdict.labels == "clusters":
        matched = " Each fold's clusters carry the numbers of the clusters of all windows that they match."
    else:
        matched = ""
    return (
        f"Confusions of {verdict.classifier}, the most accurate classifier there ({verdict.where}): "
        f"{asked(verdict.labels)} {100 * verdict.accuracy:.0f} %, {counted(predictions.height, 'window')} pooled over "
        f"{counted(verdict.folds, 'fold')}. Each row is a true class: the share of its windows and their number. "
        f"It is {verdict.says}.{matched}"
    )


def calibration(table: pl.DataFrame, evaluation_table: pl.DataFrame, labels: str) -> str:
    classifiers = table["classifier"].unique(maintain_order=True).to_list()
    text = (
        f"How often a classifier is right where it is so sure ({asked(labels)}), for {listed(classifiers)}, in ten "
        "bins of the probability of what it said, predictions of all folds pooled; larger marks hold more windows, on "
        "the dashed line a probability means what it says."
    )
    errors = evaluation_table.filter((pl.col("metric") == "calibration_error") & (pl.col("labels") == labels))
    shown = errors.filter(protocol="grouped", group="video")
    if shown.is_empty():
        return text
    told = [f"{r['classifier']} {r['mean']:.2f}" for r in shown.iter_rows(named=True)]
    return f"{text} Expected calibration error on unseen videos, mean over folds: {listed(told)}."


def class_scores(table: pl.DataFrame, labels: str) -> str:
    return (
        f"F1 of each class ({asked(labels)}) of {counted(table['classifier'].n_unique(), 'classifier')}, predictions "
        "of all folds pooled; 0 where a class was never found. In brackets: the class's windows, the most over "
        "protocols."
    )


def paper(table: pl.DataFrame, classifiers: Iterable[str]) -> str:
    told = []
    for classifier in classifiers:
        row = table.filter(pl.col("quantity").str.ends_with(f"/{classifier}")).row(0, named=True)
        told.append(f"{classifier} {row['published']:.3f}")
    text = (
        f"Published accuracies on cluster labels ({listed(told)}; diamonds) and this run's, mean and standard "
        "deviation over folds: under folds over windows, as the paper's, and with whole videos or performers held out. "
        "Crosses: always the largest class."
    )
    if table["null_p95"].drop_nulls().is_empty():
        return f"{text} No null was drawn."
    return f"{text} Grey bars: the 95th percentile of the same figure on null draws (of fewer than 20, the largest)."


def permutations(verdicts: Sequence[Verdict]) -> str | None:
    """A sentence on the label permutations, None where there were none."""
    tested = [v for v in verdicts if v.p_value is not None]
    if not tested:
        return None
    few = min(v.permutations for v in tested)
    likely = sum(v.p_value <= LIKELY_CHANCE for v in tested)
    return (
        f"Labels were also shuffled {counted(few, 'time')} and every classifier trained and tested again: p is the "
        "share of permutations, the data among them, that reach its accuracy. "
        f"{likely} of {len(tested)} are at or below {LIKELY_CHANCE:g}; none is corrected for how many were tried."
    )
