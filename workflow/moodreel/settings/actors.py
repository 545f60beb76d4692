"""Settings of the built-in clips."""

from __future__ import annotations

from moodreel.settings.base import Section, setting


class ActorsSettings(Section):
    noise_seed: int = setting(
        0,
        "seed of the built-in clips' picture noise and exposure drift; what the clips show stays the same",
        ge=0,
        le=2**32 - 1,
    )
