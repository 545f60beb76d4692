"""A sample of labelled pictures: so many of each label, so that judging them ends in minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.faces.labelled import UNREADABLE, Picture, picture_of
from moodreel.tables.emotions import EMOTIONS


@dataclass(frozen=True)
class Sample:
    """What is judged: `drawn`, at most so many pictures of each label, and `twice`, all that a second rater has
    labelled, which may be among the others. `set_aside` as in `labelled.LabelledSet`, of the pictures looked at.
    """

    drawn: tuple[Picture, ...]
    twice: tuple[Picture, ...]
    set_aside: Counter[str]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Both, each picture once."""
        return tuple(dict.fromkeys((*self.drawn, *self.twice)))


def _readable(path: Path) -> bool:
    return picture_of(path) is not None


def draw(
    pictures: Sequence[Picture], per_label: int, seed: int, readable: Callable[[Path], bool] = _readable
) -> Sample:
    """`per_label` of `pictures` of each label, or all there are, by chance.

    Those that are not `readable` are set aside, and others drawn in their place.
    """
    rng = np.random.default_rng(seed)
    unreadable: set[Path] = set()

    def usable(some: Iterable[Picture]) -> Iterable[Picture]:
        for picture in some:
            if readable(picture.path):
                yield picture
            else:
                unreadable.add(picture.path)

    drawn = []
    for label in EMOTIONS:
        own = [picture for picture in pictures if picture.label == label]
        shuffled = usable(own[place] for place in rng.permutation(len(own)))
        drawn += [picture for _, picture in zip(range(per_label), shuffled, strict=False)]
    twice = tuple(usable(picture for picture in pictures if picture.second))
    return Sample(tuple(drawn), twice, Counter({UNREADABLE: len(unreadable)} if unreadable else {}))
