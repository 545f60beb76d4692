"""Settings of forced reruns."""

from moodreel.settings.base import Section, setting


class CacheSettings(Section):
    epoch: int = setting(0, "part of every step's parameters: another number runs everything again", ge=0)
