"""Settings of a paper's rerun."""

from __future__ import annotations

from typing import Literal

from moodreel.settings.base import Section, setting

STUDY = {"hsu-lee-2020": "expressions", "cs640-2020": "emotions"}
"""What each paper's rerun makes (`study`)."""


class PaperSettings(Section):
    name: Literal["hsu-lee-2020", "cs640-2020"] | None = setting(
        None,
        "paper whose published numbers are set beside this run's, in comparison.html and comparison.tsv: a folder in workflow/papers/; null: no such page. It changes no other setting: the folder's config.yaml does",
    )
