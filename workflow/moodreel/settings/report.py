"""Settings of the report."""

from moodreel.settings.base import Section, setting


class ReportSettings(Section):
    title: str = setting("Moodreel", "heading of the report", min_length=1, max_length=120)
