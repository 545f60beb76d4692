"""Settings of applying a trained classifier."""

from pydantic import field_validator

from moodreel.settings.base import Section, from_home, setting


class ApplySettings(Section):
    models: str | None = setting(
        None,
        "folder `models` of another run: its classifier's predictions for each video's windows are written to "
        "results/runs/<run>/applied/, and nothing is clustered or trained",
        min_length=1,
    )
    classifier: str | None = setting(
        None, "which of its classifiers is used; null: the first that gives probabilities", min_length=1
    )
    last_frames: int | None = setting(
        None, "only the windows within this many frames before a video's end; null: all", unit="frames", ge=1
    )

    _from_home = field_validator("models")(from_home)
