"""Pictures and the labels that people gave them, read from a folder.

Two layouts are read:

- `labels.csv`, columns `picture` (a file, relative to the folder), `label`, and, if known, `person` and `rater`. A
  picture may stand there once for each rater: the first one's label counts, the next one's is a second reading. Where
  one rater gives it two labels, it is set aside.
- the repository muxspace/facial_expressions as it lies: `data/legend.csv` (rater, file in `images/`, label), and
  `data/500_picts_satz.csv`, where one more rater has labelled 500 of them. Files are called after who is seen, with a
  number: `NAME_0001.jpg`.

Labels are the seven of FER2013. A word that is none of them, nor another word for one, is a mistake, except those of
`OTHER`: their pictures are set aside and counted, as are pictures that are lacking or cannot be read.
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
"""Words that say something else than the seven labels."""

TWICE = "given two labels by one rater"
LACKING = "no such file"
UNREADABLE = "no picture that can be read"

_NUMBERED = re.compile(r"(?P<person>.+)_\d+\.\w+")


@dataclass(frozen=True)
class Picture:
    """A labelled picture.

    `person` is who is seen, the picture itself where nobody is `named`; `rater` who gave the `label`, one of EMOTIONS;
    `second` what another rater gave it, None where nobody did.
    """

    path: Path
    label: str
    person: str
    named: bool
    rater: str
    second: str | None = None


@dataclass(frozen=True)
class LabelledSet:
    """What lies in a folder.

    `set_aside` says how many pictures do not count, by reason; `tables` has the SHA-256 of the tables by name.
    """

    pictures: tuple[Picture, ...]
    set_aside: Counter[str]
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """What is judged: `drawn`, at most so many pictures of each label, and `twice`, all that a second rater has
    labelled, which may be among the others. `set_aside` as in `LabelledSet`, of the pictures looked at."""

    drawn: tuple[Picture, ...]
    twice: tuple[Picture, ...]
    set_aside: Counter[str]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Both, each picture once."""
        return tuple(dict.fromkeys((*self.drawn, *self.twice)))


@dataclass(frozen=True)
class _Row:
    """A line's cells; `person` and `rater` are empty where nobody is named."""

    picture: str
    label: str
    person: str = ""
    rater: str = ""

    def mistakes(self) -> Iterator[str]:
        if not self.picture:
            yield "no picture"
        elif Path(self.picture).is_absolute() or ".." in Path(self.picture).parts:
            yield f"{self.picture!r} leads out of the folder; pictures lie in it"
        if self.meant is None and self.label.lower() not in OTHER:
            yield f"no label {self.label!r}"

    @property
    def meant(self) -> str | None:
        """What of EMOTIONS the label stands for; None where it stands for none."""
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
    """The picture in a file, (height, width, 3) uint8 RGB, upright as its Exif says; None where it cannot be read."""
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if found is None else cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def readable(path: Path) -> np.ndarray:
    """The picture in a file that can be read."""
    picture = picture_of(path)
    assert picture is not None, f"{path} cannot be read"
    return picture


def draw(pictures: Sequence[Picture], per_label: int, seed: int) -> Sample:
    """`per_label` of `pictures` of each label, or all there are, by chance. Those that cannot be read are set aside,
    and others drawn in their place."""
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
    for row in _rows(path, ("rater", "picture", "label"), passed_over=["user.id", "image", "emotion"]):
        named = _NUMBERED.fullmatch(row.picture)
        rows.append(replace(row, person=named["person"] if named else ""))
    return rows


def _rows(path: Path, columns: Sequence[str] | None = None, passed_over: list[str] | None = None) -> list[_Row]:
    """The rows of a table with these `columns`, else with those that its first line names; lines like `passed_over` do
    not count. Raises UserError with all mistakes and their lines."""
    lines = [(number, cells) for number, cells in _lines(path) if cells != passed_over]
    mistakes: list[str] = []
    if columns is None:
        _, columns = lines.pop(0) if lines else (1, [])
        allowed = ", ".join(REQUIRED + OPTIONAL)
        mistakes += [f"there is no column `{name}`" for name in REQUIRED if name not in columns]
        mistakes += [f"a column `{name}` stands there twice" for name, n in Counter(columns).items() if n > 1]
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
    """Each line's number and its cells without blanks around them, of a CSV whose lines may end in any way; empty ones
    are passed over."""
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
        label = first[0].meant
        if reason := _why_not(where / name, first):
            set_aside[reason] += 1
            continue
        assert label is not None  # which would be a reason
        seconds = [other[0].meant for other in others if len({row.meant for row in other}) == 1]
        person = next((row.person for row in first if row.person), "")
        # Some names are written with other capitals in other files
        who = f"person {person.casefold()}" if person else f"picture {name}"
        second = next((second for second in seconds if second), None)
        found.append(Picture(where / name, label, who, bool(person), first[0].rater, second))
    return found, set_aside


def _why_not(path: Path, rows: list[_Row]) -> str | None:
    """Why a picture, of which one rater has said this, does not count; None where it does."""
    if len({row.meant for row in rows}) > 1:
        return TWICE
    if rows[0].meant is None:
        return f"labelled {rows[0].label.lower()}"
    return None if path.is_file() else LACKING
