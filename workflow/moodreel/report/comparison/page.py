"""The page that compares a paper's published numbers with a run's: self-contained, everything escaped."""

from typing import Any

import polars as pl

from moodreel.report.comparison.published import Inference, PublishedPaper
from moodreel.report.comparison.study import Study, sentence
from moodreel.report.templates import STYLE, environment

TEMPLATES = ("comparison.html.j2", "tables.html.j2")
"""The template that every kind's template extends, and the tables that they share. Named for the code's fingerprint."""


def render(comparison: pl.DataFrame, study: Study, published: PublishedPaper) -> str:
    """The page as HTML, of the table COMPARISON that `study.compare` makes of the same run and paper."""
    templates = environment()
    templates.filters.update(setting=_setting, sentence=sentence, printed=_printed)
    rows = [{**row, "way": study.way(row)} for row in comparison.iter_rows(named=True)]
    figures = _rows_of_figures(rows, published)
    placed = (*study.NOTES, *(("readings",) if published.readings else ()))
    own = {row["quantity"] for row in rows if "/" in row["quantity"]} | {row["quantity"] for row in figures}
    return templates.get_template(study.TEMPLATE).render(
        style=STYLE,
        study=study,
        published=published,
        figures=figures,
        counts=[row for row in rows if row["quantity"] not in own],
        parameters=_parameters(study, published),
        inferences=[{**one.model_dump(), "fraction": fraction(one)} for one in published.inferences],
        notes={name: text for name, text in published.notes.items() if name not in placed},
        quoted=study.quote(published.rows),
        **study.parts(comparison, published),
    )


def _rows_of_figures(rows: list[dict[str, Any]], published: PublishedPaper) -> list[dict[str, Any]]:
    """The rows of COMPARISON that belong to each published figure, in the paper's order. The first one of a figure
    spans (`span`) all of them, the others none."""
    found = []
    for figure in published.figures:
        inferred = published.inference(figure.quantity)
        more = {
            "name": published.name(figure.quantity),
            "where": figure.where,
            "fits": fraction(inferred) if inferred else "",
        }
        mine = [row for row in rows if row["quantity"] == figure.quantity]
        mine = mine or [row for row in rows if row["quantity"].startswith(f"{figure.quantity}/")]
        found += [{**row, **more, "span": 0 if number else len(mine)} for number, row in enumerate(mine)]
    return found


def fraction(inference: Inference) -> str:
    """The fraction that an inference finds, `792 of 1,319`; empty where it finds none."""
    return "" if inference.correct is None else f"{inference.correct:,} of {inference.of:,}"


def _parameters(study: Study, published: PublishedPaper) -> list[dict[str, Any]]:
    rows = []
    for parameter in published.parameters:
        ours = study.setting(parameter.setting)
        rows.append({**parameter.model_dump(), "ours": ours, "same": ours == parameter.published})
    return rows


def _printed(value: float | None) -> str:
    """A published figure with the digits that it has, six at most."""
    return "–" if value is None else f"{value:.6g}"


def _setting(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
