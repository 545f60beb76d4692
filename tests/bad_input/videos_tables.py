"""Tables of videos in every dialect, and configurations."""

from collections.abc import Callable
from pathlib import Path

from tests.bad_input.case import Case, Make, Refused, Rows, written

HEADER = ["video", "source", "performer", "emotion", "start_s", "end_s"]
BODY = (
    ["one", "films/one.mp4", "anna", "joy", "0", "2.5"],
    ["two", "films/two.mp4", "anna", "fear", "1", "3"],
    ["three", "films/the third, last.mp4", "ben", "joy", "", ""],
    ["four", "dQw4w9WgXcQ", "cleo", "deep joy", "12.5", "14"],
)

Cells = list[list[str]]


def text(rows: Cells, separator: str = "\t", end: str = "\n", quote: Callable[[str], str] = str) -> str:
    """The rows as a file's text."""
    return "".join(separator.join(map(quote, row)) + end for row in rows)


def clean() -> Cells:
    """The clean table, to be changed."""
    return [list(HEADER), *(list(row) for row in BODY)]


FILE = "videos.tsv"

TWIN = written(text(clean()).encode(), FILE)


def with_cell(column: str, value: str, row: int = 1, other: Cells | None = None) -> Cells:
    """The clean table, or another, with one cell changed; columns that it lacks are added."""
    rows = clean() if other is None else other
    if column not in rows[0]:
        rows[0].append(column)
        for cells in rows[1:]:
            cells.append("")
    rows[row][rows[0].index(column)] = value
    return rows


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _excel(cell: str) -> str:
    return _quoted(cell) if set(cell) & set(',"') else cell


def _reversed() -> Cells:
    return [row[::-1] for row in clean()]


DIALECTS: dict[str, bytes] = {
    "Windows's line ends": text(clean(), end="\r\n").encode(),
    "old Macintosh's line ends": text(clean(), end="\r").encode(),
    "a byte order mark": b"\xef\xbb\xbf" + text(clean()).encode(),
    "a byte order mark and Windows's line ends": b"\xef\xbb\xbf" + text(clean(), end="\r\n").encode(),
    "no line end at the end": text(clean()).rstrip("\n").encode(),
    "blank lines between": text(clean(), end="\n\n").encode(),
    "blank lines first": b"\n\n" + text(clean()).encode(),
    "lines of tabs at the end": text(clean()).encode() + b"\t\t\t\t\t\n" * 3,
    "tabs behind each row": text(clean(), end="\t\t\n").encode(),
    "blanks around the cells": text(clean(), separator=" \t ").encode(),
    "blanks that do not break": text(clean(), separator="\u00a0\t").encode(),
    "cells quoted by Excel": text(clean(), quote=_excel).encode(),
    "all cells quoted by R": text(clean(), quote=_quoted).encode(),
    "all cells quoted, Windows's line ends": text(clean(), quote=_quoted, end="\r\n").encode(),
    "cells separated by semicolons": text(clean(), separator=";").encode(),
    "cells separated by commas, quoted by Excel": text(clean(), separator=",", quote=_excel).encode(),
    "columns in another order": text(_reversed()).encode(),
    "empty columns of Excel": text([[*row, "", ""] for row in clean()]).encode(),
    "rows without their last empty cells": "\n".join("\t".join(row).rstrip("\t") for row in clean()).encode(),
    "a mixture of line ends": text(clean()).replace("\n", "\r\n", 2).encode(),
}
"""The clean table as spreadsheets, editors and other programs write it."""

OTHER_ENCODINGS: dict[str, bytes] = {
    "UTF-16 of Excel": text(clean()).encode("utf-16"),
    "UTF-16, most significant byte first": b"\xfe\xff" + text(clean()).encode("utf-16-be"),
    "UTF-32": text(clean()).encode("utf-32"),
}

COLUMNS_OF_WORDS = ("performer", "emotion", "start_s", "end_s", "pose_backend", "face_backend", "rate_hz")
WORDS_FOR_NOTHING = ("NA", "N/A", "n/a", "nan", "NaN", "None", "null", "NULL", "?", "-", "#N/A")


def _words() -> list[tuple[str, str]]:
    """Each word in the labels and performers, some of them in each column."""
    every = [(column, word) for column in ("performer", "emotion") for word in WORDS_FOR_NOTHING]
    return every + [(column, word) for column in COLUMNS_OF_WORDS[2:] for word in ("NA", "nan", "-")]


def _near(a: str, b: str) -> Cells:
    return with_cell("emotion", b, 3, with_cell("emotion", a, 1))


NEAR_LABELS = {
    "case": ("joy", "Joy"), "capitals": ("joy", "JOY"), "two blanks": ("deep joy", "deep  joy"), "a composed letter": ("caf\u00e9", "cafe\u0301"),
    "a blank that does not break": ("deep joy", "deep\u00a0joy"), "an invisible sign": ("joy", "jo\u200by"),
}  # fmt: skip

MISTAKES: dict[str, tuple[Cells, tuple[str, ...]]] = {
    "an id twice": (with_cell("video", "one", 2), ("line 3", "line 2", "unique")),
    "an id twice except for case": (with_cell("video", "ONE", 2), ("line 3", "case")),
    "an id with a slash": (with_cell("video", "../one"), ("line 2", "id")),
    "an id of 65 letters": (with_cell("video", "a" * 65), ("line 2", "64")),
    "no id": (with_cell("video", ""), ("line 2", "id")),
    "no source": (with_cell("source", ""), ("line 2", "source")),
    "performers that differ in case": (with_cell("performer", "Anna", 2), ("case",)),
    "a performer of two words": (with_cell("performer", "Anna Smith"), ("line 2", "performer")),
    "an end before the start": (with_cell("start_s", "3"), ("line 2", "end_s")),
    "a negative start": (with_cell("start_s", "-1"), ("line 2", "start_s")),
    "a time with a comma": (with_cell("end_s", "2,5"), ("line 2", "end_s")),
    "a time in minutes": (with_cell("end_s", "00:02.5"), ("line 2", "end_s")),
    "a time with its unit": (with_cell("end_s", "2.5 s"), ("line 2", "end_s")),
    "a time in exponents": (with_cell("end_s", "1e300"), ("line 2", "end_s")),
    "an infinite time": (with_cell("end_s", "inf"), ("line 2", "end_s")),
    "a rate of 0": (with_cell("rate_hz", "0"), ("line 2", "rate_hz")),
    "a backend with a slip": (with_cell("pose_backend", "open_pose"), ("line 2", "openpose")),
    "a brace in a path": (with_cell("source", "films/{x}.mp4"), ("line 2", "brace")),
    "a dash before a path": (with_cell("source", "-x.mp4"), ("line 2", r"\./-x")),
    "an address with a login": (with_cell("source", "https://me:secret@example.org/x"), ("line 2", "login")),
    "an address of another kind": (with_cell("source", "ftp://example.org/x"), ("line 2", "http")),
    "an address without its beginning": (with_cell("source", "youtu.be/dQw4w9WgXcQ"), ("line 2", r"https://youtu\.be/")),
    "an address that begins with www": (with_cell("source", "www.youtube.com/watch?v=dQw4w9WgXcQ"), ("line 2", r"https://www\.youtube")),
    "an address on a telephone": (with_cell("source", "m.youtube.com/watch?v=dQw4w9WgXcQ"), ("line 2", r"https://m\.youtube")),
    "a built-in clip with a slip": (with_cell("source", "builtin:hopper"), ("line 2", "builtin")),
    "a label of 65 letters": (with_cell("emotion", "j" * 65), ("line 2", "64")),
    "a label with a control sign": (with_cell("emotion", "jo\x07y"), ("line 2", "emotion")),
    "the header again": ([*clean(), list(HEADER)], ("line 6", "header")),
    "too many cells": ([*clean(), [*BODY[0], "more"]], ("line 6", "cells")),
    "a column with a slip": ([["video", "source", "preformer", *HEADER[3:]], *clean()[1:]], ("performer", "did you mean")),
    "a column in capitals": ([["Video", *HEADER[1:]], *clean()[1:]], ("video", "did you mean")),
    "a column twice": ([["video", "source", "performer", "performer", *HEADER[4:]], *clean()[1:]], ("performer", "2 times")),
    "a column missing": ([row[:2] for row in clean()], ("performer", "missing")),
    "a header alone": ([list(HEADER)], ("no video",)),
    "the same film twice": (with_cell("source", "films/one.mp4", 3), ("line 4", "line 2")),
    "the same film twice, another way": (with_cell("source", "./films/../films/one.mp4", 3), ("line 4", "line 2")),
    "parts that overlap": (with_cell("source", "films/one.mp4", 2), ("line 3", "line 2")),
    "mistakes in three lines": (with_cell("video", "a b", 1, with_cell("start_s", "x", 2, with_cell("source", "", 3))), ("line 2", "line 3", "line 4")),
}  # fmt: skip
"""Mistakes with what the message has to name."""

NO_TABLES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "an empty file": (b"", ("empty",)),
    "blanks alone": (b" \n\t\n", ("empty",)),
    "a byte order mark alone": (b"\xef\xbb\xbf", ("empty",)),
    "a comma in a cell between commas": (text(clean(), separator=",").encode(), ("line 4", "start_s")),
    "cells separated by blanks": (text(clean(), separator="   ").encode(), ("tab",)),
    "Latin letters of Windows": (text(with_cell("emotion", "Fr\u00fchst\u00fcck")).encode("cp1252"), ("utf-8", "line 2")),
    "a spreadsheet": (b"PK\x03\x04\x14\0\x06\0\x08\0" + bytes(range(256)) * 8, ()),
    "zeros": (bytes(4096), ()),
    "a file cut within a letter": (text(with_cell("emotion", "\u65e5", 4)).encode()[: -len(b"\xa5\t12.5\t14\n")], ("utf-8",)),
    "one line of a million tabs": (b"\t" * 1_000_000 + b"x\n", ()),
    "one cell of five megabytes": (b"video\tsource\tperformer\n" + b"x" * 5_000_000 + b"\ty\tz\n", ("line 2",)),
    "an open quotation mark": (b'video\tsource\tperformer\none\t"films/one.mp4\tanna\ntwo\tfilms/two.mp4\tben\n', ("line 2",)),
}  # fmt: skip


def _many() -> bytes:
    rows = [[f"v{n}", f"films/{n}.mp4", f"p{n % 50}", ("joy", "fear")[n % 2], "0", "2"] for n in range(20_000)]
    return text([HEADER, *rows]).encode()


def _folder(folder: Path) -> Path:
    (folder / "videos.tsv").mkdir()
    return folder / "videos.tsv"


CONFIGURATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a key with a slip": ("run: a\nvideos: v.tsv\nwindow: {}\n", ("window", "did you mean windows")),
    "a key in the wrong section": ("run: a\nvideos: v.tsv\nwindows: {k: 3}\n", ("windows.k", "belongs to")),
    "a text for a number": ("run: a\nvideos: v.tsv\nwindows: {length_s: long}\n", ("windows.length_s",)),
    "a number that is not one": ("run: a\nvideos: v.tsv\nwindows: {length_s: .nan}\n", ("windows.length_s",)),
    "an infinite number": ("run: a\nvideos: v.tsv\nwindows: {length_s: .inf}\n", ("windows.length_s",)),
    "a negative length": ("run: a\nvideos: v.tsv\nwindows: {length_s: -2}\n", ("windows.length_s",)),
    "a list for a section": ("run: a\nvideos: v.tsv\nwindows: [1, 2]\n", ("windows",)),
    "no limit": (
        "run: a\nvideos: v.tsv\nlimits: {memory_mb: 0, timeout_s: 0}\n",
        ("limits.memory_mb", "limits.timeout_s"),
    ),
    "a run with a slash": ("run: ../a\nvideos: v.tsv\n", ("run",)),
    "a yes for a number": ("run: a\nvideos: v.tsv\nclusters: {k: yes}\n", ("clusters.k",)),
    "a huge number": ("run: a\nvideos: v.tsv\nclusters: {k: 1000000000000000000000}\n", ("clusters.k",)),
}


def cases() -> list[Case]:
    """Tables of videos and configurations."""
    found = []

    def add(kind: str, name: str, make: Make, run: str, *expect: Rows | Refused) -> None:
        found.append(Case(name, kind, make, run, expect))

    same = Rows(len(BODY), twin=TWIN)
    for name, content in DIALECTS.items():
        add("tables of videos", name, written(content, FILE), "videos", same)
    for name, content in OTHER_ENCODINGS.items():
        add("tables of videos", name, written(content, FILE), "videos", same, Refused(words=("utf-8|unicode",)))
    for column, word in _words():
        twin = written(text(with_cell(column, "")).encode(), FILE)
        wrong = Refused(words=("line 2", column))
        add(
            "words for nothing",
            f"{word} as {column}",
            written(text(with_cell(column, word)).encode(), FILE),
            "videos",
            Rows(twin=twin),
            wrong,
        )
    for name, (a, b) in NEAR_LABELS.items():
        one = written(text(_near(a, a)).encode(), FILE)
        told = Rows(len(BODY), told={"said": "line"})
        make = written(text(_near(a, b)).encode(), FILE)
        add(
            "near labels",
            f"labels that differ in {name}",
            make,
            "videos",
            Refused(words=("emotion", "line")),
            Rows(twin=one),
            told,
        )
    for name, (rows, words) in MISTAKES.items():
        told = (
            (Rows(len(BODY), told={"said": ".*".join(words)}),)
            if ("twice" in name and "film" in name) or "overlap" in name
            else ()
        )
        add("tables of videos", name, written(text(rows).encode(), FILE), "videos", Refused(words=words), *told)
    for name, (content, words) in NO_TABLES.items():
        add("tables of videos", name, written(content, FILE), "videos", Refused(words=words))
    add("tables of videos", "20,000 videos", written(_many, FILE), "videos", Rows(20_000))
    add("tables of videos", "a folder for a table", _folder, "videos", Refused(words=("folder|not a file|no such",)))
    add("tables of videos", "no table", lambda folder: folder / "videos.tsv", "videos", Refused(words=("no such",)))
    for name, (content, words) in CONFIGURATIONS.items():
        add("configurations", name, written(content.encode(), "my.yaml"), "settings", Refused(words=words))
    return found
