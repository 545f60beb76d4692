"""Fetching remote videos with yt-dlp, through its Python interface: no shell, no configuration file, no cookies."""

import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import yt_dlp
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import DownloadCancelled, DownloadError, ExtractorError, GeoRestrictedError, UnsupportedError

from moodreel.errors import UserError
from moodreel.settings.source import YouTubeSettings
from moodreel.storage import run_token
from moodreel.storage.atomic import replacement, sha256
from moodreel.video.errors import VideoError
from moodreel.video.fetched import FetchRecord

SOFTWARE = f"yt-dlp {yt_dlp.version.__version__}"

MB = 1_000_000

GONE_STATUS = frozenset({404, 410, 451})
"""HTTP statuses about the video itself: not found, gone, withheld for legal reasons (RFC 9110, RFC 7725)."""

GONE_TEXT = re.compile(
    r"video (is |is no longer |has been |was )?(unavailable|not available|private|removed|deleted)"
    r"|no longer available|isn.t available any ?more|has been (removed|terminated|closed|taken down)"
    r"|private video|video does not exist|not made this video available"
    r"|copyright|members.only|join this channel|confirm your age|age.restricted|requires payment|DRM protected"
    r"|live event will begin|premieres in",
    re.IGNORECASE,
)
"""Messages of sites where the video itself is the reason; anything else (no network, a rate limit) is an error."""

OURS_TEXT = re.compile(r"try again|rate.limit|too many requests|not a bot|captcha", re.IGNORECASE)
"""Messages of sites where the client is the reason: the same request may succeed later."""


def options(timeout_s: float, retries: int, **own: Any) -> dict[str, Any]:
    """The options of every yt-dlp session, and `own`."""
    return {
        **own,
        "socket_timeout": timeout_s,
        "retries": retries,
        "extractor_retries": retries,
        "cachedir": False,
        "noprogress": True,
        "color": "never",
        "logger": Log(),
    }


def address_of(source: str) -> str:
    """The address of a source of kind `youtube`: a YouTube id becomes its watch page."""
    return source if "://" in source else f"https://www.youtube.com/watch?v={source}"


def fetch(source: str, media: str | Path, settings: YouTubeSettings) -> FetchRecord:
    """Fetch a video into the file `media`, whole or not at all, and return the record of the fetch.

    Where the site reports that the video is gone, private or otherwise not available, where there is no single video at
    the address, or where it is larger than `settings.max_mb`, `media` is an empty file and the record holds the reason.
    Picture and sound are kept as the site sends them; separate streams are joined into MP4 without encoding them again.

    Raises UserError where the terms were not accepted, or the video could not be fetched for another reason: the same
    command may then succeed later.
    """
    address = address_of(source)
    if not settings.accept_terms:
        raise UserError(
            f"{source} would have to be downloaded, and YouTube's terms of service forbid that without permission. "
            "If you have the right to download the videos of your table, set `source.youtube.accept_terms: true`; "
            "otherwise give them as files."
        )
    if not address.lower().startswith(("http://", "https://")):
        raise UserError(f"{source}: only http and https addresses are fetched")
    time.sleep(settings.pause_s)
    media = Path(media)
    media.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=media.parent) as folder:
        try:
            info = _download(address, Path(folder), settings)
        except DownloadError as error:
            return _not_fetched(source, address, media, error)
        except VideoError as error:
            _empty(media)
            return FetchRecord(source, address, SOFTWARE, reason=error.reason, detail=error.detail)
        except TooLargeError as error:
            _empty(media)
            return FetchRecord(source, address, SOFTWARE, reason="too_large_file", detail=str(error))
        if unless_live(info):
            _empty(media)
            return FetchRecord(source, address, SOFTWARE, reason="live")
        [download] = info.get("requested_downloads") or [None]
        if download is None:
            _empty(media)
            return FetchRecord(source, address, SOFTWARE, reason="no_single_video", detail="nothing was downloaded")
        digest = sha256(download["filepath"])
        run_token.require_current()
        Path(download["filepath"]).replace(media)
    return FetchRecord(source, address, SOFTWARE, format=download.get("format"), sha256=digest)


def _download(address: str, folder: Path, settings: YouTubeSettings) -> dict[str, Any]:
    """yt-dlp's information about the one video at `address`, downloaded into `folder` unless it is live."""
    limit = SizeLimit(settings.max_mb * MB)
    own = {
        "outtmpl": str(folder / "media.%(ext)s"),
        "format": "bv*+ba/b",
        "format_sort": [f"res:{settings.max_height}", "vcodec:h264", "acodec:aac"],
        "merge_output_format": "mp4",
        "ffmpeg_location": imageio_ffmpeg.get_ffmpeg_exe(),
        "noplaylist": True,
        "playlist_items": "0",
        "match_filter": unless_live,
        "fragment_retries": settings.retries,
        "skip_unavailable_fragments": False,
        "progress_hooks": [limit],
        # where ffmpeg downloads, the hook is not called; one byte more shows that it was stopped
        "external_downloader_args": {"ffmpeg_o": ["-fs", str(limit.limit + 1)]},
    }
    with yt_dlp.YoutubeDL(options(settings.timeout_s, settings.retries, **own)) as session:
        info = session.extract_info(address)
    if info is None or info.get("_type", "video") != "video":
        raise VideoError("no_single_video", address, "it is a list of videos or leads to another page")
    limit.check(sum(file.stat().st_size for file in folder.iterdir()))
    return info


def unless_live(info: Mapping[str, Any], *, incomplete: bool = False) -> str | None:
    """yt-dlp's filter: the reason to skip a video, or None. A live stream would be downloaded until it ends."""
    live = info.get("is_live") or info.get("live_status") in ("is_live", "is_upcoming")
    return "live" if live else None


def _not_fetched(source: str, address: str, media: Path, error: DownloadError) -> FetchRecord:
    """The record of a video that is gone; raises UserError where the video is not the reason."""
    detail = message_of(error)
    causes = list(causes_of(error))
    refusal = refusal_of(causes)
    if any(isinstance(cause, UnsupportedError) for cause in causes):
        _empty(media)
        return FetchRecord(source, address, SOFTWARE, reason="no_single_video", detail=detail)
    statuses = {cause.status for cause in causes if isinstance(cause, HTTPError)}
    if statuses:  # the status of the video's page; one that comes with the data is a change of mind of the site
        gone = bool(statuses & GONE_STATUS) and any(isinstance(cause, ExtractorError) for cause in causes)
    elif any(isinstance(cause, RequestError) for cause in causes) or OURS_TEXT.search(refusal):
        gone = False
    else:
        gone = any(isinstance(cause, GeoRestrictedError) for cause in causes) or bool(GONE_TEXT.search(refusal))
    if not gone:
        raise UserError(
            f"{address} could not be fetched: {detail}. This does not look like the video's own fault: "
            "check the network and run again later, update yt-dlp, or take the video out of the table."
        ) from None
    _empty(media)
    return FetchRecord(source, address, SOFTWARE, reason="gone", detail=detail)


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """An error of yt-dlp and all errors that caused it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = getattr(cause, "exc_info", None) or (None, None, None)
        waiting += [wrapped[1], getattr(cause, "cause", None), cause.__cause__, cause.__context__]


def refusal_of(causes: Iterable[BaseException]) -> str:
    """The site's own message where it refuses the video; empty without one."""
    return " ".join(cause.orig_msg for cause in causes if isinstance(cause, ExtractorError) and cause.expected)


def message_of(error: DownloadError) -> str:
    """yt-dlp's message on one line, without its advice to report a bug."""
    text = " ".join(str(error).removeprefix("ERROR: ").split("; please report this issue")[0].split())
    return text.rstrip(".")


def _empty(media: Path) -> None:
    with replacement(media) as temporary:
        temporary.write_bytes(b"")


class TooLargeError(DownloadCancelled):
    """More was sent than `source.youtube.max_mb` allows."""


class SizeLimit:
    """yt-dlp's progress hook that ends a download of more than `limit` bytes, picture and sound together.

    A site may announce no size or a wrong one, so what has come is counted too.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._sizes: dict[str, int] = {}

    def __call__(self, progress: Mapping[str, Any]) -> None:
        sizes = (progress.get(key) or 0 for key in ("downloaded_bytes", "total_bytes"))
        self._sizes[str(progress.get("filename"))] = max(sizes)
        self.check(sum(self._sizes.values()))

    def check(self, size: int) -> None:
        """Raises TooLargeError where `size`, in bytes, is beyond the limit."""
        if size > self.limit:
            raise TooLargeError(f"{size / MB:.0f} MB or more, at most {self.limit / MB:.0f} MB")


class Log:
    """Prints yt-dlp's warnings to stderr; its errors are raised as exceptions."""

    def debug(self, text: str) -> None:
        pass

    def warning(self, text: str) -> None:
        print(f"yt-dlp: {text}", file=sys.stderr)

    def error(self, text: str) -> None:
        pass
