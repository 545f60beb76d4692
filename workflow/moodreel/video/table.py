"""The table of videos that the user writes: `videos.tsv`, read and checked.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import difflib
import hashlib
import json
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from moodreel.errors import UserError
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.video.table_text import Cells, read_text, split

POSE_BACKENDS = get_args(PoseSettings.model_fields["backend"].annotation)
FACE_BACKENDS = get_args(FaceSettings.model_fields["backend"].annotation)

REQUIRED = ("video", "source", "performer")
OPTIONAL = ("emotion", "start_s", "end_s", "pose_backend", "pose_file", "face_backend", "face_file", "rate_hz")

NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Pattern of video ids and performers: they become names of folders."""

NAME_RULE = "1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit, without '..'"

LABEL_LENGTH = 64

NOTHING = frozenset(
    {
        *("na", "n/a", "n.a.", "#na", "#n/a", "<na>", "nan", "nat", "none", "null", "n.d.", "missing", "unknown"),
        *("?", "??", "-", "--", "---", "\u2013", "\u2014", "."),
    }
)
"""Words that R, pandas, spreadsheets and people write where they have nothing to say, in lower case. A performer or an
emotion of that name would join strangers."""

RATES_HZ = (0.5, 1000.0)
"""Plausible rates of frames: from time lapses to high-speed cameras."""

MOST_S = 864_000.0
"""Ten days: the largest `limits.max_duration_s`."""

MOST_MISTAKES = 200
"""Mistakes that a message lists; it counts the others."""

_BUILTIN = re.compile(r"builtin:[a-z0-9_-]+/[a-z0-9_-]+/[0-9]+")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")
_BACKENDS = {"pose_backend": POSE_BACKENDS, "face_backend": FACE_BACKENDS}
_ROW_NUMBERS = {"", "X", "X.1", "...1", "Unnamed: 0", "rownames", "row.names", "index"}
"""Names that R, readr and pandas give to a column of row numbers."""
_HOST = re.compile(r"(?i)(?:https?:?/{0,2}|//)?((?:[a-z0-9-]+\.)+[a-z]{2,24}(?::[0-9]+)?/[^\s/].*)")
"""An address without its scheme, or with a damaged one."""
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_YOUTUBE_ADDRESS = re.compile(
    r"(?i)https?://(?:youtu\.be/|(?:www\.|m\.|music\.)?youtube\.com/(?:watch\?(?:.*&)?v=|shorts/|embed/|live/))(?-i:([A-Za-z0-9_-]{11}))(?![A-Za-z0-9_-]).*"
)


@dataclass(frozen=True)
class Video:
    """One row of the table of videos."""

    video: str
    """Id, unique in the table."""
    source: str | None
    """As given: a file, a YouTube id, an http(s) address, or `builtin:<person>/<expression>/<take>`; None: there is no
    video, only files with its pose and face."""
    kind: str
    """`file`, `youtube` (fetched with yt-dlp, from any site), `builtin` or `none`."""
    performer: str
    """The person in the video; the video's id where the cell is empty."""
    emotion: str | None
    """The video's label, if any."""
    start_s: float | None
    """Start of the used part, in seconds from the file's first frame; None: the first frame."""
    end_s: float | None
    """End of the used part, in seconds from the file's first frame; None: after the last frame."""
    pose_backend: str | None = None
    """The pose backend of this video; None: that of the settings."""
    pose_file: str | None = None
    """Another program's file with the pose, where the backend takes files."""
    face_backend: str | None = None
    """The face backend of this video; None: that of the settings."""
    face_file: str | None = None
    """Another program's file with the face, where the backend takes files."""
    rate_hz: float | None = None
    """Frames per second of these files, where there is no video; overrides their own time stamps."""


@dataclass(frozen=True)
class VideosTable:
    """A table of videos without mistakes.

    `line_of`: the line of each video; `read_as_nothing`: the lines and columns of cells that hold a word for nothing,
    such as NA, and are read as empty, by this word.
    """

    videos: list[Video] = field(default_factory=list)
    line_of: dict[str, int] = field(default_factory=dict)
    read_as_nothing: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def read_table(path: str | Path) -> VideosTable:
    """Read and check a table of videos, without checking that the files it names exist.

    Raises a UserError that lists every mistake with its line.
    """
    return _check(read_text(path), str(path))


def read(path: str | Path) -> list[Video]:
    """The videos of a table; see `read_table`."""
    return read_table(path).videos


def parse(text: str, name: str = "videos.tsv") -> list[Video]:
    """The videos of a table in `text`, which messages call `name`; see `read_table`.

    Every cell is text and stays as written ("0012"), without surrounding blanks; words for nothing (`NOTHING`) are
    empty cells; blank lines are skipped.
    """
    return _check(text, name).videos


def emotions_sha256(videos: Iterable[Video]) -> str:
    """SHA-256 of the videos' labels: it changes whenever a label does."""
    emotions = {video.video: video.emotion for video in videos}
    return hashlib.sha256(json.dumps(emotions, sort_keys=True).encode()).hexdigest()


def _check(text: str, name: str) -> VideosTable:
    cells = split(text)
    if not cells.rows:
        columns = ", ".join(REQUIRED + OPTIONAL)
        raise UserError(f"{name}: the table is empty. Its first line names the columns: {columns}.")
    (header_line, header), body = cells.rows[0], cells.rows[1:]
    found, unnamed = VideosTable(), set()
    rows: list[tuple[int, Video]] = []
    mistakes = [(line, f": {m}") for line, m in cells.mistakes]
    mistakes += [(header_line, f": {m}") for m in _mistakes_of_header(header, body, cells.separator)]
    for line, row in body if set(REQUIRED) <= set(header) and not _has_row_names(header, body) else []:
        if row == header:
            mistakes.append((line, ": the header again; remove the line"))
            continue
        if len(row) > len(header):
            mistakes.append((line, f": {_too_many(row, header, cells)}"))
            continue
        given = dict.fromkeys(REQUIRED + OPTIONAL, "") | dict(zip(header, row, strict=False))
        used = {column: "" if _is_nothing(column, cell) else cell for column, cell in given.items()}
        for column in given:
            if given[column] != used[column]:
                found.read_as_nothing.setdefault(given[column], []).append((line, column))
        mistakes += [(line, f", {m}") for m in _mistakes_of_row(used, given)]
        rows.append((line, _video(used)))
        if not used["performer"]:
            unnamed.add(line)
    if not mistakes and not rows:
        mistakes.append((0, "no video: the table has a header and nothing below it"))
    mistakes += [(line, f", {m}") for line, m in _mistakes_between(rows, unnamed)]
    if mistakes:
        raise UserError(_listing([f"line {line}{m}" if line else m for line, m in mistakes], name))
    found.videos.extend(video for _, video in rows)
    found.line_of.update({video.video: line for line, video in rows})
    return found


def _listing(mistakes: Sequence[str], name: str) -> str:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    more = [f"and {len(mistakes) - MOST_MISTAKES} more"] if len(mistakes) > MOST_MISTAKES else []
    return f"{count} in {name}:\n" + "\n".join(f"  - {m}" for m in [*mistakes[:MOST_MISTAKES], *more])


def _is_nothing(column: str, cell: str) -> bool:
    return cell.casefold() in NOTHING and cell not in _BACKENDS.get(column, ())


def _too_many(row: Sequence[str], header: Sequence[str], cells: Cells) -> str:
    separator = {"\t": "tab", ",": "comma", ";": "semicolon"}.get(cells.separator, repr(cells.separator))
    remedy = "" if separator == "tab" else " outside quotation marks"
    return f"{len(row)} cells, but {len(header)} columns; a cell may not hold a {separator}{remedy}"


def _has_row_names(header: Sequence[str], body: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Whether each line begins with the number of its row, for which there is no column name, as R writes tables."""
    return any(len(row) == len(header) + 1 for _, row in body) and all(
        row[0] == str(number) for number, (_, row) in enumerate(body, 1)
    )


def kind_of(source: str) -> str:
    """The kind of a source: `builtin`, `youtube` (a YouTube id, eleven of A-Z a-z 0-9 _ -, or any http(s) address) or
    `file`.

    A file whose name looks like a YouTube id is written with its folder: `./abcdefghijk`.
    """
    if source.startswith("builtin:"):
        return "builtin"
    return "youtube" if _YOUTUBE_ID.fullmatch(source) or _SCHEME.match(source) else "file"


def _mistakes_of_header(
    header: Sequence[str], body: Sequence[tuple[int, Sequence[str]]], separator: str
) -> Iterator[str]:
    if len(header) == 1:
        yield (
            "one column only; columns are separated by tabs, or by commas or semicolons, and not by blanks (in R: "
            'sep = "\\t", row.names = FALSE)'
        )
        return
    known = REQUIRED + OPTIONAL
    if _has_row_names(header, body):
        yield f"{len(header)} columns, but lines begin with one more cell, the row's number (in R: row.names = FALSE)"
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            yield f"column {_shown(column)} occurs {header.count(column)} times"
        if column not in known and column in _ROW_NUMBERS and column == header[0]:
            yield f"column {column!r} seems to hold row numbers; remove it (R: row.names = FALSE, pandas: index=False)"
        elif column not in known:
            near = difflib.get_close_matches(column.lower()[:LABEL_LENGTH], known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            yield f"there is no column {_shown(column)}.{hint} Allowed: {', '.join(known)}"
    for column in REQUIRED:
        if column not in header:
            yield f"column {column!r} is missing"


def _mistakes_of_row(row: dict[str, str], given: dict[str, str]) -> Iterator[str]:
    """Mistakes in `row`, the cells that are used; `given` are those that are written."""
    if not NAME.fullmatch(row["video"]):
        yield f"video: {_shown(given['video'])} is no id; an id is {NAME_RULE}"
    if row["performer"] and not NAME.fullmatch(row["performer"]):
        yield f"performer: {_shown(row['performer'])} is no name; a name is {NAME_RULE}"
    label = row["emotion"]
    if len(label) > LABEL_LENGTH or not label.isprintable() or _SPREADSHEET_ERROR.fullmatch(label):
        yield f"emotion: {_shown(label)} is no label; allowed are up to {LABEL_LENGTH} printable characters"
    for column in ("start_s", "end_s"):
        if row[column] and not _is_within(row[column], 0.0, MOST_S):
            yield (
                f"{column}: {_shown(row[column])} is no time; allowed are seconds up to {MOST_S:,.0f}, such as 12.5, "
                "or nothing"
            )
    if row["rate_hz"] and not _is_within(row["rate_hz"], *RATES_HZ):
        yield (
            f"rate_hz: {_shown(row['rate_hz'])} is no rate; allowed are {RATES_HZ[0]:g} to {RATES_HZ[1]:g} frames per "
            "second, such as 29.97, or nothing"
        )
    start_s, end_s = _number(row["start_s"]), _number(row["end_s"])
    if end_s is not None and end_s <= (start_s or 0):
        yield f"end_s: {row['end_s']} is not after start_s ({row['start_s'] or 0})"
    for column, known in _BACKENDS.items():
        if row[column] and row[column] not in known:
            near = difflib.get_close_matches(row[column][:LABEL_LENGTH], known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            yield f"{column}: there is no {_shown(row[column])}; {hint}allowed are {', '.join(known)}, or nothing"
    for column in ("pose_file", "face_file"):
        yield from (f"{column}: {m}" for m in _mistakes_of_path(row[column]))
    if row["source"] or not (row["face_file"] or row["pose_file"]):
        yield from (f"source: {m}" for m in _mistakes_of_source(row["source"], given["source"]))


_SPREADSHEET_ERROR = re.compile(r"#(REF|NAME|VALUE|DIV/0|NUM|NULL)[!?]")


def _mistakes_of_source(source: str, given: str) -> Iterator[str]:
    kind = kind_of(source)
    if not source or not source.isprintable() or (kind == "file" and source.startswith("-")):
        yield (
            f"{_shown(given)} is no source; allowed are a file (./-x.mp4 where its name begins with '-'), a YouTube "
            "id, an http(s) address, builtin:<person>/<expression>/<take>; nothing where other programs have read "
            "all that is used (face_file, pose_file; the backend of a part that is not used is none)"
        )
        return
    if kind == "builtin" and not _BUILTIN.fullmatch(source):
        yield f"{_shown(source)} is no built-in clip; they are named builtin:<person>/<expression>/<take>"
    elif kind == "youtube" and _SCHEME.match(source) and not source.lower().startswith("file:"):
        yield from _mistakes_of_address(source)
    elif kind == "file" and (address := _HOST.fullmatch(source)) and not _is_there(source):
        yield (
            f"{_shown(source)} is no file here; did you mean https://{_short(address[1])} ? A file in a folder of this "
            f"name is written ./{_short(source)}"
        )
    elif kind == "file" or source.lower().startswith("file:"):
        yield from _mistakes_of_path(source)


def _is_there(path: str) -> bool:
    """Whether the file, or the first folder of its path, exists."""
    first = path[: path.find("/", 1)] if "/" in path[1:] else path
    return os.path.lexists(first) if first != "/" else os.path.lexists(path)


def _mistakes_of_path(path: str) -> Iterator[str]:
    if not path.isprintable() or path.startswith("-"):
        yield f"{_shown(path)} is no file; allowed are printable characters (./-x where the name begins with '-')"
    elif set(path) & set("{}"):
        yield f"{_shown(path)} holds a brace, which Snakemake takes for a wildcard; rename the file or link to it"
    elif _WINDOWS_PATH.match(path):
        yield (
            f"{_shown(path)} is a path of Windows; write it as this system names it (in WSL, C:\\films is "
            "/mnt/c/films), with slashes"
        )
    elif path.lower().startswith("file:"):
        yield f"{_shown(path)} is an address; files are written as paths: {_short(_path_of(path))}"


def _path_of(address: str) -> str:
    return re.sub(r"(?i)^file:(//(localhost(?=/))?)?", "", address)


def _mistakes_of_address(source: str) -> Iterator[str]:
    try:
        address = urlsplit(source)
        host, _ = address.hostname, address.port
    except ValueError as error:
        yield f"{_shown(source)} is no address ({error})"
        return
    if address.scheme.lower() not in ("http", "https") or not host or " " in source:
        yield f"{_shown(source)} is no address that is fetched; allowed are http and https"
    elif "@" in address.netloc:
        yield f"the address at {host} holds a login; remove it, since tables are copied into the results"


def _shown(cell: str) -> str:
    """The cell in quotation marks, cut to a line, with the names of characters that are easily overlooked."""
    short = repr(_short(cell))
    odd = dict.fromkeys(c for c in cell[: 2 * LABEL_LENGTH] if not c.isprintable() or c in _QUOTES)
    names = [f"U+{ord(c):04X} {unicodedata.name(c, 'control character')}" for c in odd]
    return f"{short} (with {', '.join(names)})" if names else short


def _short(text: str) -> str:
    return text if len(text) <= 2 * LABEL_LENGTH else f"{text[: 2 * LABEL_LENGTH]}..."


_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"


def _mistakes_between(videos: list[tuple[int, Video]], unnamed: set[int]) -> Iterator[tuple[int, str]]:
    named = {video.performer: line for line, video in videos if line not in unnamed}
    ids: dict[str, tuple[int, str]] = {}
    performers: dict[str, tuple[int, str]] = {}
    labels: dict[str, tuple[int, str]] = {}
    for line, video in videos:
        if video.emotion:
            first, other = labels.setdefault(_sense(video.emotion), (line, video.emotion))
            if other != video.emotion:
                yield (
                    line,
                    f"emotion: {_shown(video.emotion)} differs from {_shown(other)} (line {first}) only in case, "
                    "blanks or signs that are not seen; these would be two labels",
                )
        if not NAME.fullmatch(video.video):
            continue
        first, other = ids.setdefault(video.video.lower(), (line, video.video))
        if first != line:
            case = "" if other == video.video else " except for case"
            yield line, f"video: {video.video!r} is the id of line {first}{case}; ids are unique"
        first, other = performers.setdefault(video.performer.lower(), (line, video.performer))
        if other != video.performer:
            yield line, f"performer: {video.performer!r} differs from {other!r} (line {first}) only in case"
        if line in unnamed and video.video in named:
            other = f"{video.video!r} is also a performer (line {named[video.video]})"
            yield line, f"performer: empty, so the video's id would be used, but {other}; name the performer"
    yield from _contradictions(videos, unnamed)


def _sense(label: str) -> str:
    """The label without what is easily overlooked: case, blanks, underscores, forms of the same characters."""
    text = unicodedata.normalize("NFKC", label).casefold()
    return "".join(c for c in text if not c.isspace() and c != "_" and unicodedata.category(c) not in ("Cf", "Cc"))


def _contradictions(videos: list[tuple[int, Video]], unnamed: set[int]) -> Iterator[tuple[int, str]]:
    """Lines that ascribe the same part of the same source to two performers, or give it two labels."""
    by_source: dict[str, list[tuple[int, Video]]] = defaultdict(list)
    for line, video in videos:
        if video.source:
            by_source[source_key(video)].append((line, video))
    line_of = {video.video: line for line, video in videos}
    for rows in by_source.values():
        for column, own in (
            ("performer", [video for line, video in rows if line not in unnamed]),
            ("emotion", [video for _, video in rows if video.emotion]),
        ):
            for video, other in overlaps(own):
                cell, first = getattr(video, column), getattr(other, column)
                if cell != first:
                    yield (
                        line_of[video.video],
                        f"{column}: {cell!r}, but line {line_of[other.video]} has {first!r} for the same part of this "
                        "source; one of them is wrong",
                    )


def overlaps(videos: Sequence[Video]) -> Iterator[tuple[Video, Video]]:
    """Videos of one recording whose parts overlap, each with an earlier row, at most one for each video."""
    place = {video.video: number for number, video in enumerate(videos)}
    last: Video | None = None  # the one that ends last, of those that begin earlier
    for video in sorted(videos, key=lambda v: v.start_s or 0.0):
        if last is not None and (last.end_s is None or (video.start_s or 0.0) < last.end_s):
            first, second = sorted((last, video), key=lambda v: place[v.video])
            yield second, first
        if last is None or (last.end_s is not None and (video.end_s is None or video.end_s > last.end_s)):
            last = video


def source_key(video: Video) -> str:
    """A text that is the same for two ways to write the same source; empty where there is none."""
    source = video.source or ""
    if video.kind == "file":
        return f"file {os.path.normpath(expand(source))}"
    address = _YOUTUBE_ADDRESS.fullmatch(source)
    return f"{video.kind} {address[1] if address else source}"


def expand(path: str) -> str:
    """The path with the home folder in place of `~`, in every column that names files."""
    with suppress(ValueError):  # such as NUL characters, which are mistakes of their own
        return os.path.expanduser(path)
    return path


def _video(row: dict[str, str]) -> Video:
    return Video(
        video=row["video"],
        source=row["source"] or None,
        kind=kind_of(row["source"]) if row["source"] else "none",
        performer=row["performer"] or row["video"],
        emotion=unicodedata.normalize("NFC", row["emotion"]) or None,
        start_s=_number(row["start_s"]),
        end_s=_number(row["end_s"]),
        pose_backend=row["pose_backend"] or None,
        pose_file=row["pose_file"] or None,
        face_backend=row["face_backend"] or None,
        face_file=row["face_file"] or None,
        rate_hz=_number(row["rate_hz"]),
    )


def _number(cell: str) -> float | None:
    return float(cell) if _NUMBER.fullmatch(cell) else None


def _is_within(cell: str, least: float, most: float) -> bool:
    number = _number(cell)
    return number is not None and least <= number <= most
