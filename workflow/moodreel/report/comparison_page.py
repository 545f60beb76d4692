"""The page that sets a paper's published numbers beside a run's: self-contained, everything escaped."""

from __future__ import annotations

from typing import Any

import polars as pl

from moodreel.report import modalities
from moodreel.report.comparison import FIDELITY, LABEL_ACCURACY, WAYS, Study
from moodreel.report.comparison_figure import paper_against_ours
from moodreel.report.published import Published
from moodreel.report.style import svg
from moodreel.report.templates import STYLE, environment

TEMPLATE = "comparison.html.j2"


def render(comparison: pl.DataFrame, study: Study, published: Published) -> str:
    """The page as HTML, of the table COMPARISON that `comparison.compare` makes of the same run and paper."""
    templates = environment()
    templates.filters["number"] = _number
    templates.filters["setting"] = _setting
    names = {classifier: figure.name for classifier, figure in published.of(FIDELITY).items()}
    figure = paper_against_ours(comparison, names)
    counts = comparison.filter(~pl.col("quantity").str.contains("/", literal=True))
    return templates.get_template(TEMPLATE).render(
        style=STYLE,
        study=study,
        published=published,
        built_in=bool((study.videos["kind"] == "builtin").all()),
        figure=svg(figure) if figure else "",
        fidelity_names=list(names),
        fidelity=_rows(comparison, FIDELITY, names),
        label_accuracy=_rows(comparison, LABEL_ACCURACY, names),
        ways=WAYS,
        missing=[name for way, name in WAYS.items() if way not in comparison["group"].to_list()],
        counts={row["quantity"]: row for row in counts.iter_rows(named=True)},
        silhouette=study.silhouette.to_dicts(),
        parameters=_parameters(study, published),
        paired=study.paired_windows,
        modalities=modalities.says(study.modalities),
        tracks=study.pairs.filter(pl.col("rank") == 1)["track"].n_unique(),
    )


def _rows(comparison: pl.DataFrame, quantity: str, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {**row, "name": names[row["quantity"].split("/", 1)[1]], "way": WAYS.get(row["group"], row["group"] or "–")}
        for row in comparison.filter(pl.col("quantity").str.starts_with(f"{quantity}/")).iter_rows(named=True)
    ]


def _parameters(study: Study, published: Published) -> list[dict[str, Any]]:
    rows = []
    for parameter in published.parameters:
        ours = study.setting(parameter.setting)
        rows.append({**parameter.model_dump(), "ours": ours, "same": ours == parameter.published})
    return rows


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None or value != value else f"{value:.{digits}f}"


def _setting(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
