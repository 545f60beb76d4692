"""Settings of the networks' files."""

from moodreel.settings.base import Section, setting


class ModelsSettings(Section):
    folder: str = setting(
        "results/models", "folder of the converted networks, and of what they were fetched from", min_length=1
    )
    mirror: str | None = setting(
        None, "folder that is looked in first for a network's original, for machines without a network; null is none"
    )
    accept: list[str] = setting(
        [], "names of networks whose terms you accept, where these bind more than the licence (docs/models.md)"
    )
