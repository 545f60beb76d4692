"""What was found on built-in clips against what was acted: the only place where everything is known."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from moodreel.music.agreement import agreement
from moodreel.tables.acted import ACTED
from moodreel.tables.base import polars_schema
from moodreel.video.actors.truth import TRANSITION

SHUFFLES = 200


def clusters_row(clusters: pl.DataFrame, windows: pl.DataFrame) -> dict:
    """Adjusted Rand index (Hubert & Arabie 1985) of the windows' clusters and their acted expressions.

    Windows between expressions (`transition`) show none and are left out.
    """
    from sklearn.metrics import adjusted_rand_score

    both = clusters.join(windows.select("video", "window", "label"), on=["video", "window"], how="inner").filter(
        pl.col("label") != TRANSITION
    )
    return {
        "figure": "clusters",
        "meaning": f"adjusted Rand index of {both['cluster'].n_unique()} clusters and {both['label'].n_unique()} acted expressions, {both.height} windows",
        "value": float(adjusted_rand_score(both["label"], both["cluster"])),
        "baseline": 0.0,
        "null_high": None,
    }


def classifiers_row(evaluation: pl.DataFrame) -> dict:
    """Label accuracy of the best classifier on videos it was not trained on, beside majority and null."""
    rows = evaluation.filter(protocol="grouped", group="video", labels="truth", metric="accuracy")
    best = rows.filter(pl.col("classifier") != "majority").sort("mean", descending=True).row(0, named=True)
    return {
        "figure": "classifiers",
        "meaning": f"label accuracy of {best['classifier']}, the best classifier, on unseen videos ({best['n_test']} windows)",
        "value": best["mean"],
        "baseline": rows.filter(classifier="majority")["mean"].item(),
        "null_high": best["null_p95"],
    }


def music_row(pairs: pl.DataFrame, moods: Mapping[str, str]) -> dict:
    """Share of the clips whose best track has the mood that belongs to the acted expression, beside shuffled pairs."""
    share, shuffled = agreement(pairs, moods, shuffles=SHUFFLES, seed=0)
    return {
        "figure": "music",
        "meaning": f"share of {len(moods)} clips whose best track has the mood of their expression, against {SHUFFLES} shuffles",
        "value": share,
        "baseline": float(shuffled.mean()),
        "null_high": float(shuffled.max()),
    }


def compare(
    clusters: pl.DataFrame,
    windows: pl.DataFrame,
    evaluation: pl.DataFrame,
    pairs: pl.DataFrame,
    moods: Mapping[str, str],
) -> pl.DataFrame:
    """The three figures (table ACTED)."""
    rows = [clusters_row(clusters, windows), classifiers_row(evaluation), music_row(pairs, moods)]
    return pl.DataFrame(rows, schema=polars_schema(ACTED))


def in_words(acted: pl.DataFrame, report: str) -> str:
    """What `make demo` ends with."""
    figures = {row["figure"]: row for row in acted.iter_rows(named=True)}
    clusters, classifiers, music = (figures[name] for name in ("clusters", "classifiers", "music"))
    return "\n".join(
        [
            "",
            f"  clusters     {clusters['value']:.2f}   {clusters['meaning']} (1: the same, 0: chance)",
            f"  classifiers  {classifiers['value']:.2f}   {classifiers['meaning']}; majority {classifiers['baseline']:.2f}, null {classifiers['null_high']:.2f}",
            f"  music        {music['value']:.2f}   {music['meaning']}: mean {music['baseline']:.2f}, highest {music['null_high']:.2f}",
            "",
            f"  The report: {report}",
            "",
            "  These clips are made with the mesh that reads them: they show that the chain works, not how well it does on people.",
            "",
        ]
    )
