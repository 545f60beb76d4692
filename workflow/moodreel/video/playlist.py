"""The entries of a playlist and the status of each of its videos, requested from the site through yt-dlp.

Only the pages with this information are downloaded. No shell, no configuration file, no cookies.
"""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yt_dlp
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, GeoRestrictedError, UnsupportedError

from moodreel.errors import UserError
from moodreel.video import download
from moodreel.video.table import parse
from moodreel.video.table_rows import NAME, OPTIONAL, REQUIRED
from moodreel.video.table_text import split

FOUND, PRIVATE, DELETED, UNAVAILABLE = "found", "private", "deleted", "unavailable"

PLACEHOLDERS = {"[private video]": PRIVATE, "[deleted video]": DELETED, "[unavailable video]": UNAVAILABLE}
"""Titles that YouTube's lists give to videos that are no longer shown."""

CLOSED = {"private": PRIVATE, "premium_only": UNAVAILABLE, "subscriber_only": UNAVAILABLE, "needs_auth": UNAVAILABLE}
"""The status by yt-dlp's `availability`, where a video is not public."""

_PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{10,64}")
_PRIVATE = re.compile(r"private", re.IGNORECASE)
_DELETED = re.compile(
    r"removed|deleted|terminated|closed|taken down|no longer available|does not exist|not found", re.IGNORECASE
)

COLUMNS = (*REQUIRED, *OPTIONAL[:3])
"""Columns of a new table of videos."""


@dataclass(frozen=True)
class Entry:
    """One video of a playlist."""

    position: int
    """Position in the playlist, from 1."""
    id: str
    """The site's id, or the address where it has none."""
    source: str
    """As the table of videos gives it: a YouTube id or an address."""
    title: str | None
    status: str | None
    """Its status in the list itself; None: the video's own page has to be requested."""
    detail: str


@dataclass(frozen=True)
class Reply:
    """The site's answer about a video or a playlist; `status` is None where it gives none (no network, a rate
    limit)."""

    status: str | None
    detail: str


def address_of_playlist(playlist: str) -> str:
    """The address of a playlist given by its address or its YouTube id. Raises UserError where it is neither."""
    if "://" not in playlist and _PLAYLIST_ID.fullmatch(playlist):
        return f"https://www.youtube.com/playlist?list={playlist}"
    if not playlist.lower().startswith(("http://", "https://")):
        raise UserError(f"{playlist!r} is no playlist; allowed are an http(s) address and a YouTube playlist's id")
    return playlist


def expand(address: str, *, pause_s: float, timeout_s: float) -> list[Entry] | Reply:
    """The videos of the playlist at `address`, or the reason why there are none. Pauses before each page of the
    list."""
    time.sleep(pause_s)
    own = {"skip_download": True, "extract_flat": "in_playlist", "sleep_interval_requests": pause_s}
    try:
        with yt_dlp.YoutubeDL(download.options(timeout_s, 1, **own)) as session:
            info = session.extract_info(address, download=False)
            if not info or info.get("_type") not in ("playlist", "multi_video"):
                return Reply(UNAVAILABLE, "this is one video, not a list")
            return entries({**info, "entries": list(info.get("entries") or ())})
    except DownloadError as error:
        return reply_of_error(error)


def entries(info: Mapping[str, Any]) -> list[Entry]:
    """The entries of a playlist as yt-dlp lists it without opening its videos; entries without an address are left
    out."""
    found = []
    for position, entry in enumerate(info["entries"], 1):
        if not entry or not (entry.get("url") or entry.get("id")):
            continue
        youtube = entry.get("ie_key") == "Youtube" and entry.get("id")
        source = entry["id"] if youtube else entry.get("url") or entry["id"]
        title = entry.get("title")
        status = PLACEHOLDERS.get((title or "").strip().lower())
        detail = title or ""
        if status is None and entry.get("availability") in CLOSED:
            status, detail = CLOSED[entry["availability"]], f"availability: {entry['availability']}"
        found.append(Entry(position, entry.get("id") or source, source, title, status, detail if status else ""))
    return found


def ask(source: str, *, pause_s: float, timeout_s: float) -> Reply:
    """The site's answer about one video. Pauses first; errors of the site or the network are answers, not
    exceptions."""
    time.sleep(pause_s)
    try:
        with yt_dlp.YoutubeDL(download.options(timeout_s, 1, skip_download=True, noplaylist=True)) as session:
            info = session.extract_info(download.address_of(source), download=False, process=False)
    except DownloadError as error:
        return reply_of_error(error)
    return reply_of_info(info or {})


def reply_of_info(info: Mapping[str, Any]) -> Reply:
    """The answer in yt-dlp's information about a video."""
    if download.unless_live(info):
        return Reply(UNAVAILABLE, "live, or yet to come")
    availability = info.get("availability")
    if availability in CLOSED:
        return Reply(CLOSED[availability], f"availability: {availability}")
    return Reply(FOUND, "")


def reply_of_error(error: DownloadError) -> Reply:
    """The answer in yt-dlp's error: a status where the video is the reason, None where a later request may succeed."""
    message, causes = download.message_of(error), list(download.causes_of(error))
    if any(isinstance(cause, UnsupportedError | GeoRestrictedError) for cause in causes):
        return Reply(UNAVAILABLE, message)
    http = {cause.status for cause in causes if isinstance(cause, HTTPError)}
    if http:
        status = (UNAVAILABLE if 451 in http else DELETED) if http & download.GONE_STATUS else None
        return Reply(status, message)
    refusal = download.refusal_of(causes)
    if not refusal or download.OURS_TEXT.search(refusal):
        return Reply(None, message)
    if _PRIVATE.search(refusal):
        return Reply(PRIVATE, message)
    if _DELETED.search(refusal):
        return Reply(DELETED, message)
    return Reply(UNAVAILABLE if download.GONE_TEXT.search(refusal) else None, message)


def table_text(found: Iterable[tuple[str, str]], existing: str = "") -> str:
    """The text of a table of videos with these (id, source), each once.

    The rows of `existing` stay as they are; sources that it lacks are added below. A video is named by its id; an id
    that cannot name a folder, or that differs from another only in case, is replaced by a name made from it. Performers
    are left empty: the site does not name them.
    """
    lines = existing.rstrip("\r\n").splitlines() or ["\t".join(COLUMNS)]
    known = parse(existing) if existing.strip() else []
    cells = split("\n".join(lines))
    (_, columns), separator = cells.rows[0], cells.separator
    sources, taken = {v.source for v in known}, {v.video.lower() for v in known}
    for key, source in found:
        if source in sources:
            continue
        name = _name(key, taken)
        sources.add(source)
        taken.add(name.lower())
        row = {"video": name, "source": source if separator not in source else f'"{source}"'}
        lines.append(separator.join(row.get(column, "") for column in columns))
    text = "\n".join(lines) + "\n"
    parse(text)
    return text


def _name(key: str, taken: set[str]) -> str:
    if "://" in key:
        address = urlsplit(key)
        key = address.path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or address.hostname or "video"
    name = key if NAME.fullmatch(key) else "v-" + re.sub(r"[^A-Za-z0-9_-]+", "-", key)[:50]
    number, free = 2, name
    while free.lower() in taken:
        free = f"{name[:58]}-{number}"
        number += 1
    return free
