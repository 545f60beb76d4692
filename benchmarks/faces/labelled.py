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

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
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
class _Row:
    """A line's cells; `person` is empty where nobody is named."""

    line: int
    picture: str
    label: str
    person: str
    rater: str


def read(folder: Path) -> LabelledSet:
    """The labelled pictures in `folder`, in the order of its table.

    Raises UserError where there is no table, or with all mistakes of a table and their lines.
    """
    if (folder / TABLE).is_file():
        tables, where = {TABLE: _own(folder / TABLE)}, folder
    elif (folder / LEGEND).is_file():
        tables, where = {LEGEND: _muxspace(folder / LEGEND, header=True)}, folder / IMAGES
        if (folder / SECOND).is_file():
            tables[SECOND] = _muxspace(folder / SECOND, header=False)
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


def _own(path: Path) -> list[_Row]:
    """The rows of a table `labels.csv`."""
    lines = _lines(path)
    _, header = next(lines, (1, []))
    mistakes = [f"line 1: there is no column `{name}`" for name in REQUIRED if name not in header]
    mistakes += [f"line 1: a column `{name}` stands there twice" for name, n in Counter(header).items() if n > 1]
    unknown = [name for name in header if name not in REQUIRED + OPTIONAL]
    mistakes += [f"line 1: there is no column {n!r}; allowed: {', '.join(REQUIRED + OPTIONAL)}" for n in unknown]
    if mistakes:
        raise _error(path, mistakes)
    rows = []
    for line, cells in lines:
        if len(cells) != len(header):
            mistakes.append(f"line {line}: {len(cells)} cells, but {len(header)} columns")
            continue
        given = dict(zip(header, cells, strict=True))
        rows.append(_Row(line, **{name: given.get(name, "") for name in REQUIRED + OPTIONAL}))
    return _checked(path, rows, mistakes)


def _muxspace(path: Path, *, header: bool) -> list[_Row]:
    """The rows of a table of muxspace/facial_expressions: rater, file and label."""
    mistakes: list[str] = []
    rows: list[_Row] = []
    for line, cells in _lines(path):
        if header and not rows and cells == ["user.id", "image", "emotion"]:
            continue
        if len(cells) != 3:
            mistakes.append(f"line {line}: {len(cells)} cells where rater, file and label are due")
            continue
        rater, picture, label = cells
        named = _NUMBERED.fullmatch(picture)
        rows.append(_Row(line, picture, label, named["person"] if named else "", rater))
    return _checked(path, rows, mistakes)


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
        raise UserError(
            f"{path}, line {reader.line_num}: {error}; cells that hold a comma or a quote need quotes"
        ) from None


def _checked(path: Path, rows: list[_Row], mistakes: list[str]) -> list[_Row]:
    """`rows`, if nothing is wrong with them. Raises UserError with these and other mistakes."""
    for row in rows:
        if not row.picture:
            mistakes.append(f"line {row.line}: no picture")
        elif Path(row.picture).is_absolute() or ".." in Path(row.picture).parts:
            mistakes.append(f"line {row.line}: {row.picture!r} leads out of the folder; pictures lie in it")
        if _label(row.label) is None and row.label.lower() not in OTHER:
            mistakes.append(f"line {row.line}: no label {row.label!r}")
    if mistakes:
        raise _error(path, sorted(mistakes, key=lambda text: int(re.findall(r"\d+", text)[0])))
    return rows


def _error(path: Path, mistakes: list[str]) -> UserError:
    words = ", ".join([*EMOTIONS, *SYNONYMS])
    return UserError(
        f"{len(mistakes)} mistake{'s' * (len(mistakes) > 1)} in {path}:\n"
        + "\n".join(f"  - {mistake}" for mistake in mistakes)
        + f"\nLabels are: {words}; set aside are: {', '.join(OTHER)}."
    )


def _label(word: str) -> str | None:
    """What of EMOTIONS a word stands for; None where it stands for none."""
    word = word.lower()
    found = SYNONYMS.get(word, word)
    return found if found in EMOTIONS else None


def _pictures(rows: Iterable[_Row], where: Path) -> tuple[list[Picture], Counter[str]]:
    """The pictures that can be used, and how many cannot, by reason."""
    of_picture: dict[str, dict[str, list[_Row]]] = {}
    for row in rows:
        of_picture.setdefault(row.picture, {}).setdefault(row.rater, []).append(row)
    found: list[Picture] = []
    set_aside: Counter[str] = Counter()
    for name, by_rater in of_picture.items():
        first, *others = by_rater.values()
        label = _label(first[0].label)
        if reason := _why_not(where / name, first, label):
            set_aside[reason] += 1
            continue
        assert label is not None  # which would be a reason
        seconds = [_label(other[0].label) for other in others if len({_label(row.label) for row in other}) == 1]
        person = next((row.person for row in first if row.person), "")
        found.append(
            Picture(
                where / name,
                label,
                # Some names are written with other capitals in other files
                person=f"person {person.casefold()}" if person else f"picture {name}",
                named=bool(person),
                rater=first[0].rater,
                second=next((second for second in seconds if second), None),
            )
        )
    return found, set_aside


def _why_not(path: Path, rows: list[_Row], label: str | None) -> str | None:
    """Why a picture, of which one rater has said this, does not count; None where it does."""
    if len({_label(row.label) for row in rows}) > 1:
        return TWICE
    if label is None:
        return f"labelled {rows[0].label.lower()}"
    return None if path.is_file() else LACKING
