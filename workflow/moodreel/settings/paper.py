"""Settings of a paper's rerun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml

from moodreel.settings.base import Section, setting

FOLDER = Path(__file__).resolve().parents[2] / "papers"

PAPERS = tuple(sorted(path.parent.name for path in FOLDER.glob("*/expected.yaml")))
"""Papers whose published numbers are there: each has a folder of that name."""


if TYPE_CHECKING:
    Paper = str  # which there are only the folders say
else:
    Paper = Literal[PAPERS]


class PaperSettings(Section):
    name: Paper | None = setting(
        None,
        "paper whose published numbers are set beside this run's, in comparison.html and comparison.tsv: a folder in workflow/papers/; null: no such page. It changes no other setting: the folder's config.yaml does",
    )


def study_of(paper: str) -> str | None:
    """The kind of study (the setting `study`) whose tables the paper's numbers stand beside; None where its file does
    not say so in a way that can be read, which `python -m moodreel.steps.compare` reports."""
    try:
        content = yaml.safe_load((FOLDER / paper / "expected.yaml").read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return None
    return content.get("study") if isinstance(content, dict) else None
