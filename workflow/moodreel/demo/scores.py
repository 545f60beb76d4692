"""Demo scores: results on the built-in clips compared with their truth, which is completely known."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from moodreel.classify.summary import JUDGED
from moodreel.demo.truth import TRANSITION
from moodreel.music.agreement import agreement
from moodreel.settings.classify import ClassifySettings
from moodreel.tables import base
from moodreel.tables.demo_scores import DEMO_SCORES
from moodreel.tables.truth import TRUTH

SHUFFLES = 200


def moods_of(videos: pl.DataFrame) -> dict[str, str]:
    """By video, the mood of music for the expression of each built-in clip in VIDEOS, from the TRUTH table of the
    clip."""
    clips = videos.filter(kind="builtin").select("video", "path").iter_rows()
    truths = ((video, Path(path).with_suffix(".truth.parquet")) for video, path in clips)
    return {video: base.read(path, TRUTH, columns=["mood"])["mood"][0] for video, path in truths}


def _row(figure: str, meaning: str, value: float, baseline: float | None, null_high: float | None) -> dict:
    return {"figure": figure, "meaning": meaning, "value": value, "baseline": baseline, "null_high": null_high}


def clusters_row(clusters: pl.DataFrame, labels: pl.DataFrame) -> dict:
    """Adjusted Rand index (Hubert & Arabie 1985) of the windows' clusters and their acted expressions (table LABELS).

    Windows between expressions (`transition`) are left out.
    """
    from sklearn.metrics import adjusted_rand_score

    expressions = labels.select("video", "window", "label").filter(pl.col("label") != TRANSITION)
    both = clusters.join(expressions, on=["video", "window"], how="inner")
    counts = f"{both['cluster'].n_unique()} clusters and {both['label'].n_unique()} acted expressions"
    meaning = f"adjusted Rand index of {counts}, {both.height} windows"
    return _row("clusters", meaning, float(adjusted_rand_score(both["label"], both["cluster"])), 0.0, None)


def classifiers_row(evaluation: pl.DataFrame, settings: ClassifySettings) -> dict | None:
    """Balanced label accuracy of the headline classifier on videos it was not trained on, with that under exchanged
    labels as baseline; None where this was not evaluated."""
    rows = evaluation.filter(
        classifier=settings.headline_classifier, protocol="grouped", group="video", labels="truth", metric=JUDGED
    )
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    counts = f"{row['windows']} windows, {row['videos']} videos, {row['people']} people"
    meaning = f"balanced label accuracy of {row['classifier']} on unseen videos ({counts})"
    return _row("classifiers", meaning, row["value"], row["chance_mean"], row["chance_max"])


def music_row(pairs: pl.DataFrame, moods: Mapping[str, str]) -> dict:
    """Share of the clips whose best track has the mood of the acted expression, with shuffled pairs as baseline."""
    share, shuffled = agreement(pairs, moods, shuffles=SHUFFLES, seed=0)
    meaning = f"share of {len(moods)} clips whose best track has the mood of their expression"
    return _row("music", meaning, share, float(shuffled.mean()), float(shuffled.max()))


def compare(
    clusters: pl.DataFrame,
    labels: pl.DataFrame,
    evaluation: pl.DataFrame,
    pairs: pl.DataFrame,
    moods: Mapping[str, str],
    settings: ClassifySettings,
) -> pl.DataFrame:
    """The three figures (table DEMO_SCORES)."""
    rows = filter(
        None, [clusters_row(clusters, labels), classifiers_row(evaluation, settings), music_row(pairs, moods)]
    )
    return pl.DataFrame(rows, schema=base.polars_schema(DEMO_SCORES))


def in_words(scores: pl.DataFrame, report: str) -> str:
    """The summary that `make demo` prints at its end, from a table DEMO_SCORES."""
    baselines = {
        "clusters": "1: the same, 0: chance",
        "classifiers": "labels exchanged: mean {baseline:.2f}, highest {null_high:.2f}",
        "music": f"{SHUFFLES} shuffles: mean {{baseline:.2f}}, highest {{null_high:.2f}}",
    }
    unknown = "labels were not exchanged: the chance level is not known"
    lines = [
        f"  {row['figure']:<12} {row['value']:.2f}   {row['meaning']} "
        f"({unknown if row['baseline'] is None else baselines[row['figure']].format(**row)})"
        for row in scores.iter_rows(named=True)
    ]
    notes = [
        f"  The report: {report}",
        "  These clips are made with the mesh that reads them: they show that the chain works, not how well it does on",
        "  people. They are of two people, too few for intervals.",
    ]
    return "\n".join(["", *lines, "", *notes, ""])
