"""What rows of the table of videos say about each other: ids that repeat, names that differ in case, overlapping parts.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence

from moodreel.video.source import source_key
from moodreel.video.table_rows import NAME, Video
from moodreel.video.table_text import shown

_UNSEEN = frozenset("\u034f\u115f\u1160\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
"""Fillers, joiners and selectors of forms that Unicode counts as letters or marks."""
_OVERLOOKED = re.compile(r"[\s_'\"\u2018-\u201f\u00ab\u00bb`\u00b4]|(?<=\w)\s*[-\u2010-\u2015]\s*(?=\w)")
_WHOLE = re.compile(r"0*([0-9]+)(?:\.0+)?")
_SEPARATORS = re.compile(r"[._-]+")


def mistakes_between(videos: list[tuple[int, Video]], unnamed: set[int]) -> Iterator[tuple[int, str]]:
    """Line and mistake where rows (line, video) do not go together; `unnamed` are the lines without a performer."""
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
                    f"emotion: {shown(video.emotion)} differs from {shown(other)} (line {first}) only in case, "
                    "blanks, dashes, quotation marks or signs that are not seen; these would be two labels",
                )
        if not NAME.fullmatch(video.video):
            continue
        first, other = ids.setdefault(video.video.lower(), (line, video.video))
        if first != line:
            case = "" if other == video.video else " except for case"
            yield line, f"video: {video.video!r} is the id of line {first}{case}; ids are unique"
        first, other = performers.setdefault(
            video.performer.lower() if line in unnamed else _person(video.performer), (line, video.performer)
        )
        if other != video.performer:
            case = "case" if other.lower() == video.performer.lower() else "case, separators or zeros"
            yield line, f"performer: {video.performer!r} differs from {other!r} (line {first}) only in {case}"
        if line in unnamed and video.video in named:
            other = f"{video.video!r} is also a performer (line {named[video.video]})"
            yield line, f"performer: empty, so the video's id would be used, but {other}; name the performer"
    yield from _contradictions(videos, unnamed)


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


def _contradictions(videos: list[tuple[int, Video]], unnamed: set[int]) -> Iterator[tuple[int, str]]:
    """Lines that ascribe the same part of the same source to two performers, or give it two labels."""
    by_source: dict[str, list[tuple[int, Video]]] = defaultdict(list)
    for line, video in videos:
        if video.source:
            by_source[source_key(video.source)].append((line, video))
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


def _sense(label: str) -> str:
    """The label without what is easily overlooked: case, blanks, underscores, quotation marks, a full stop at the end,
    dashes between letters, forms of the same characters, characters that are not seen, zeros around a number."""
    text = unicodedata.normalize("NFKC", label).casefold()
    text = "".join(c for c in text if c not in _UNSEEN and unicodedata.category(c) not in ("Cf", "Cc"))
    text = _OVERLOOKED.sub("", text).rstrip(".") or text
    return _as_number(text)


def _person(name: str) -> str:
    """The name without its case and zeros around a number, and with one separator for all."""
    return _SEPARATORS.sub("-", _as_number(name.lower())).strip("-")


def _as_number(text: str) -> str:
    """A whole number without zeros around it: spreadsheets and pandas make 1 and 1.0 of 01."""
    number = _WHOLE.fullmatch(text)
    return number[1] if number else text
