"""What is wrong with the files that the table of videos names, as far as it can be told before any is read whole."""

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage.content_marks import ABSENT, UNREADABLE
from moodreel.tables.stamp import read_stamp
from moodreel.video.table import Video
from moodreel.workflow.plan import Plan

OF_MISSING = (
    "Paths are relative to the folder in which snakemake runs ({folder}). A file may be gone once its tables are made, "
    "as long as its path, start_s and end_s stand in the table as they did."
)
OF_LATER = (
    "Snakemake would throw away what is read of them, since it would be older than they are. `touch` them (links with "
    "`touch -h`): no video is read again for that. Or set the clock right."
)
"""What to do about each kind of mistake."""

TOLERANCE_S = 5.0
"""By so much a file may be later than now: clocks differ, and reading one takes about as long."""


@dataclass(frozen=True)
class GivenFile:
    """A file that a row of the table names, with the table that is made from it before any other."""

    row: Video
    path: str
    table: str


def missing_files(plan: Plan) -> Iterator[tuple[str, str]]:
    """By video, files that are not there, unless their tables serve; and files that may not be opened."""
    for file in _files(plan):
        mark = plan.marks.mark(file.path)
        if mark == UNREADABLE:
            yield file.row.video, f"{file.path} ({plan.marks.why(file.path)})"
        elif mark == ABSENT:
            instead = _read_instead(file)
            if instead is not None:
                yield file.row.video, f"{file.path}{_why_absent(file.path, plan.marks.why(file.path))}{instead}"


def later_than_now(plan: Plan) -> Iterator[tuple[str, str]]:
    """By video, files from the future, unless their tables are there and fresh as Snakemake sees it."""
    now_s = _now_s()
    for file in _files(plan):
        modified_ns = plan.marks.modified_ns(file.path)
        if modified_ns / 1e9 <= now_s + TOLERANCE_S:
            continue
        made_ns = _modified_ns(file.table)
        if not (made_ns and (plan.marks.is_touched(file.path) or modified_ns <= made_ns)):
            yield file.row.video, f"{file.path} is of {_date(modified_ns / 1e9)}, now is {_date(now_s)}"


def _files(plan: Plan) -> Iterator[GivenFile]:
    for row in plan.videos.values():
        pose, face = plan.pose(row.video), plan.face(row.video)
        if row.kind == "file":
            yield GivenFile(
                row, plan.media_file(row.video), face if plan.extraction_of(row.video).pose_from == "nowhere" else pose
            )
        if row.pose_file:
            yield GivenFile(row, row.pose_file, pose)
        if row.face_file:
            yield GivenFile(row, row.face_file, face)


def _read_instead(file: GivenFile) -> str | None:
    """What the table of an absent file was made from: nothing where there is no table, None where it was just this part
    of this file, so that the table serves."""
    if not os.path.exists(file.table):
        return ""
    try:
        stamp = read_stamp(file.table)
    except (OSError, UserError):
        return f"; nor can the table be read that was made before, {file.table}"
    inputs, start_s, end_s = stamp.get("inputs", {}), stamp.get("start_s"), stamp.get("end_s")
    if str(Path(file.path)) in inputs and (start_s, end_s) == (file.row.start_s, file.row.end_s):
        return None
    names = " and ".join(inputs) or "a file that it does not name"
    span = f"from {start_s or 0} s to {'its end' if end_s is None else f'{end_s} s'}"
    return f"; there is a table of this id, but it was made from {names}, {span}"


def _why_absent(path: str, why: str) -> str:
    """Why there is no such file, where that is not all."""
    if os.path.islink(path):
        return f", a link to {os.readlink(path)} ({why})"
    return "" if why == os.strerror(errno.ENOENT) else f" ({why})"


def _now_s() -> float:
    """By the clock that dates results: that of the disk they lie on, which may be another machine's."""
    with suppress(OSError), tempfile.TemporaryFile(dir="results" if os.path.isdir("results") else ".") as file:
        return os.fstat(file.fileno()).st_mtime
    return time.time()


def _modified_ns(path: str) -> int:
    """The file's time; 0 where there is none."""
    with suppress(OSError):
        return os.stat(path).st_mtime_ns
    return 0


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
