"""What both pages are rendered with."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

STYLE = "page.css"
"""Included by every page. Named here, since a file that no module names is not in the code's fingerprint."""


def environment() -> Environment:
    """Templates of this package: everything is escaped, and a name that a template lacks is an error."""
    return Environment(
        loader=PackageLoader("moodreel.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
