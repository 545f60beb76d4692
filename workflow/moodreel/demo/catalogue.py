"""The built-in clips, and their names in a table of videos."""

import difflib
from dataclasses import dataclass

from moodreel.errors import UserError

PREFIX = "builtin:"

PEOPLE = ("hopper", "astronaut")
"""The two portraits, by the names of their files: `grace_hopper.jpg` of matplotlib and `astronaut` of scikit-image."""

MOODS = {
    "brows_raised": "playful",
    "brows_lowered": "fierce",
    "eyes_closed": "calm",
    "smile": "joyful",
    "corners_down": "sad",
    "jaw_open": "triumphant",
    "lip_pucker": "tender",
}
"""The expressions, named by what moves, and the mood of the music for each.

The assignment is arbitrary. The mood is the music's: no feeling is ascribed to the two people.
"""

EXPRESSIONS = tuple(MOODS)

TAKES = (1, 2, 3)


@dataclass(frozen=True)
class Clip:
    """One built-in clip."""

    person: str
    expression: str
    take: int

    @property
    def video(self) -> str:
        """Its id in the packaged tables of videos."""
        return f"{self.person}-{self.expression}-{self.take}"

    @property
    def source(self) -> str:
        return f"{PREFIX}{self.person}/{self.expression}/{self.take}"

    @property
    def mood(self) -> str:
        """The mood of its soundtrack."""
        return MOODS[self.expression]

    @property
    def soundtrack_seed(self) -> int:
        """The seed of the soundtrack, the same for both people: their clips of one take share the music."""
        return 10 * EXPRESSIONS.index(self.expression) + self.take

    @property
    def motion_seed(self) -> int:
        """The seed of the motion of head and torso, different for each clip."""
        return 1000 + CLIPS.index(self)


CLIPS = tuple(Clip(person, expression, take) for expression in EXPRESSIONS for take in TAKES for person in PEOPLE)
"""All built-in clips."""


def parse(source: str) -> Clip:
    """The clip that `builtin:<person>/<expression>/<take>` names.

    Raises UserError, with the allowed values and the nearest name, where there is no such clip.
    """
    clips = {clip.source: clip for clip in CLIPS}
    if source in clips:
        return clips[source]
    near = difflib.get_close_matches(source, clips, n=1)
    raise UserError(
        f"{source}: there is no such built-in clip.{f' Did you mean {near[0]}?' if near else ''} Built-in clips are "
        f"{PREFIX}<person>/<expression>/<take> with a person of {', '.join(PEOPLE)}; an expression of "
        f"{', '.join(EXPRESSIONS)}; a take of {', '.join(map(str, TAKES))}."
    )
