"""Settings of the comparison with a paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml

from moodreel.settings.base import Section, setting

FOLDER = Path(__file__).resolve().parents[2] / "papers"

PAPERS = tuple(sorted(path.parent.name for path in FOLDER.glob("*/expected.yaml")))
"""The papers with published numbers: each has a folder of that name."""


if TYPE_CHECKING:
    Paper = str  # the names are known only at run time, from the folders
else:
    Paper = Literal[PAPERS]


class PaperSettings(Section):
    name: Paper | None = setting(
        None,
        "paper whose published numbers are compared with this run's, in comparison.html and comparison.tsv: a folder in workflow/papers/; null: no such page. It changes no other setting: the folder's config.yaml does",
    )


def study_of(paper: str) -> str | None:
    """The kind of study (the setting `study`) that the paper's numbers are compared with; None where its expected.yaml
    names none or is not valid YAML, which `python -m moodreel.steps.compare` reports."""
    try:
        content = yaml.safe_load((FOLDER / paper / "expected.yaml").read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return None
    return content.get("study") if isinstance(content, dict) else None
