"""What became of a video that was to be fetched.

Fetching always leaves two files: the media file and, beside it, this record as JSON. Where the source no longer offers
the video the media file is empty and the record says why, so that the run goes on without it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from moodreel.storage.atomic import write_text


@dataclass(frozen=True)
class FetchRecord:
    """The record of one fetch."""

    source: str
    """As the table of videos gives it."""
    address: str
    """What was asked for."""
    software: str
    """Name and version of what fetched it."""
    reason: str | None = None
    """None where the video was fetched, else a key of `REASONS`."""
    detail: str = ""
    """What the site said where it was not."""
    format: str | None = None
    """The picture and sound that were chosen, in yt-dlp's words."""
    sha256: str | None = None
    """Of the media file."""


def record_path(media: str | Path) -> Path:
    """Where the record of a media file lies: `<video>.fetch.json` beside `<video>.mp4`."""
    return Path(media).with_suffix(".fetch.json")


def write_record(media: str | Path, record: FetchRecord) -> None:
    """Write the record of a media file, atomically."""
    write_text(record_path(media), json.dumps(asdict(record), indent=2, sort_keys=True) + "\n")


def why_absent(media: str | Path) -> tuple[str, str] | None:
    """Reason and detail for an empty media file that could not be fetched; None for any other file."""
    try:
        record = json.loads(record_path(media).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return (record["reason"], record["detail"]) if record["reason"] else None
