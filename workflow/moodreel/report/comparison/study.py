"""The interface of a kind of study, and the table COMPARISON of any of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import polars as pl
import yaml

from moodreel.report import comparison
from moodreel.report.comparison.published import PublishedFigure, PublishedPaper
from moodreel.tables import base
from moodreel.tables.paper import COMPARISON

Row = dict[str, Any]
"""A row of COMPARISON by column; columns that are left out are null."""


@dataclass(frozen=True)
class Study(ABC):
    """A run, as a comparison reads it.

    name: the run's. settings: all of them, resolved. videos: table VIDEOS.
    """

    name: str
    settings: Mapping[str, Any]
    videos: pl.DataFrame

    TEMPLATE: ClassVar[str]
    """The template that extends `comparison.html.j2`, by its path in the package `report`."""

    WAY: ClassVar[str]
    """The heading of the column of `way`."""

    NOTES: ClassVar[tuple[str, ...]] = ()
    """The paper's notes that this template puts next to its own parts; the page lists the others."""

    FILES: ClassVar[tuple[str, ...]] = ()
    """Tables of the run that hold more than the page shows."""

    ABSENT: ClassVar[str] = "not measured in this run"
    """Why a published figure has no counterpart where the paper's file gives no reason."""

    @classmethod
    @abstractmethod
    def read(cls, name: str, settings: Mapping[str, Any], tables: Mapping[str, Path]) -> Self:
        """The run of this name, with its tables at these paths, by the inputs of the step that compares."""

    @abstractmethod
    def counterparts(self, figure: PublishedFigure) -> Iterator[Row]:
        """The run's own figures for a published one; none where it has none."""

    def further(self, published: PublishedPaper) -> Iterator[Row]:
        """The run's figures without a published counterpart that belong in the table."""
        return iter(())

    def counts(self, published: PublishedPaper) -> Iterator[Row]:
        """The run's counts, with the paper's where it gives them."""
        return iter(())

    @abstractmethod
    def way(self, row: Mapping[str, Any]) -> str:
        """How the figure of a row of COMPARISON was taken, in words; empty where there is only one way."""

    @abstractmethod
    def cards(self, published: PublishedPaper) -> list[tuple[str, str]]:
        """The numbers at the head of the page, each with its words."""

    @abstractmethod
    def parts(self, comparison: pl.DataFrame, published: PublishedPaper) -> dict[str, Any]:
        """The template's values besides those of the page."""

    def quote(self, rows: Sequence[Mapping[str, str | int]]) -> list[dict[str, str | int]]:
        """Lines of a table that the paper prints, as the page may show them."""
        return [dict(row) for row in rows]

    @property
    def built_in(self) -> bool:
        """Whether all videos are built-in clips."""
        return bool((self.videos["kind"] == "builtin").all())

    def setting(self, key: str) -> Any:
        """The setting of this dotted name, None where there is none."""
        value: Any = self.settings
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def read(described: Path, tables: Mapping[str, Path]) -> Study:
    """A run as a study of its kind: its settings.yaml, in its folder, and its tables (`Study.read`)."""
    settings = yaml.safe_load(described.read_text(encoding="utf-8"))
    return comparison.load(settings["study"]).Study.read(described.parent.name, settings, tables)


def row(quantity: str, published: float | None, ours: float | None, note: str, **more: Any) -> Row:
    """A row of COMPARISON."""
    return {"quantity": quantity, "published": published, "ours": ours, "note": note, **more}


def compare(study: Study, published: PublishedPaper) -> pl.DataFrame:
    """The table COMPARISON: every published figure and count, with the run's own, and further figures of the kind of
    study. Where the run has none, `ours` is null and the note states why."""
    rows: list[Row] = []
    for figure in published.figures:
        missing = row(
            figure.quantity, figure.published, None, _reason(study, published, figure.quantity), published_sd=figure.sd
        )
        rows += [*study.counterparts(figure)] or [missing]
    rows += study.further(published)
    counted = [*study.counts(published)]
    known = {one["quantity"] for one in counted}
    left = (name for name in published.counts if name not in known)
    rows += counted
    rows += (row(name, published.counts[name], None, _reason(study, published, name)) for name in left)
    return pl.DataFrame(rows, schema=base.polars_schema(COMPARISON))


def _reason(study: Study, published: PublishedPaper, quantity: str) -> str:
    if quantity in published.not_rerun:
        return sentence(published.not_rerun[quantity])
    return study.ABSENT if quantity not in published.counts else Study.ABSENT


def sentence(text: str) -> str:
    """The text with a capital letter first and a full stop at its end."""
    text = text.strip()
    return text and text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")
