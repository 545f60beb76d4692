"""Settings of the run itself: its name, its table of videos, its caches."""

from __future__ import annotations

from moodreel.settings.base import Section, setting


class CacheSettings(Section):
    epoch: int = setting(0, "part of every step's parameters: another number runs everything again", ge=0)


class ReportSettings(Section):
    title: str = setting("Moodreel", "heading of the report", min_length=1, max_length=120)
