"""Mistakes in the files that the table of videos names, as far as they show without reading a file whole."""

import errno
import os
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage.content_marks import ABSENT, FOLDER, UNREADABLE
from moodreel.tables.stamp import read_stamp
from moodreel.video.source import meant_file
from moodreel.video.table_rows import Video
from moodreel.video.table_text import shown
from moodreel.workflow.plan import Plan

OF_MISSING = (
    "Paths are relative to the folder in which snakemake runs ({folder}). A file may be gone once its tables are made, "
    "as long as its path, start_s and end_s in the table stay the same."
)
OF_LATER = (
    "Snakemake would delete their tables, since these would be older than the files. `touch` the files (links with "
    "`touch -h`): no video is read again for that. Or set the clock right."
)
"""The remedy for each kind of mistake."""

TOLERANCE_S = 5.0
"""A file may be this much later than now: clocks differ, and reading a file takes about as long."""


@dataclass(frozen=True)
class GivenFile:
    """A file that a row of the table names, with the first table that is made from it."""

    row: Video
    path: str
    table: str
    may_be_folder: bool = False


def missing_files(plan: Plan) -> Iterator[tuple[str, str]]:
    """By video, what is no file or cannot be opened, and what is absent, unless the tables made from it exist."""
    for file in _files(plan):
        mark = plan.marks.mark(file.path)
        if mark == UNREADABLE:
            yield file.row.video, f"{file.path} ({plan.marks.why(file.path)})"
        elif mark.startswith(FOLDER) and not file.may_be_folder:
            yield file.row.video, f"{file.path} (a folder, not a file; name a file in it)"
        elif mark == ABSENT:
            instead = _read_instead(file)
            if instead is not None:
                yield file.row.video, f"{file.path}{_why_absent(file.path, plan.marks.why(file.path))}{instead}"


def later_than_now(plan: Plan) -> Iterator[tuple[str, str]]:
    """By video, files dated later than now, unless their tables exist and are up to date for Snakemake."""
    now_s = _now_s()
    for file in _files(plan):
        modified_ns = plan.marks.modified_ns(file.path)
        if modified_ns / 1e9 <= now_s + TOLERANCE_S:
            continue
        made_ns = _modified_ns(file.table)
        if not (made_ns and (plan.marks.is_touched(file.path) or modified_ns <= made_ns)):
            yield file.row.video, f"{file.path} is dated {_date(modified_ns / 1e9)}, now is {_date(now_s)}"


def results_later_than_now(plan: Plan) -> list[str]:
    """The tables and results of the run that are dated later than now; none where nothing is left to be made of them.

    That happens where the clock has been set back. Whatever is made of them would be older, and Snakemake would take it
    for out of date and remove it.
    """
    tables = {path for video in plan.videos for path in (plan.pose(video), plan.face(video))}
    dates_ns = {path: _modified_ns(path) for path in (*tables, *plan.results)}
    latest_ns = int((_now_s() + TOLERANCE_S) * 1e9)
    later = sorted(path for path, date_ns in dates_ns.items() if date_ns > latest_ns)
    is_complete = later and min(dates_ns[path] for path in plan.results) >= max(dates_ns[path] for path in tables)
    return [] if is_complete else later


def _files(plan: Plan) -> Iterator[GivenFile]:
    for row in plan.videos.values():
        pose, face = plan.pose(row.video), plan.face(row.video)
        if row.kind == "file":
            yield GivenFile(
                row, plan.media_file(row.video), face if plan.extraction_of(row.video).pose_from == "nowhere" else pose
            )
        if row.pose_file:
            yield GivenFile(row, row.pose_file, pose, may_be_folder=True)
        if row.face_file:
            yield GivenFile(row, row.face_file, face)


def _read_instead(file: GivenFile) -> str | None:
    """From what the table of an absent file was made, in words: empty where there is no table, None where it was made
    from this part of this file, so that it can be used."""
    if not os.path.exists(file.table):
        return ""
    try:
        stamp = read_stamp(file.table)
    except (OSError, UserError):
        return f"; nor can the table made from it earlier be read, {file.table}"
    inputs, start_s, end_s = stamp.get("inputs", {}), stamp.get("start_s"), stamp.get("end_s")
    if any(_is_same(file.path, path) for path in inputs) and (start_s, end_s) == (file.row.start_s, file.row.end_s):
        return None
    names = " and ".join(inputs) or "a file that its stamp does not name"
    span = f"from {start_s or 0} s to {'its end' if end_s is None else f'{end_s} s'}"
    return f"; there is a table of this id, but it was made from {names}, {span}"


def _why_absent(path: str, why: str) -> str:
    """Further details of why there is no such file; empty where there are none."""
    if os.path.islink(path):
        return f", a link to {os.readlink(path)} ({why})"
    if why != os.strerror(errno.ENOENT):
        return f" ({why})"
    meant = meant_file(path)
    return f"; did you mean {meant if meant.isprintable() else shown(meant)} ?" if meant else ""


def _is_same(path: str, stamped: str) -> bool:
    return unicodedata.normalize("NFC", str(Path(path))) == unicodedata.normalize("NFC", stamped)


def _now_s() -> float:
    """The time by the clock that dates results: that of their file system, which may be another machine's."""
    with suppress(OSError), tempfile.TemporaryFile(dir="results" if os.path.isdir("results") else ".") as file:
        return os.fstat(file.fileno()).st_mtime
    return time.time()


def _modified_ns(path: str) -> int:
    """The file's modification time; 0 where there is no file."""
    with suppress(OSError):
        return os.stat(path).st_mtime_ns
    return 0


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
