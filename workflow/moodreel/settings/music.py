"""Settings of the soundtracks' description."""

from moodreel.settings.base import Section, setting


class MusicSettings(Section):
    passage_s: float = setting(2.0, "length of a passage of music", unit="s", ge=1, le=60)
    stride_s: float = setting(1.0, "time from one passage's start to the next one's", unit="s", ge=0.1, le=60)
    context_s: float = setting(
        8.0,
        "tempo, key and mode of a passage are measured on this much music around it: less does not show them",
        unit="s",
        ge=2,
        le=120,
    )
    silence_db: float = setting(
        -60.0, "a track or passage of no higher level is silent, and has null everywhere", unit="dBFS", ge=-120, le=-20
    )
