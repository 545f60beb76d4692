"""A paper's published accuracies of emotion scores beside a run's own: the table COMPARISON and what the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from moodreel.classify.verdict import SIGNIFICANT
from moodreel.emotions.agreement import Mcnemar, mcnemar
from moodreel.emotions.votes import CLASSES
from moodreel.report.published import Published
from moodreel.report.summary import counted
from moodreel.settings.classify import HeadlineSettings
from moodreel.tables import base
from moodreel.tables.paper import COMPARISON

COUNTED = {"with_face": "clips with a face", "all": "all clips"}
"""Which clips a figure counts, in words: the paper's most likely, and then those without a face as wrong."""


@dataclass(frozen=True)
class Study:
    """What the comparison reads of a run: its settings, all of them, resolved, and its tables by their names."""

    name: str
    settings: Mapping[str, Any]
    videos: pl.DataFrame
    clips: pl.DataFrame
    accuracy: pl.DataFrame
    detectors: pl.DataFrame
    timeline: pl.DataFrame

    @property
    def built_in(self) -> bool:
        """Whether all clips are built-in ones."""
        return bool((self.videos["kind"] == "builtin").all())

    @property
    def unnamed(self) -> bool:
        """Whether any clip is a built-in one: of the two people in these no emotion is named, in all of the page."""
        return bool((self.videos["kind"] == "builtin").any())

    def setting(self, key: str) -> Any:
        """The setting of this dotted name, None where there is none."""
        value: Any = self.settings
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def compare(study: Study, published: Published) -> pl.DataFrame:
    """The table COMPARISON: each published figure beside this run's of the same detector, counted in both ways."""
    rows = [row for figure in published.figures for row in _beside(study, figure.quantity, figure.published)]
    return pl.DataFrame(rows, schema=base.polars_schema(COMPARISON))


def _beside(study: Study, quantity: str, published: float) -> Iterator[dict[str, Any]]:
    detector = quantity.partition("/")[2]
    for row in judged(study.accuracy, detector):
        yield {
            "quantity": f"{quantity}/{row['counted']}",
            "published": published,
            "ours": row["accuracy"],
            "low": row["low"],
            "high": row["high"],
            "windows": row["videos"],
            "people": row["people"],
            "chance_mean": row["chance_mean"],
            "chance_max": row["chance_max"],
            "shuffles": row["shuffles"],
            "majority": row["majority"],
            "note": conclusion(row, study),
        }
    if not judged(study.accuracy, detector):
        yield {"quantity": quantity, "published": published, "note": "this run has no clips that it can be set beside"}


def judged(accuracy: pl.DataFrame, detector: str) -> list[dict[str, Any]]:
    """The rows of CLIP_ACCURACY that follow the paper, of a detector: votes, its classes, either way of counting."""
    rows = accuracy.filter(detector=detector, rule="votes", classes="settings").to_dicts()
    return sorted(rows, key=lambda row: list(COUNTED).index(row["counted"]))


def conclusion(row: Mapping[str, Any], study: Study) -> str:
    """What may be said of a row of CLIP_ACCURACY. Its p value is multiplied by how many such rows the page has."""
    tested = f"{counted(row['videos'], 'clip')} of {counted(row['people'], 'person')}"
    least = HeadlineSettings()
    if row["videos"] < least.min_windows or row["people"] < least.min_people:
        return (
            f"Too few to say anything: {tested}, where {least.min_windows} of {least.min_people} people are asked for."
        )
    rows = study.accuracy.filter(rule="votes", classes="settings").height
    p = min(1.0, row["p_value"] * rows)
    if p > SIGNIFICANT:
        return f"Not above labels exchanged within each person (p = {p:.2g}, times {rows} rows), of {tested}."
    if row["accuracy"] <= row["majority"]:
        return f"Above exchanged labels (p = {p:.2g}), but always naming the most frequent label is right as often."
    return f"Above labels exchanged within each person (p = {p:.2g}, times {rows} rows), of {tested}."


def between(study: Study) -> tuple[str, str, Mcnemar, int] | None:
    """The first two detectors, McNemar's test of them, and on how many clips; None where only one was used."""
    names = [name for name in study.setting("emotions.detectors") or [] if name in study.clips["detector"].to_list()]
    if len(names) < 2:
        return None
    labelled = study.clips.filter(pl.col("label").is_in(CLASSES))
    first, second = (labelled.filter(detector=name).sort("video") for name in names[:2])
    if first.is_empty():
        return None
    right = [(table["by_votes"] == table["label"]).fill_null(False).to_numpy() for table in (first, second)]
    return names[0], names[1], mcnemar(*right), len(first)


def by_height(clips: pl.DataFrame) -> list[dict[str, Any]]:
    """Accuracy of votes in thirds of the face's height, by detector: what the paper takes for the cause."""
    rows = []
    labelled = clips.filter(pl.col("label").is_in(CLASSES), pl.col("frames_with_face") > 0)
    for (detector,), part in labelled.group_by("detector", maintain_order=True):
        ordered = part.sort("face_height", "video")
        for third in np.array_split(np.arange(len(ordered)), 3):
            if len(third):
                mine = ordered[third.tolist()]
                right = int((mine["by_votes"] == mine["label"]).sum())
                rows.append(
                    {
                        "detector": detector,
                        "from": mine["face_height"][0],
                        "to": mine["face_height"][-1],
                        "clips": len(mine),
                        "people": mine["performer"].n_unique(),
                        "correct": right,
                        "accuracy": right / len(mine),
                    }
                )
    return rows
