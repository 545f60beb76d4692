"""The table of videos that the user writes: `videos.tsv`, read and checked.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from moodreel.errors import UserError
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings

POSE_BACKENDS = get_args(PoseSettings.model_fields["backend"].annotation)
FACE_BACKENDS = get_args(FaceSettings.model_fields["backend"].annotation)

REQUIRED = ("video", "source", "performer")
OPTIONAL = ("emotion", "start_s", "end_s", "pose_backend", "pose_file", "face_backend", "face_file", "rate_hz")

NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Pattern of video ids and performers: they become names of folders."""

NAME_RULE = "1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit, without '..'"

LABEL_LENGTH = 64

CHECKOUT = Path(__file__).parents[3]
"""The folder of the Snakefile."""

_BUILTIN = re.compile(r"builtin:[a-z0-9_-]+/[a-z0-9_-]+/[0-9]+")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]+)?")


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


def read(path: str | Path) -> list[Video]:
    """Read and check a table of videos, without checking that the files it names exist.

    Raises a UserError that lists every mistake with its line.
    """
    try:
        text = _read(path)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such table of videos. `videos` in the configuration names it.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path}: line {line} is not UTF-8 text. Save the table as UTF-8 with tabs.") from None
    return parse(text, str(path))


def _read(path: str | Path) -> str:
    """The table's text. A relative path is resolved in the working folder or, where it does not exist there, in the
    checkout: so the tables of the demo and of papers are found from any folder."""
    found = next((place for place in (Path(path), CHECKOUT / path) if place.exists()), Path(path))
    return found.read_bytes().decode("utf-8-sig")


def emotions_sha256(videos: Iterable[Video]) -> str:
    """SHA-256 of the videos' labels: it changes whenever a label does."""
    emotions = {video.video: video.emotion for video in videos}
    return hashlib.sha256(json.dumps(emotions, sort_keys=True).encode()).hexdigest()


def lines(path: str | Path) -> dict[str, int]:
    """The line of each video in a table without mistakes (`read`)."""
    (_, header), *body = _rows(_read(path))
    column = header.index("video")
    return {cells[column]: line for line, cells in body}


def parse(text: str, name: str = "videos.tsv") -> list[Video]:
    """Check the text of a table of videos; messages call it `name`.

    Every cell is text and stays as written ("0012", "NA"), without surrounding blanks; blank lines are skipped.
    Raises a UserError that lists every mistake with its line.
    """
    rows = _rows(text)
    if not rows:
        columns = ", ".join(REQUIRED + OPTIONAL)
        raise UserError(f"{name}: the table is empty. Its first line names the columns: {columns}.")
    (header_line, header), body = rows[0], rows[1:]
    mistakes = [f"line {header_line}: {m}" for m in _mistakes_of_header(header)]
    videos: list[tuple[int, Video]] = []
    unnamed = set()
    for line, cells in body if set(REQUIRED) <= set(header) else []:
        if cells == header:
            mistakes.append(f"line {line}: the header again; remove the line")
            continue
        if len(cells) > len(header):
            mistakes.append(f"line {line}: {len(cells)} cells, but {len(header)} columns; a cell may not hold a tab")
            continue
        row = dict.fromkeys(REQUIRED + OPTIONAL, "") | dict(zip(header, cells, strict=False))
        mistakes += [f"line {line}, {m}" for m in _mistakes_of_row(row)]
        videos.append((line, _video(row)))
        if not row["performer"]:
            unnamed.add(line)
    if not mistakes and not videos:
        mistakes.append("no video: the table has a header and nothing below it")
    mistakes += [f"line {line}, {m}" for line, m in _mistakes_between(videos, unnamed)]
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise UserError(f"{count} in {name}:\n" + "\n".join(f"  - {m}" for m in mistakes))
    return [video for _, video in videos]


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The number and the cells of each line that is not blank."""
    lines = re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))
    return [(n, [c.strip() for c in line.rstrip().split("\t")]) for n, line in enumerate(lines, 1) if line.strip()]


def kind_of(source: str) -> str:
    """The kind of a source: `builtin`, `youtube` (a YouTube id, eleven of A-Z a-z 0-9 _ -, or any http(s) address) or
    `file`.

    A file whose name looks like a YouTube id is written with its folder: `./abcdefghijk`.
    """
    if source.startswith("builtin:"):
        return "builtin"
    return "youtube" if _YOUTUBE_ID.fullmatch(source) or _SCHEME.match(source) else "file"


def _mistakes_of_header(header: list[str]) -> Iterator[str]:
    if len(header) == 1 and re.search(r"[,;]| {2}", header[0]):
        yield "one column only; columns are separated by tabs, not by commas, semicolons or blanks"
        return
    known = REQUIRED + OPTIONAL
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            yield f"column {column!r} occurs {header.count(column)} times"
        if column not in known:
            near = difflib.get_close_matches(column.lower(), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            yield f"there is no column {column!r}.{hint} Allowed: {', '.join(known)}"
    for column in REQUIRED:
        if column not in header:
            yield f"column {column!r} is missing"


def _mistakes_of_row(row: dict[str, str]) -> Iterator[str]:
    if not NAME.fullmatch(row["video"]):
        yield f"video: {row['video']!r} is no id; an id is {NAME_RULE}"
    if row["performer"] and not NAME.fullmatch(row["performer"]):
        yield f"performer: {row['performer']!r} is no name; a name is {NAME_RULE}"
    if len(row["emotion"]) > LABEL_LENGTH or not row["emotion"].isprintable():
        label = row["emotion"][:LABEL_LENGTH]
        yield f"emotion: {label!r} is no label; allowed are up to {LABEL_LENGTH} printable characters"
    for column in ("start_s", "end_s"):
        if row[column] and not _NUMBER.fullmatch(row[column]):
            yield f"{column}: {row[column]!r} is no time; allowed are seconds, such as 12.5, or nothing"
    if row["rate_hz"] and not _number(row["rate_hz"]):
        yield f"rate_hz: {row['rate_hz']!r} is no rate; allowed are frames per second, such as 29.97, or nothing"
    start_s, end_s = _number(row["start_s"]), _number(row["end_s"])
    if end_s is not None and end_s <= (start_s or 0):
        yield f"end_s: {row['end_s']} is not after start_s ({row['start_s'] or 0})"
    for column, known in (("pose_backend", POSE_BACKENDS), ("face_backend", FACE_BACKENDS)):
        if row[column] and row[column] not in known:
            near = difflib.get_close_matches(row[column], known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            yield f"{column}: there is no {row[column]!r}; {hint}allowed are {', '.join(known)}, or nothing"
    for column in ("pose_file", "face_file"):
        yield from (f"{column}: {m}" for m in _mistakes_of_path(row[column]))
    if row["source"] or not (row["face_file"] or row["pose_file"]):
        yield from (f"source: {m}" for m in _mistakes_of_source(row["source"]))


def _mistakes_of_source(source: str) -> Iterator[str]:
    kind = kind_of(source)
    if not source or not source.isprintable() or (kind == "file" and source.startswith("-")):
        yield (
            f"{source!r} is no source; allowed are a file (./-x.mp4 where its name begins with '-'), a YouTube id, "
            "an http(s) address, builtin:<person>/<expression>/<take>; nothing where other programs have read "
            "all that is used (face_file, pose_file; the backend of a part that is not used is none)"
        )
        return
    if kind == "builtin" and not _BUILTIN.fullmatch(source):
        yield f"{source!r} is no built-in clip; they are named builtin:<person>/<expression>/<take>"
    elif kind == "youtube" and _SCHEME.match(source):
        yield from _mistakes_of_address(source)
    elif kind == "file":
        yield from _mistakes_of_path(source)


def _mistakes_of_path(path: str) -> Iterator[str]:
    if not path.isprintable() or path.startswith("-"):
        yield f"{path!r} is no file; allowed are printable characters (./-x where the name begins with '-')"
    elif set(path) & set("{}"):
        yield f"{path!r} holds a brace, which Snakemake takes for a wildcard; rename the file or link to it"


def _mistakes_of_address(source: str) -> Iterator[str]:
    try:
        address = urlsplit(source)
        host = address.hostname
    except ValueError as error:
        yield f"{source!r} is no address ({error})"
        return
    if address.scheme.lower() not in ("http", "https") or not host or " " in source:
        yield f"{source!r} is no address that is fetched; allowed are http and https"
    elif "@" in address.netloc:
        yield f"the address at {host} holds a login; remove it, since tables are copied into the results"


def _mistakes_between(videos: list[tuple[int, Video]], unnamed: set[int]) -> Iterator[tuple[int, str]]:
    named = {video.performer: line for line, video in videos if line not in unnamed}
    ids: dict[str, tuple[int, str]] = {}
    performers: dict[str, tuple[int, str]] = {}
    for line, video in videos:
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


def _video(row: dict[str, str]) -> Video:
    return Video(
        video=row["video"],
        source=row["source"] or None,
        kind=kind_of(row["source"]) if row["source"] else "none",
        performer=row["performer"] or row["video"],
        emotion=row["emotion"] or None,
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
