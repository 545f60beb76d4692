"""Pictures and the labels that people gave them, read from a folder.

Two layouts are read:

- `labels.csv`, columns `picture` (a file, relative to the folder), `label`, and, if known, `person` and `rater`. A
  picture may have one line for each rater: the label of the first counts, that of the next is a second reading. A
  picture with two labels by one rater is set aside.
- the repository muxspace/facial_expressions, unchanged: `data/legend.csv` (rater, file in `images/`, label), and
  `data/500_picts_satz.csv`, where another rater has labelled 500 of them. Files are named by the person, with a number:
  `NAME_0001.jpg`.

Labels are the seven of FER2013. A word that is neither one of them nor a synonym is a mistake, except those of `OTHER`:
their pictures are set aside and counted, as are pictures that are missing or cannot be read.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.tables.emotions import EMOTIONS

TABLE = "labels.csv"
REQUIRED, OPTIONAL = ("picture", "label"), ("person", "rater")

LEGEND, SECOND, IMAGES = "data/legend.csv", "data/500_picts_satz.csv", "images"
"""Files of muxspace/facial_expressions."""

SYNONYMS: Mapping[str, str] = {
    "anger": "angry",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
"""Other words for the labels, as data sets have them."""

OTHER = ("contempt", "calm", "other", "unknown")
"""Known words for other labels than the seven."""

TWICE = "given two labels by one rater"
LACKING = "no such file"
UNREADABLE = "no picture that can be read"

_NUMBERED = re.compile(r"(?P<person>.+)_\d+\.\w+")


@dataclass(frozen=True)
class Picture:
    """A labelled picture.

    `person` is the person in it, or the picture itself where it is not `named`; `rater` gave the `label`, one of
    EMOTIONS; `second` is the label by another rater, None without one.
    """

    path: Path
    label: str
    person: str
    named: bool
    rater: str
    second: str | None = None


@dataclass(frozen=True)
class LabelledSet:
    """The labelled pictures of a folder.

    `set_aside` counts the pictures that are left out, by reason; `tables` has the SHA-256 of the tables by name.
    """

    pictures: tuple[Picture, ...]
    set_aside: Counter[str]
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """The evaluated pictures: `drawn`, a sample of each label, and `twice`, all that a second rater has labelled, which
    may be among the others. `set_aside` as in `LabelledSet`, among the candidates of the sample."""

    drawn: tuple[Picture, ...]
    twice: tuple[Picture, ...]
    set_aside: Counter[str]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Pictures of both, each once."""
        return tuple(dict.fromkeys((*self.drawn, *self.twice)))


@dataclass(frozen=True)
class _Row:
    """A line's cells; `person` and `rater` are empty where they are not named."""

    picture: str
    label: str
    person: str = ""
    rater: str = ""

    def mistakes(self) -> Iterator[str]:
        if not self.picture:
            yield "no picture"
        elif Path(self.picture).is_absolute() or ".." in Path(self.picture).parts:
            yield f"{self.picture!r} is outside of the folder; pictures have to be in it"
        if self.meaning is None and self.label.lower() not in OTHER:
            yield f"no label {self.label!r}"

    @property
    def meaning(self) -> str | None:
        """The label in EMOTIONS that the word means; None where it means none."""
        word = self.label.lower()
        return word if word in EMOTIONS else SYNONYMS.get(word)


def read(folder: Path) -> LabelledSet:
    """The labelled pictures in `folder`, in the order of its table.

    Raises UserError where there is no table, or with all mistakes of a table and their lines.
    """
    if (folder / TABLE).is_file():
        tables, where = {TABLE: _rows(folder / TABLE)}, folder
    elif (folder / LEGEND).is_file():
        names = [name for name in (LEGEND, SECOND) if (folder / name).is_file()]
        tables, where = {name: _muxspace(folder / name) for name in names}, folder / IMAGES
    else:
        raise UserError(
            f"{folder}: neither {TABLE} nor {LEGEND} is there. Write {TABLE} with a first line `picture,label,person` "
            "and one line for each picture; `person` may be left out."
        )
    pictures, set_aside = _pictures([row for rows in tables.values() for row in rows], where)
    if not pictures:
        raise UserError(f"{folder}: none of the labelled pictures can be used: {dict(set_aside)}")
    return LabelledSet(tuple(pictures), set_aside, {name: atomic.sha256(folder / name) for name in tables})


def picture_of(path: Path) -> np.ndarray | None:
    """The picture in a file, (height, width, 3) uint8 RGB, upright by its Exif; None where it cannot be read."""
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if found is None else cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def readable(path: Path) -> np.ndarray:
    """The picture in a readable file."""
    picture = picture_of(path)
    assert picture is not None, f"{path} cannot be read"
    return picture


def draw(pictures: Sequence[Picture], per_label: int, seed: int) -> Sample:
    """A random sample of `pictures`: `per_label` of each label, or all if there are fewer. Pictures that cannot be read
    are set aside and replaced by others."""
    rng = np.random.default_rng(seed)
    unreadable: set[Path] = set()

    def usable(some: Iterable[Picture]) -> Iterator[Picture]:
        for picture in some:
            if picture_of(picture.path) is None:
                unreadable.add(picture.path)
            else:
                yield picture

    drawn: list[Picture] = []
    for label in EMOTIONS:
        own = [picture for picture in pictures if picture.label == label]
        shuffled = usable(own[place] for place in rng.permutation(len(own)))
        drawn += [picture for _, picture in zip(range(per_label), shuffled, strict=False)]
    twice = tuple(usable(picture for picture in pictures if picture.second))
    return Sample(tuple(drawn), twice, Counter({UNREADABLE: len(unreadable)} if unreadable else {}))


def _muxspace(path: Path) -> list[_Row]:
    """The rows of a table of muxspace/facial_expressions."""
    rows = []
    for row in _rows(path, ("rater", "picture", "label"), ignored=["user.id", "image", "emotion"]):
        named = _NUMBERED.fullmatch(row.picture)
        rows.append(replace(row, person=named["person"] if named else ""))
    return rows


def _rows(path: Path, columns: Sequence[str] | None = None, ignored: list[str] | None = None) -> list[_Row]:
    """The rows of a table with these `columns`, else with those that its first line names; lines equal to `ignored` are
    skipped. Raises UserError with all mistakes and their lines."""
    lines = [(number, cells) for number, cells in _lines(path) if cells != ignored]
    mistakes: list[str] = []
    if columns is None:
        _, columns = lines.pop(0) if lines else (1, [])
        allowed = ", ".join(REQUIRED + OPTIONAL)
        mistakes += [f"there is no column `{name}`" for name in REQUIRED if name not in columns]
        mistakes += [f"the column `{name}` occurs twice" for name, n in Counter(columns).items() if n > 1]
        unknown = [name for name in columns if name not in REQUIRED + OPTIONAL]
        mistakes += [f"there is no column {name!r}; allowed: {allowed}" for name in unknown]
        mistakes = [f"line 1: {mistake}" for mistake in mistakes]
    rows = []
    for number, cells in [] if mistakes else lines:
        if len(cells) != len(columns):
            mistakes.append(f"line {number}: {len(cells)} cells, but {len(columns)} columns")
            continue
        rows.append(_Row(**dict(zip(columns, cells, strict=True))))
        mistakes += [f"line {number}: {mistake}" for mistake in rows[-1].mistakes()]
    if mistakes:
        raise UserError(
            f"{len(mistakes)} mistake{'s' * (len(mistakes) > 1)} in {path}:\n"
            + "\n".join(f"  - {mistake}" for mistake in mistakes)
            + f"\nLabels are: {', '.join([*EMOTIONS, *SYNONYMS])}; set aside are: {', '.join(OTHER)}."
        )
    return rows


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and its cells without blanks around them, of a CSV with any line endings; empty lines are
    skipped."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); save it as UTF-8") from None
    except csv.Error as error:
        where = f"{path}, line {reader.line_num}"
        raise UserError(f"{where}: {error}; cells that hold a comma or a quote need quotes") from None


def _pictures(rows: Iterable[_Row], where: Path) -> tuple[list[Picture], Counter[str]]:
    """The pictures that can be used, and how many cannot, by reason."""
    of_picture: dict[str, dict[str, list[_Row]]] = {}
    for row in rows:
        of_picture.setdefault(row.picture, {}).setdefault(row.rater, []).append(row)
    found: list[Picture] = []
    set_aside: Counter[str] = Counter()
    for name, by_rater in of_picture.items():
        first, *others = by_rater.values()
        label = first[0].meaning
        if reason := _why_not(where / name, first):
            set_aside[reason] += 1
            continue
        assert label is not None  # without one there would be a reason
        seconds = [other[0].meaning for other in others if len({row.meaning for row in other}) == 1]
        person = next((row.person for row in first if row.person), "")
        # some names differ in case between files
        who = f"person {person.casefold()}" if person else f"picture {name}"
        second = next((second for second in seconds if second), None)
        found.append(Picture(where / name, label, who, bool(person), first[0].rater, second))
    return found, set_aside


def _why_not(path: Path, rows: list[_Row]) -> str | None:
    """The reason why a picture with these rows of one rater is set aside; None where it is not."""
    if len({row.meaning for row in rows}) > 1:
        return TWICE
    if rows[0].meaning is None:
        return f"labelled {rows[0].label.lower()}"
    return None if path.is_file() else LACKING
