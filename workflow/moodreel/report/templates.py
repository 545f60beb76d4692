"""The environment in which pages are rendered."""

from jinja2 import Environment, PackageLoader, StrictUndefined

STYLE = "page.css"
"""Included by every page. Named here, since a file that no module names is not in the code's fingerprint."""


def environment() -> Environment:
    """Templates of this package: everything is escaped, and a name that a template lacks is an error.

    The filter `number` writes a number with a given number of decimals, and missing values as a dash.
    """
    made = Environment(
        loader=PackageLoader("moodreel.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = _number
    return made


def _number(value: float | None, digits: int = 2) -> str:
    if value is None or value != value:
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}"  # no negative zero
