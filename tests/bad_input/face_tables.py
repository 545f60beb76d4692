"""Tables of faces by other programs, OpenFace and py-feat, in every dialect."""

import csv
import gzip
import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bad_input.case import Case, Make, Refused, Rows, written
from tests.bad_input.media import FRAMES, clip
from tests.unit.formats import openface_files

ROWS = 24
WITHOUT_FACE = (6, 7)
"""Numbers of the rows in which no face was found."""

Cells = list[list[str]]


def openface(columns: Iterable[str] | None = None, **first: object) -> Cells:
    """OpenFace's table as cells: the header, then 24 rows, of frames 1 to 24; `first` changes cells of the first row."""
    rows = [openface_files.row(n, AU01_r=n % 5, AU12_c=n % 2, AU12_r=n / 8, face_id=0) for n in range(1, ROWS + 1)]
    for n in WITHOUT_FACE:
        rows[n] = dict.fromkeys(rows[n], 0) | {"frame": n + 1, "timestamp": f"{n / 25:.3f}"}
    rows[0] |= first
    names = list(rows[0] if columns is None else columns)
    return [names, *([str(row[name]) for name in names] for row in rows)]


def pyfeat(**first: object) -> Cells:
    """py-feat's table as cells: the header, then 24 rows, of frames 0 to 23."""
    box = {"FaceRectX": 10, "FaceRectY": 20, "FaceRectWidth": 50, "FaceRectHeight": 60, "FaceScore": 0.99}
    landmarks = {f"y_{point}": 100 + point for point in range(68)}
    rows: list[dict[str, object]] = []
    for n in range(ROWS):
        units = {"AU01": n / 30, "AU12": 0.8 - n / 40, "AU43": 0.25}
        row = {"frame": n, **box, **landmarks, "Pitch": 10.0, "Roll": -5.0, "Yaw": 20.0, **units}
        rows.append({k: "" if n in WITHOUT_FACE and k != "frame" else v for k, v in row.items()})
    rows[0] |= first
    return [list(rows[0]), *([str(row[name]) for name in rows[0]] for row in rows)]


def text(cells: Cells, separator: str = ",", end: str = "\n", quote: int = csv.QUOTE_MINIMAL) -> str:
    """The cells as a file's text."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator=end, quoting=quote).writerows(cells)  # type: ignore[arg-type]
    return buffer.getvalue()


def _with_index(cells: Cells, header: Iterable[str], first: int) -> Cells:
    """With the row names that pandas and R write before the first column."""
    return [[*header, *cells[0]], *([str(n), *row] for n, row in enumerate(cells[1:], first))]


def _unseen(cells: Cells, word: str, kept: Iterable[str]) -> Cells:
    """With a word for nothing in the rows without a face."""
    keep = [name in kept for name in cells[0]]
    rows = [
        [c if k else word for c, k in zip(row, keep, strict=True)] if n in WITHOUT_FACE else row
        for n, row in enumerate(cells[1:])
    ]
    return [cells[0], *rows]


def _columns(cells: Cells, order: Callable[[list[str]], list[str]]) -> Cells:
    names = order(list(cells[0]))
    places = [cells[0].index(name) for name in names]
    return [[row[place] for place in places] for row in cells]


def _number(cells: Cells, form: Callable[[float], str]) -> Cells:
    return [cells[0], *([form(float(c)) if c else "" for c in row] for row in cells[1:])]


def dialects(cells: Cells, kept: tuple[str, ...]) -> dict[str, bytes]:
    """A clean table as other programs write it; `kept` are the columns that a row without a face has."""
    plain = text(cells)
    semicolons = text([[c.replace(".", ",") for c in row] if n else row for n, row in enumerate(cells)], ";")
    return {
        "Windows's line ends": text(cells, end="\r\n").encode(),
        "old Macintosh's line ends": text(cells, end="\r").encode(),
        "a byte order mark": b"\xef\xbb\xbf" + plain.encode(),
        "no line end at the end": plain.rstrip("\n").encode(),
        "blank lines between": text(cells, end="\n\n").encode(),
        "blanks behind the commas": plain.replace(",", ", ").encode(),
        "all cells quoted": text(cells, quote=csv.QUOTE_ALL).encode(),
        "quoted names of columns, as R": (text(cells[:1], quote=csv.QUOTE_ALL) + text(cells[1:])).encode(),
        "row names of R": text(_with_index(cells, [""], 1), quote=csv.QUOTE_ALL).encode(),
        "an index of pandas": text(_with_index(cells, [""], 0)).encode(),
        "an index of pandas, read again": text(_with_index(cells, ["Unnamed: 0"], 0)).encode(),
        "NA in rows without a face": text(_unseen(cells, "NA", kept)).encode(),
        "nothing in rows without a face": text(_unseen(cells, "", kept)).encode(),
        "nan in rows without a face": text(_unseen(cells, "nan", kept)).encode(),
        "NaN in rows without a face": text(_unseen(cells, "NaN", kept)).encode(),
        "Excel's line with the separator": ("sep=,\n" + plain).encode(),
        "an empty column at the end": text([[*row, ""] for row in cells]).encode(),
        "columns of the user's own": text(
            [[*row, "note" if not n else "a, b"] for n, row in enumerate(cells)]
        ).encode(),
        "columns in another order": text(_columns(cells, lambda names: names[::-1])).encode(),
        "rows in another order": text([cells[0], *cells[:0:-1]]).encode(),
        "numbers in exponents": text(_number(cells, lambda x: f"{x:.17e}")).encode(),
        "whole numbers with a point": text(_number(cells, repr)).encode(),
        "numbers with 17 digits": text(_number(cells, lambda x: f"{x:.17g}")).encode(),
        "numbers with a plus": text(_number(cells, lambda x: f"{x:+.17g}")).encode(),
        "semicolons and decimal commas": semicolons.encode(),
        "tabs": text(cells, "\t").encode(),
        "UTF-16": plain.encode("utf-16"),
    }


MAY_BE_REFUSED = {
    "semicolons and decimal commas": "semicolon", "tabs": "tab", "UTF-16": "utf-16|utf-8", "all cells quoted": "",
}  # fmt: skip
"""Dialects that are read or refused with a word of what is expected; nothing else in them can be meant."""


def _changed(cells: Cells, column: str, value: str, line: int = 5) -> bytes:
    """A table with one cell changed; the header is line 1."""
    rows = [list(row) for row in cells]
    rows[line - 1][rows[0].index(column)] = value
    return text(rows).encode()


def _mistakes_of_faces(cells: Cells, unit: str, confidence: str) -> dict[str, tuple[bytes, tuple[str, ...]]]:
    plain = text(cells).encode()
    cut = plain[: plain.rindex(b"\n", 0, -1) + 30]
    without = [[c for c, name in zip(row, cells[0], strict=True) if name != "frame"] for row in cells]
    comma = [[c.replace(".", ",") for c in row] if n else row for n, row in enumerate(cells)]
    return {
        "a word for a number": (_changed(cells, unit, "high"), ("line 5", unit, "high")),
        "a number beyond its range": (_changed(cells, unit, "7"), ("line 5", unit)),
        "a negative number": (_changed(cells, unit, "-1"), ("line 5", unit)),
        "an infinite number": (_changed(cells, unit, "inf"), ("line 5", unit)),
        "a number beyond all numbers": (_changed(cells, unit, "1e999"), ("line 5", unit)),
        "a confidence in per cent": (_changed(cells, confidence, "98"), ("line 5", confidence)),
        "half a frame": (_changed(cells, "frame", "4.5"), ("line 5", "frame")),
        "a negative frame": (_changed(cells, "frame", "-3"), ("line 5", "frame")),
        "no frame": (_changed(cells, "frame", ""), ("line 5", "frame")),
        "a frame that is far away": (_changed(cells, "frame", "2000000000", ROWS + 1), ("frame",)),
        "a frame beyond all numbers": (_changed(cells, "frame", "1e30"), ("line 5", "frame")),
        "a frame twice": (text([*cells, cells[4]]).encode(), (f"line {ROWS + 2}", "line 5")),
        "two tables, one after the other": (plain + plain, (f"line {ROWS + 2}",)),
        "no column of frames": (text(without).encode(), ("frame", "missing")),
        "a column twice": (text([[*row, row[cells[0].index(unit)]] for row in cells]).encode(), (unit, "2 times")),
        "a row with too few cells": (text([*cells[:4], cells[4][:-3], *cells[5:]]).encode(), ("line 5", "cells")),
        "a row with too many cells": (text([*cells[:4], [*cells[4], "1"], *cells[5:]]).encode(), ("line 5", "cells")),
        "decimal commas between commas": (text(comma).replace('"', "").encode(), ("cells|comma",)),
        "quoted decimal commas": (text(comma).encode(), ("comma",)),
        "a file that was cut": (cut, ("cut|middle of a line",)),
        "an empty file": (b"", ("empty",)),
        "numbers without a header": (plain.split(b"\n", 1)[1], ("line 1", "columns")),
        "a name with a slip": (plain.replace(unit.encode(), unit.encode() + b"x", 1), ("did you mean",)),
        "a spreadsheet": (b"PK\x03\x04\x14\0" + bytes(range(256)) * 4, ()),
        "zeros": (bytes(5000), ()),
        "text": (b"no table at all\n" * 5, ()),
        "a web page": (b"<html><body>Sign in</body></html>\n", ()),
        "JSON": (b'{"frame": [1, 2]}', ()),
        "a line of twenty megabytes": (plain.split(b"\n")[0] + b"\n" + b"1" * 20_000_000 + b"\n", ()),
        "five million cells": (plain.split(b"\n")[0] + b"\n" + b"1," * 5_000_000 + b"1\n", ()),
        "an open quotation mark": (plain.replace(b"\n", b'\n"', 1), ()),
        "Latin letters of Windows": (plain.replace(b"frame", b"fr\xe4me", 1), ("utf-8",)),
        "zeros in the middle": (plain[:9000] + bytes(500) + plain[9000:] if len(plain) > 9000 else plain[:500] + bytes(500), ()),
    }  # fmt: skip


def _faces(program: str, cells: Cells, unit: str, confidence: str, kept: tuple[str, ...], foreign: Cells) -> list[Case]:
    found = []
    options = {"program": program}
    kind = {"openface": "OpenFace", "pyfeat": "py-feat"}[program]

    def add(name: str, make: Make, *expect: Rows | Refused, **more: object) -> None:
        found.append(Case(f"{kind}: {name}", "imports", make, "face_file", expect, options | more))

    twin = written(text(cells).encode(), "clean.csv")
    seen = {"seen": (ROWS - len(WITHOUT_FACE), 0)}
    for name, content in dialects(cells, kept).items():
        refusal = (Refused(words=(MAY_BE_REFUSED[name],)),) if MAY_BE_REFUSED.get(name) else ()
        add(name, written(content, "faces.csv"), Rows(ROWS, values=seen, twin=twin), *refusal)
    for name, (content, words) in _mistakes_of_faces(cells, unit, confidence).items():
        add(name, written(content, "faces.csv"), Refused(words=words))
    for word in ("nan", "NA"):
        nothing = written(_changed(cells, unit, ""), "clean.csv")
        make = written(_changed(cells, unit, word), "faces.csv")
        add(f"{word} in a row with a face", make, Rows(ROWS, values=seen, twin=nothing))
    add(
        "a header alone",
        written(text(cells[:1]).encode(), "faces.csv"),
        Refused(("no_frames", "unusable_import")),
        Rows(0),
    )
    add("another program's table", written(text(foreign).encode(), "faces.csv"), Refused(words=("py-feat|OpenFace",)))
    packed = Refused(words=("compress|gzip|unpack|binary|csv",)), Rows(ROWS, twin=twin)
    add("a compressed table", written(gzip.compress(text(cells).encode()), "faces.csv.gz"), *packed)
    many = [cells[0], *(cells[1] for _ in range(30_000))]
    place = cells[0].index("frame")

    def long() -> bytes:
        return text([many[0], *([*row[:place], str(n), *row[place + 1 :]] for n, row in enumerate(many[1:]))]).encode()

    if program == "pyfeat":
        add("20 minutes of video", written(long, "faces.csv"), Rows(30_000, values={"seen": (30_000, 0)}))
    add("a folder", _folder_named("faces.csv"), Refused())
    add("a missing file", lambda folder: folder / "faces.csv", Refused(words=("no such file",)))
    add(
        "a FIFO",
        _fifo,
        Refused(words=("FIFO|pipe|regular file|not a file",)),
        Refused(("unusable_import", "unreadable")),
    )
    for device in ("/dev/zero", "/dev/null"):
        add(device, _linked(device), Refused(words=(".",)), Refused(("unusable_import", "unreadable")))
    return found


def _folder_named(name: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).mkdir()
        return folder / name

    return make


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "faces.csv")
    return folder / "faces.csv"


def _linked(target: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / "faces.csv").symlink_to(target)
        return folder / "faces.csv"

    return make


def _numbered(cells: Cells, numbers: Iterable[int]) -> Cells:
    place = cells[0].index("frame")
    return [cells[0], *([*row[:place], str(n), *row[place + 1 :]] for row, n in zip(cells[1:], numbers, strict=False))]


def _of_one_face() -> list[Case]:
    """Tables that are read as they are, apart from dialects."""
    found = []

    def add(name: str, program: str, cells: Cells, expect: Rows, **options: object) -> None:
        def make(folder: Path) -> Path:
            clip(folder / "film.mp4")
            return written(text(cells).encode(), "faces.csv")(folder)

        found.append(Case(name, "imports", make, "face_file", (expect,), {"program": program, **options}))

    def identities(of: Callable[[int], int]) -> Cells:
        """Each row a face whose number is `of` its place."""
        cells = [row for n, row in enumerate(openface()) if n - 1 not in WITHOUT_FACE]
        place = cells[0].index("face_id")
        return _numbered(
            [cells[0], *([*r[:place], str(of(n)), *r[place + 1 :]] for n, r in enumerate(cells[1:]))], range(1, 99)
        )

    seen = ROWS - len(WITHOUT_FACE)
    for name, of in (
        ("changes once", lambda n: n // 11),
        ("changes often", lambda n: n // 3),
        ("is never the same", lambda n: n),
    ):
        add(
            f"OpenFace: one face whose number {name}",
            "openface",
            identities(of),
            Rows(seen, values={"seen": (seen, 0)}),
        )
    old = openface(openface_files.OLD)
    add("OpenFace: the 431 columns of 2017", "openface", old, Rows(ROWS, values={"seen": (seen, 0)}))
    add("OpenFace: frames from 0", "openface", _numbered(openface(), range(ROWS)),
        Rows(ROWS, values={"seen": (seen, 0)}, twin=written(text(openface()).encode(), "clean.csv")))  # fmt: skip
    few = ("frame", "timestamp", "confidence", "success", "AU01_r", "AU12_c")
    add("OpenFace: six columns", "openface", openface(few), Rows(ROWS, values={"seen": (seen, 0)}))
    add("OpenFace: on its video", "openface", openface(), Rows(ROWS, values={"seen": (seen, 0)}), video="film.mp4")
    add(
        "OpenFace: two rows fewer than the video",
        "openface",
        openface()[:-2],
        Rows(FRAMES, values={"seen": (seen - 2, 0)}),
        video="film.mp4",
    )
    pyf = pyfeat()
    add("py-feat: on its video", "pyfeat", pyf, Rows(ROWS, values={"seen": (seen, 0)}), video="film.mp4")
    tenth = [pyf[0], *(row for n, row in enumerate(pyf[1:]) if n % 10 == 0)]
    add("py-feat: every tenth frame", "pyfeat", tenth, Rows(21, values={"seen": (3, 0)}))
    add(
        "py-feat: every tenth frame of its video",
        "pyfeat",
        tenth,
        Rows(FRAMES, values={"seen": (3, 0)}),
        video="film.mp4",
    )
    for name, program, cells in (("OpenFace", "openface", openface()), ("py-feat", "pyfeat", pyf)):
        bad = Case(
            f"{name}: ten rows for a video of 24 frames",
            "imports",
            found[0].make,
            "face_file",
            (Refused(words=("10", "24")),),
        )
        ten = cells[:11]

        def make(folder: Path, ten: Cells = ten) -> Path:
            clip(folder / "film.mp4")
            return written(text(ten).encode(), "faces.csv")(folder)

        found.append(Case(bad.name, bad.kind, make, bad.run, bad.expect, {"program": program, "video": "film.mp4"}))
    return found


def cases() -> list[Case]:
    """Tables of faces."""
    of, pf = openface(), pyfeat()
    kept = ("frame", "face_id", "timestamp", "confidence", "success")
    found = _faces("openface", of, "AU12_r", "confidence", kept, pf)
    found += _faces("pyfeat", pf, "AU12", "FaceScore", ("frame",), of)
    return found + _of_one_face()
