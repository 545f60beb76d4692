"""Counts a run's videos and windows at each stage from the table of videos to the results."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from moodreel.features.windows import DROPPED, counts
from moodreel.music.ranking import lacks_in_words


@dataclass(frozen=True)
class Stage:
    """How many of `what` reached this stage, and in `lost` how many did not, and why."""

    count: int
    what: str
    lost: Sequence[str] = ()


def way(
    screening: pl.DataFrame,
    windows: pl.DataFrame,
    labels: pl.DataFrame,
    predictions: pl.DataFrame,
    clusters: pl.DataFrame,
    unpaired: pl.DataFrame,
) -> list[Stage]:
    """The stages in their order, from the tables SCREENING, WINDOWS, LABELS, PREDICTIONS, CLUSTERS and UNPAIRED."""
    used = windows.filter(pl.col("reason").is_null()).select("video", "window")
    kept, found = screening.filter("kept"), counts(windows)
    known = used.join(labels.drop_nulls("label"), on=["video", "window"], how="semi")
    stages = [
        Stage(len(screening), "videos given"),
        Stage(len(kept), "videos kept", _without(screening, kept, "dropped, listed below")),
        Stage(len(windows), "windows cut from them"),
        Stage(len(used), "windows used", [f"{found[why]} {words}" for why, words in DROPPED.items() if found.get(why)]),
        Stage(len(known), "of these with a label", _without(used, known, "without one")),
    ]
    for kind, what in (("truth", "tested for their label"), ("clusters", "tested for their cluster")):
        tested = predictions.filter(pl.col("protocol") == "grouped", pl.col("labels") == kind).select("video", "window")
        candidates = known if kind == "truth" else used
        reached = candidates.join(tested, on=["video", "window"], how="semi")
        stages.append(
            Stage(
                len(reached), f"{what} while their video or person was held out", _without(candidates, reached, "not")
            )
        )
    stages.append(Stage(len(clusters) - len(unpaired), "with music", lacks_in_words(unpaired)))
    return stages


def _without(whole: pl.DataFrame, part: pl.DataFrame, words: str) -> list[str]:
    return [f"{len(whole) - len(part)} {words}"] if len(whole) > len(part) else []
