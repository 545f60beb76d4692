"""Names of the emotions where people are shown."""

from moodreel.tables.emotions import EMOTIONS


def names(*, unnamed: bool) -> list[str]:
    """The emotions' names, in their order; with `unnamed` numbers, for built-in clips, since no emotion is ascribed to
    the people in them."""
    return [f"class {n}" for n in range(len(EMOTIONS))] if unnamed else list(EMOTIONS)
