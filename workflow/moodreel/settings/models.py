"""Settings of the networks' files."""

from pydantic import field_validator

from moodreel.settings.base import Section, from_home, setting


class ModelsSettings(Section):
    folder: str = setting("results/models", "folder of the converted networks and of their originals", min_length=1)
    mirror: str | None = setting(
        None, "folder searched first for a network's original, for machines without internet access; null: none"
    )
    accept: list[str] = setting(
        [], "names of networks whose terms you accept, where these go beyond the licence (docs/models.md)"
    )

    _from_home = field_validator("folder", "mirror")(from_home)
