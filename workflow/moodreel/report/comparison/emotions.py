"""Compares a paper on emotion scores with a run: accuracy of a vote of frames, detectors, clips and emotions over
time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from moodreel.classify.verdict import SIGNIFICANT
from moodreel.emotions import naming
from moodreel.emotions.agreement import Mcnemar, mcnemar
from moodreel.emotions.frames import PART_FRAMES
from moodreel.emotions.votes import CLASSES, MEAN
from moodreel.report.comparison import study
from moodreel.report.comparison.published import PublishedFigure, PublishedPaper
from moodreel.report.comparison.study import Row, row
from moodreel.report.style import PAGE_IN, PALETTE, RULE, svg
from moodreel.report.summary import quantity
from moodreel.settings.classify import HeadlineSettings
from moodreel.tables import base
from moodreel.tables.emotions import CLIP_ACCURACY, CLIP_EMOTIONS, DETECTORS, EMOTION_TIMELINE, EMOTIONS
from moodreel.tables.videos import VIDEOS

COUNTED = {"with_face": "clips with a face", "all": "all clips"}
"""Which clips a figure counts, in words: those with a face in some frame, or all, where those without a face count as
wrong."""

MOST_CLIPS = 40
"""Clips whose votes the page shows; all are in clip_emotions.tsv."""

MOST_TIMELINES = 8
"""People whose timelines are drawn; all are in emotion_timeline.tsv."""

_SHARED = ("low", "high", "people", "chance_mean", "chance_max", "shuffles", "majority")
"""Columns that COMPARISON has from CLIP_ACCURACY under the same name."""

LETTERS = dict(zip(CLASSES, "ABC", strict=True))
"""Names of the classes where none may be named."""


@dataclass(frozen=True)
class Study(study.Study):
    """A run of emotion scores.

    clips: table CLIP_EMOTIONS. accuracy: CLIP_ACCURACY. detectors: DETECTORS. timeline: EMOTION_TIMELINE.
    """

    clips: pl.DataFrame
    accuracy: pl.DataFrame
    detectors: pl.DataFrame
    timeline: pl.DataFrame

    TEMPLATE: ClassVar[str] = "comparison/emotions.html.j2"
    NOTES: ClassVar[tuple[str, ...]] = ("network", "faces")
    FILES: ClassVar[tuple[str, ...]] = ("clip_accuracy.tsv", "clip_emotions.tsv", "emotion_timeline.tsv")
    WAY: ClassVar[str] = "counted in ours"
    ABSENT: ClassVar[str] = "this run has no clips that it can be set beside"

    @classmethod
    def read(cls, name: str, settings: Mapping[str, Any], tables: Mapping[str, Path]) -> Self:
        """The run of this name, with its tables at these paths."""
        return cls(
            name=name,
            settings=settings,
            videos=base.read_tsv(tables["videos"], VIDEOS),
            clips=base.read_tsv(tables["clips"], CLIP_EMOTIONS),
            accuracy=base.read_tsv(tables["accuracy"], CLIP_ACCURACY),
            detectors=base.read_tsv(tables["detectors"], DETECTORS),
            timeline=base.read_tsv(tables["timeline"], EMOTION_TIMELINE),
        )

    @property
    def hides_emotions(self) -> bool:
        """Whether any clip is a built-in one: then no emotion is named on the whole page, for the sake of the two
        people in these."""
        return bool((self.videos["kind"] == "builtin").any())

    @property
    def class_names(self) -> dict[str, str]:
        """The page's name for each class."""
        return LETTERS if self.hides_emotions else dict(zip(CLASSES, CLASSES, strict=True))

    def counterparts(self, figure: PublishedFigure) -> Iterator[Row]:
        """This run's figures of the same detector (`<of what>/<detector>`), counted in both ways."""
        for one in paper_accuracy(self.accuracy, figure.quantity.rpartition("/")[2]):
            yield row(
                f"{figure.quantity}/{one['counted']}", figure.published, one["accuracy"], conclusion(one, self),
                published_sd=figure.sd, windows=one["videos"],
                **{name: one[name] for name in _SHARED},
            )  # fmt: skip

    def counts(self, published: PublishedPaper) -> Iterator[Row]:
        """Clips, people, and frames of a part of a timeline where the paper has such parts."""
        counts = published.counts
        yield row("clips", counts.get("clips"), self.videos.height, "All clips of the run's table.")
        yield row("people", counts.get("people"), self.videos["performer"].n_unique(), "Among these clips.")
        if "frames_per_part" in counts:
            yield row("frames_per_part", counts["frames_per_part"], PART_FRAMES, "Frames of a part of a timeline.")

    def way(self, row: Mapping[str, Any]) -> str:
        """Which clips count."""
        return COUNTED.get(row["quantity"].rpartition("/")[2], "")

    def cards(self, published: PublishedPaper) -> list[tuple[str, str]]:
        """Clips, people, and by detector in how many frames a face was found."""
        theirs = [
            f"{number:,}{name.removeprefix('clips').replace('_', ' of ', 1).replace('_', ' ')}"
            for name, number in published.counts.items()
            if name == "clips" or name.startswith("clips_")
        ]
        people = self.videos["performer"].n_unique()
        return [
            (f"{self.videos.height:,}", "clips" + (f"; the paper {' and '.join(theirs)}" if theirs else "")),
            (f"{people:,}", "person" if people == 1 else "people"),
            *(
                (
                    share(one["frames_with_face"], one["frames"]),
                    f"of {one['frames']:,} frames have a face by {one['detector']}; {one['none']} clips have none",
                )
                for one in _frames(self.clips)
            ),
        ]

    def parts(self, comparison: pl.DataFrame, published: PublishedPaper) -> dict[str, Any]:
        """All figures, what detectors agree on, heights of faces, clips and timelines, as the template shows them."""
        shuffles = self.accuracy["shuffles"].max()
        return {
            "shuffles": shuffles or 0,
            "counted": COUNTED,
            "every": self.accuracy.to_dicts(),
            "between": between(self),
            "heights": by_height(self.clips),
            "agreement": [{**one, "text": disagreement(one)} for one in self.detectors.iter_rows(named=True)],
            "share": share,
            "class_names": self.class_names,
            "clips": _clips(self.clips, self.class_names),
            "clips_in_all": self.clips.filter(pl.col("label").is_in(CLASSES)).height,
            "part_frames": PART_FRAMES,
            "timelines": [svg(figure) for figure in timelines(self)],
        }

    def quote(self, rows: Sequence[Mapping[str, str | int]]) -> list[dict[str, str | int]]:
        """Lines of a table that the paper prints, with letters for classes where none may be named."""
        names = (
            {**self.class_names, **{old.lower(): new for old, new in self.class_names.items()}}
            if self.hides_emotions
            else {}
        )
        return [
            {
                names.get(key, key): (names.get(value, value) if isinstance(value, str) else value)
                for key, value in one.items()
            }
            for one in rows
        ]


def paper_accuracy(accuracy: pl.DataFrame, detector: str) -> list[dict[str, Any]]:
    """The rows of CLIP_ACCURACY that follow the paper, of a detector: votes, its classes, either way of counting."""
    rows = accuracy.filter(detector=detector, rule="votes", classes="settings").to_dicts()
    return sorted(rows, key=lambda row: list(COUNTED).index(row["counted"]))


def conclusion(row: Mapping[str, Any], run: Study) -> str:
    """What may be concluded from a row of CLIP_ACCURACY. Its p value is multiplied by how many such rows the page
    has."""
    tested = f"{quantity(row['videos'], 'clip')} of {quantity(row['people'], 'person')}"
    least = HeadlineSettings()
    if row["videos"] < least.min_windows or row["people"] < least.min_people:
        return (
            f"Too few to say anything: {tested}, where {least.min_windows} of {least.min_people} people are asked for."
        )
    rows = run.accuracy.filter(rule="votes", classes="settings").height
    p = min(1.0, row["p_value"] * rows)
    if p > SIGNIFICANT:
        return f"Not above labels exchanged within each person (p = {p:.2g}, times {rows} rows), of {tested}."
    if row["accuracy"] <= row["majority"]:
        return f"Above exchanged labels (p = {p:.2g}), but always naming the most frequent label is right as often."
    return f"Above labels exchanged within each person (p = {p:.2g}, times {rows} rows), of {tested}."


def between(run: Study) -> tuple[str, str, Mcnemar, int] | None:
    """The first two detectors, McNemar's test of them, and on how many clips; None where only one was used."""
    names = [name for name in run.setting("emotions.detectors") or [] if name in run.clips["detector"].to_list()]
    if len(names) < 2:
        return None
    labelled = run.clips.filter(pl.col("label").is_in(CLASSES))
    first, second = (labelled.filter(detector=name).sort("video") for name in names[:2])
    if first.is_empty():
        return None
    right = [(table["by_votes"] == table["label"]).fill_null(False).to_numpy() for table in (first, second)]
    return names[0], names[1], mcnemar(*right), len(first)


def by_height(clips: pl.DataFrame) -> list[dict[str, Any]]:
    """Accuracy of votes in thirds of the clips with a face, by detector and from small faces to large ones."""
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


def share(value: int, of: int) -> str:
    """A part of a whole in per cent; a dash if the whole is nothing."""
    return "–" if not of else f"{100 * value / of:.0f} %"


def disagreement(agreed: Mapping[str, Any]) -> str:
    """In how many frames two detectors (a row of DETECTORS) disagree: on whether there is a face, on which, on its
    emotion."""
    first, second, frames, both = (agreed[name] for name in ("first", "second", "frames", "both"))
    text = f"{first} and {second} disagree in {_of(agreed['disagree'], frames)}"
    if not both:
        return f"{text}: in no frame do both find a face."
    alone = agreed["only_first"] + agreed["only_second"]
    return (
        f"{text}: on whether there is a face in {_of(alone, frames)}; where both find one, they take different faces "
        f"in {_of(both - agreed['same_face'], both)}, and the highest score is that of different emotions in "
        f"{_of(both - agreed['same_emotion'], both)}."
    )


def _of(value: int, of: int) -> str:
    return f"{value:,} of {of:,} frames" + (f" ({share(value, of)})" if of else "")


def _frames(clips: pl.DataFrame) -> list[dict[str, Any]]:
    """By detector: frames, and in how many of them a face was found."""
    sums = (
        clips.filter(pl.col("detector") != MEAN)
        .group_by("detector", maintain_order=True)
        .agg(
            pl.len().alias("clips"),
            pl.col("frames", "frames_with_face").sum(),
            (pl.col("frames_with_face") == 0).sum().alias("none"),
        )
    )
    return sums.to_dicts()


def _clips(clips: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The first labelled clips: frames of each class, the class of most of them, the golden label."""
    shown = clips.filter(pl.col("label").is_in(CLASSES)).head(MOST_CLIPS)
    return [
        {**row, "predicted": names.get(row["by_votes"], "none"), "golden": names[row["label"]]}
        for row in shown.iter_rows(named=True)
    ]


def timelines(run: Study) -> list[Figure]:
    """How many of each thousand frames of a person have each emotion: one figure per person, one panel per detector.

    With built-in clips among them emotions are numbered.
    """
    rows = run.timeline.filter(of="performer")
    names = naming.names(unnamed=run.hides_emotions)
    figures = []
    for (person,), mine in list(rows.group_by("name", maintain_order=True))[:MOST_TIMELINES]:
        detectors = mine["detector"].unique(maintain_order=True).to_list()
        figure, panels = plt.subplots(1, len(detectors), figsize=(PAGE_IN, 1.9), squeeze=False, sharey=True)
        for axes, detector in zip(panels.flat, detectors, strict=True):
            parts = mine.filter(detector=detector).sort("part")
            below = [0.0] * len(parts)
            for number, emotion in enumerate(EMOTIONS):
                share = (parts[emotion] / parts["frames"]).to_list()
                axes.bar(parts["part"], share, bottom=below, width=0.9, color=PALETTE[number], label=names[number])
                below = [a + b for a, b in zip(below, share, strict=True)]
            axes.bar(parts["part"], [1 - b for b in below], bottom=below, width=0.9, color=RULE, label="no face")
            axes.set_title(f"{person}, {detector}, {int(parts['frames'].sum()):,} frames")
            axes.set(xlabel="thousand frames", ylim=(0, 1), xlim=(-0.5, max(len(parts) - 0.5, 0.5)))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panels.flat[0].set_ylabel("share of frames")
        handles, labels = panels.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=7)
        figures.append(figure)
    return figures
