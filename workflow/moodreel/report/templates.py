"""The environment in which pages are rendered."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from moodreel.report.hidden_characters import make_visible

STYLE = "page.css"
"""Included by every page. Named here, since a file that no module names is not in the code's fingerprint."""

POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
"""The Content-Security-Policy of every page: it loads nothing and runs no script, whatever got into its text. Styles
are inline, since matplotlib writes them into each element of a figure."""


def environment() -> Environment:
    """Templates of this package: everything is escaped, hidden characters are made visible, and a name that a template
    lacks is an error.

    The filter `number` writes a number with a given number of decimals, and missing values as a dash.
    """
    made = Environment(
        loader=PackageLoader("moodreel.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = _number
    made.globals["policy"] = POLICY
    return made


def _show(value: Any) -> Any:
    """What an expression of a template gives, with its hidden characters made visible: our own markup has none."""
    return make_visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _number(value: float | None, digits: int = 2) -> str:
    if value is None or value != value:
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}"  # no negative zero
