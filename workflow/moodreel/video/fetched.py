"""The record of a fetched video.

Fetching always leaves two files: the media file and, next to it, this record as JSON. Where the source no longer offers
the video, the media file is empty and the record holds the reason, so that the run continues without it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from moodreel.storage.atomic import write_text

ABSENT_REASONS = ("gone", "no_single_video", "too_large_file", "live")
"""Reasons, keys of `REASONS`, why a video is not fetched."""

LARGEST_RECORD = 1_000_000
"""A larger file, in bytes, is no record: ours have less than 1 kB, and the site's message."""


@dataclass(frozen=True)
class FetchRecord:
    """The record of one fetch."""

    source: str
    """As the table of videos gives it."""
    address: str
    """The requested address."""
    software: str
    """Name and version of the program that fetched it."""
    reason: str | None = None
    """None where the video was fetched, else one of `ABSENT_REASONS`."""
    detail: str = ""
    """The site's message where it was not fetched."""
    format: str | None = None
    """The chosen picture and sound formats, as yt-dlp names them."""
    sha256: str | None = None
    """SHA-256 of the media file."""


def record_path(media: str | Path) -> Path:
    """Path of the record of a media file: `<video>.fetch.json` next to `<video>.mp4`."""
    return Path(media).with_suffix(".fetch.json")


def write_record(media: str | Path, record: FetchRecord) -> None:
    """Write the record of a media file, atomically."""
    write_text(record_path(media), json.dumps(asdict(record), indent=2, sort_keys=True) + "\n")


def why_absent(media: str | Path) -> tuple[str, str] | None:
    """Reason (a key of `REASONS`) and detail where the video of a media file could not be fetched; None for any other
    file, also next to something else of the record's name."""
    path = record_path(media)
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_RECORD:
            return None
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("reason") not in ABSENT_REASONS:
        return None
    return record["reason"], str(record.get("detail") or "")
