"""Settings of applying a trained model."""

from moodreel.settings.base import Section, setting


class ApplySettings(Section):
    models: str | None = setting(
        None,
        "folder `models` of another run: what its classifier says of each video's windows is written to "
        "results/runs/<run>/applied/, and nothing is clustered or trained",
        min_length=1,
    )
    classifier: str | None = setting(
        None, "which of its classifiers; null: the first that gives probabilities", min_length=1
    )
    last_frames: int | None = setting(
        None, "only the windows within so many frames before a video's end; null: all", unit="frames", ge=1
    )
