"""The page that sets a paper's published accuracies of emotion scores beside a run's: self-contained, escaped."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from moodreel.emotions.votes import CLASSES, MEAN
from moodreel.report.emotions import COUNTED, Study, between, by_height, conclusion
from moodreel.report.published import Published
from moodreel.report.style import PAGE_IN, PALETTE, RULE, svg
from moodreel.report.templates import STYLE, environment
from moodreel.tables.emotions import EMOTIONS

TEMPLATE = "emotions.html.j2"

MOST_CLIPS = 40
"""Clips of the table in the paper's shape; all are in clip_emotions.tsv."""

MOST_TIMELINES = 8
"""People whose timelines are drawn; all are in emotion_timeline.tsv."""

LETTERS = "ABC"


def render(comparison: pl.DataFrame, study: Study, published: Published) -> str:
    """The page as HTML, of the table COMPARISON that `emotions.compare` makes of the same run and paper."""
    templates = environment()
    templates.filters["number"] = lambda value, digits=2: (
        "–" if value is None or value != value else f"{value:.{digits}f}"
    )
    templates.filters["share"] = lambda value, of: "–" if not of else f"{100 * value / of:.0f} %"
    class_names = dict(zip(CLASSES, LETTERS if study.unnamed else CLASSES, strict=True))
    named = {figure.quantity: figure for figure in published.figures}
    inferred = {one.quantity: one for one in published.inferences}
    templates.filters["setting"] = lambda value: f"{value:g}" if isinstance(value, (int, float)) else value
    return templates.get_template(TEMPLATE).render(
        style=STYLE,
        study=study,
        published=published,
        built_in=study.built_in,
        counted=COUNTED,
        frames=_frames(study),
        beside=[
            {**row, "figure": named[quantity], "inferred": inferred.get(quantity), "counted": which}
            for row in comparison.iter_rows(named=True)
            for quantity, which in [_quantity(row["quantity"], named)]
        ],
        every=[{**row, "said": conclusion(row, study)} for row in study.accuracy.iter_rows(named=True)],
        between=between(study),
        heights=by_height(study.clips),
        agreement=study.detectors.to_dicts(),
        clips=_clips(study, class_names),
        clips_in_all=study.clips.filter(pl.col("label").is_in(CLASSES)).height,
        timelines=[svg(figure) for figure in timelines(study)],
        parameters=[
            {
                **one.model_dump(),
                "ours": study.setting(one.setting),
                "same": study.setting(one.setting) == one.published,
            }
            for one in published.parameters
        ],
        also=[{"said": one.said, "figure": named.get(one.quantity)} for one in published.contradictions],
    )


def _quantity(name: str, named: dict[str, Any]) -> tuple[str, str | None]:
    """A published quantity, and which clips are counted, of a quantity in COMPARISON."""
    return (name, None) if name in named else tuple(name.rsplit("/", 1))


def _frames(study: Study) -> list[dict[str, Any]]:
    """By detector: frames, and in how many of them a face was found."""
    sums = (
        study.clips.filter(pl.col("detector") != MEAN)
        .group_by("detector", maintain_order=True)
        .agg(
            pl.len().alias("clips"),
            pl.col("frames", "frames_with_face").sum(),
            (pl.col("frames_with_face") == 0).sum().alias("none"),
        )
    )
    return sums.to_dicts()


def _clips(study: Study, names: dict[str, str]) -> list[dict[str, Any]]:
    """The first labelled clips in the shape of the paper's result table."""
    shown = study.clips.filter(pl.col("label").is_in(CLASSES)).head(MOST_CLIPS)
    return [
        {**row, "predicted": names.get(row["by_votes"], "none"), "golden": names[row["label"]]}
        for row in shown.iter_rows(named=True)
    ]


def timelines(study: Study) -> list[Figure]:
    """Of each person how many of each thousand frames have each emotion, a figure a person, a panel a detector.

    With built-in clips among them emotions are numbered.
    """
    rows = study.timeline.filter(of="performer")
    names = [f"class {n}" for n in range(len(EMOTIONS))] if study.unnamed else list(EMOTIONS)
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
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        panels.flat[0].set_ylabel("share of frames")
        handles, labels = panels.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=7)
        figures.append(figure)
    return figures
