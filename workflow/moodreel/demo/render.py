"""Renders the pictures of a built-in clip."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from moodreel.demo import portraits
from moodreel.demo.action_units import Face
from moodreel.demo.catalogue import CLIPS, Clip
from moodreel.demo.film import Film, caption
from moodreel.demo.motion import Body
from moodreel.demo.portraits import PICTURE_PX
from moodreel.demo.script import Script


class Actor:
    """One person, ready for rendering."""

    def __init__(self, person: str) -> None:
        portrait = portraits.load(person)
        self.face = Face(portrait)
        self.body = Body(portrait, self.face.frame)

    def picture(self, activations: np.ndarray, motion: np.ndarray) -> np.ndarray:
        """The person with action units (len(UNITS),) and motions (len(MOTIONS),) as in `script`, without film and
        caption.

        RGB uint8, (PICTURE_PX, PICTURE_PX, 3).
        """
        return self.body.move(self.face.move(activations), motion)


@cache
def actor(person: str) -> Actor:
    """The person of that name, made once per process (its fields take a few tenths of a second)."""
    return Actor(person)


def frames(clip: Clip, script: Script, *, noise_seed: int) -> Iterator[np.ndarray]:
    """The clip's frames, RGB uint8 (PICTURE_PX, PICTURE_PX, 3). The same seed gives the same frames."""
    film = Film([noise_seed, CLIPS.index(clip)], frames=len(script.time_s), side_px=PICTURE_PX)
    for index, (activations, motion) in enumerate(zip(script.units, script.motion, strict=True)):
        picture = film.expose(actor(clip.person).picture(activations, motion), index)
        caption(picture)
        yield picture
