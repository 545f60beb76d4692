"""What was found on built-in clips against what was acted: the only place where everything is known."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from moodreel.classify.estimators import DUMMIES
from moodreel.music.agreement import agreement
from moodreel.tables.acted import ACTED
from moodreel.tables.base import polars_schema
from moodreel.video.actors.truth import TRANSITION

SHUFFLES = 200


def clusters_row(clusters: pl.DataFrame, labels: pl.DataFrame) -> dict:
    """Adjusted Rand index (Hubert & Arabie 1985) of the windows' clusters and their acted expressions (table LABELS).

    Windows between expressions (`transition`) show none and are left out.
    """
    from sklearn.metrics import adjusted_rand_score

    acted = labels.select("video", "window", "label").filter(pl.col("label") != TRANSITION)
    both = clusters.join(acted, on=["video", "window"], how="inner")
    counts = f"{both['cluster'].n_unique()} clusters and {both['label'].n_unique()} acted expressions"
    return {
        "figure": "clusters",
        "meaning": f"adjusted Rand index of {counts}, {both.height} windows",
        "value": float(adjusted_rand_score(both["label"], both["cluster"])),
        "baseline": 0.0,
        "null_high": None,
    }


def classifiers_row(evaluation: pl.DataFrame) -> dict | None:
    """Label accuracy of the best classifier on videos it was not trained on, beside majority and null; None where none
    was tested so."""
    rows = evaluation.filter(protocol="grouped", group="video", labels="truth", metric="accuracy")
    real = rows.filter(~pl.col("classifier").is_in(DUMMIES)).sort("mean", descending=True)
    if real.is_empty():
        return None
    best = real.row(0, named=True)
    return {
        "figure": "classifiers",
        "meaning": f"label accuracy of {best['classifier']}, the best, on unseen videos ({best['n_test']} windows)",
        "value": best["mean"],
        "baseline": rows.filter(classifier="majority")["mean"].item(),
        "null_high": best["null_p95"],
    }


def music_row(pairs: pl.DataFrame, moods: Mapping[str, str]) -> dict:
    """Share of the clips whose best track has the mood that belongs to the acted expression, beside shuffled pairs."""
    share, shuffled = agreement(pairs, moods, shuffles=SHUFFLES, seed=0)
    return {
        "figure": "music",
        "meaning": f"share of {len(moods)} clips whose best track has the mood of their expression",
        "value": share,
        "baseline": float(shuffled.mean()),
        "null_high": float(shuffled.max()),
    }


def compare(
    clusters: pl.DataFrame,
    labels: pl.DataFrame,
    evaluation: pl.DataFrame,
    pairs: pl.DataFrame,
    moods: Mapping[str, str],
) -> pl.DataFrame:
    """The three figures (table ACTED)."""
    rows = filter(None, [clusters_row(clusters, labels), classifiers_row(evaluation), music_row(pairs, moods)])
    return pl.DataFrame(rows, schema=polars_schema(ACTED))


def in_words(acted: pl.DataFrame, report: str) -> str:
    """What `make demo` ends with."""
    beside = {
        "clusters": "1: the same, 0: chance",
        "classifiers": "majority {baseline:.2f}, null {null_high:.2f}",
        "music": f"{SHUFFLES} shuffles: mean {{baseline:.2f}}, highest {{null_high:.2f}}",
    }
    lines = [
        f"  {row['figure']:<12} {row['value']:.2f}   {row['meaning']} ({beside[row['figure']].format(**row)})"
        for row in acted.iter_rows(named=True)
    ]
    notes = [
        f"  The report: {report}",
        "  These clips are made with the mesh that reads them: they show that the chain works, not how well it does on",
        "  people.",
    ]
    return "\n".join(["", *lines, "", *notes, ""])
