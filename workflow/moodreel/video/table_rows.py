"""A row of the table of videos: its columns, what may stand in them, and the video that it describes.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.video.nothing import says_nothing
from moodreel.video.source import kind_of, mistakes_of_path, mistakes_of_source
from moodreel.video.table_text import shown

POSE_BACKENDS = get_args(PoseSettings.model_fields["backend"].annotation)
FACE_BACKENDS = get_args(FaceSettings.model_fields["backend"].annotation)

REQUIRED = ("video", "source", "performer")
OPTIONAL = ("emotion", "start_s", "end_s", "pose_backend", "pose_file", "face_backend", "face_file", "rate_hz")

NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Pattern of video ids and performers: they become names of folders."""

NAME_RULE = "1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit, without '..'"

LABEL_LENGTH = 64

RATES_HZ = (0.5, 1000.0)
"""Plausible rates of frames: from time lapses to high-speed cameras."""

MOST_S = 864_000.0
"""Ten days: the largest `limits.max_duration_s`."""

_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")
_BACKENDS = {"pose_backend": POSE_BACKENDS, "face_backend": FACE_BACKENDS}
_SPREADSHEET_ERROR = re.compile(r"#[^\s#]{1,16}[!?]")
"""What spreadsheets write in place of a result, in the user's language: #REF!, #NAME?, #WERT!, #DIV/0!."""
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2}(?:[.,][0-9]{1,6})?)")
_WITH_UNIT = re.compile(r"([0-9]{1,6}(?:[.,][0-9]{1,6})?) ?(?:s|sec|seconds)?\.?", re.IGNORECASE)


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


def make_video(row: dict[str, str]) -> Video:
    """The video of a row, given the cells that are used."""
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


def is_nothing(column: str, cell: str) -> bool:
    """Whether the cell holds a word for nothing, and not the name of a backend."""
    return says_nothing(cell) and cell not in _BACKENDS.get(column, ())


def mistakes_of_row(row: dict[str, str], given: dict[str, str]) -> Iterator[str]:
    """Mistakes in `row`, the cells that are used; `given` are those that are written."""
    if not NAME.fullmatch(row["video"]):
        yield f"video: {shown(given['video'])} is no id; an id is {NAME_RULE}"
    if row["performer"] and not NAME.fullmatch(row["performer"]):
        yield f"performer: {shown(row['performer'])} is no name; a name is {NAME_RULE}"
    label = row["emotion"]
    if len(label) > LABEL_LENGTH or not label.isprintable() or _SPREADSHEET_ERROR.fullmatch(label):
        yield f"emotion: {shown(label)} is no label; allowed are up to {LABEL_LENGTH} printable characters"
    for column in ("start_s", "end_s"):
        if row[column] and not _is_within(row[column], 0.0, MOST_S):
            yield (
                f"{column}: {shown(row[column])} is no time; allowed are seconds up to {MOST_S:,.0f}, such as 12.5, "
                f"or nothing{_seconds_meant(row[column])}"
            )
    if row["rate_hz"] and not _is_within(row["rate_hz"], *RATES_HZ):
        yield (
            f"rate_hz: {shown(row['rate_hz'])} is no rate; allowed are {RATES_HZ[0]:g} to {RATES_HZ[1]:g} frames per "
            "second, such as 29.97, or nothing"
        )
    start_s, end_s = _number(row["start_s"]), _number(row["end_s"])
    if end_s is not None and end_s <= (start_s or 0):
        yield f"end_s: {row['end_s']} is not after start_s ({row['start_s'] or 0})"
    for column, known in _BACKENDS.items():
        if row[column] and row[column] not in known:
            near = difflib.get_close_matches(row[column][:LABEL_LENGTH], known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            yield f"{column}: there is no {shown(row[column])}; {hint}allowed are {', '.join(known)}, or nothing"
    for column in ("pose_file", "face_file"):
        yield from (f"{column}: {m}" for m in mistakes_of_path(row[column]))
    if row["source"] or not (row["face_file"] or row["pose_file"]):
        yield from (f"source: {m}" for m in mistakes_of_source(row["source"], given["source"]))


def _seconds_meant(cell: str) -> str:
    """A hint where the cell may be a time in another form; 1:30 may also be a clock's, so it is not read as 90."""
    if clock := _CLOCK.fullmatch(cell):
        hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in clock.groups())
        return f". Did you mean {hours * 3600 + minutes * 60 + seconds:g} ?"
    number = _WITH_UNIT.fullmatch(cell)
    return f". Did you mean {number[1].replace(',', '.')} ?" if number else ""


def _number(cell: str) -> float | None:
    return float(cell) if _NUMBER.fullmatch(cell) else None


def _is_within(cell: str, least: float, most: float) -> bool:
    number = _number(cell)
    return number is not None and least <= number <= most
