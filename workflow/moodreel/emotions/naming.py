"""What emotions are called where people are shown."""

from moodreel.tables.emotions import EMOTIONS


def names(*, unnamed: bool) -> list[str]:
    """The emotions' names, in their order; `unnamed`: numbers, where built-in clips are shown, of whose people no
    emotion is named."""
    return [f"class {n}" for n in range(len(EMOTIONS))] if unnamed else list(EMOTIONS)
