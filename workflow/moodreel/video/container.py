"""Opening media files: from disk only, known containers only."""

import errno
import os
import re
import stat
from collections.abc import Callable, Generator
from itertools import islice
from pathlib import Path
from typing import cast, overload

import av
from av.container import InputContainer

from moodreel.errors import UserError
from moodreel.storage.stamps import MEDIA_READ
from moodreel.video import guarded
from moodreel.video.avi_index import AviIndex
from moodreel.video.errors import VideoError
from moodreel.video.fetched import why_absent
from moodreel.video.good_clip import is_machine_able

FORMATS = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "mxf", "dv", "ivf", "gif",
    "yuv4mpegpipe", "h264", "hevc", "m4v", "mp3", "wav", "flac", "aac",
)  # fmt: skip
"""FFmpeg demuxers that read one file and nothing else: no playlists (hls, dash, concat), no pictures (image2)."""

MAX_PIXELS = 8192 * 8192
"""Default of `limits.max_pixels`: 8K video has half as many pixels, and an RGB copy of this size takes 200 MB."""

CODED_MARGIN_PX = 2**20
"""Decoders may take up pictures larger than the limit by this much, since they count whole blocks of 16 to 128 pixels:
1080 lines are coded as 1088. What is shown is held to the limit itself."""

CLEARLY_LARGER = 2
"""A picture with so many times the points of the default one is used in its place."""

PROBED_PACKETS = 2000
"""Packets read to tell moving pictures from a single one, in a file with several."""

_KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}

_PICTURE_SERIES = re.compile(r"%0?\d*d")
"""What stands for a number in the name of a series of pictures; FFmpeg expects one where the suffix is a picture's."""

_NAMES_AT_FAULT = {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG}
_SHORT_OF_RESOURCES = {errno.ENOMEM, errno.EMFILE, errno.ENFILE}
_DISK_GONE = {errno.ESTALE, errno.ENODEV}


def open_media(path: str | Path, max_pixels: int = MAX_PIXELS, *, decode_to_learn: bool = True) -> InputContainer:
    """Open a media file for reading; close it or use it as a context.

    Only regular files are opened. max_pixels: no picture with more points is decoded to learn about the file, and
    without `decode_to_learn` none at all.

    Raises VideoError (`unreadable`, `format_not_allowed`, or why it could not be fetched) where the file is at fault,
    UserError where it does not exist, and OSError or MemoryError where the machine is at fault.
    """
    path = Path(path)
    MEDIA_READ[str(path)] = None
    guarded.begin(path)
    _require_content(path)
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(FORMATS),
        "max_pixels": str(max_pixels + CODED_MARGIN_PX),
    }
    if not decode_to_learn:
        options["codec_whitelist"] = "none"
    try:
        # `file:` and an absolute path, so that no name is read as an address or an option
        return av.open(f"file:{path.absolute()}", options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        _raise_if_machine_error(error, path)
        reason = "format_not_allowed" if error.errno == errno.EINVAL else "unreadable"
        raise VideoError(reason, path, _detail(error, path)) from None
    except ValueError as error:  # what PyAV cannot make sense of
        raise VideoError("unreadable", path, str(error)) from None


def _detail(error: av.error.FFmpegError, path: Path) -> str:
    """What to say of a file that FFmpeg does not open, though the machine is able to."""
    said = error.strerror or ""
    if error.errno == errno.ENOMEM:
        return f"its index is damaged and asks for more memory than there is: {said}"
    if error.errno == errno.EINVAL and _PICTURE_SERIES.search(path.name):
        return "FFmpeg takes this name for that of a series of pictures: rename the file"
    return said


def _require_content(path: Path) -> None:
    try:
        mode = os.stat(path).st_mode  # before opening, since opening a pipe waits for a writer
        if not stat.S_ISREG(mode):
            kind = next((words for is_kind, words in _KINDS.items() if is_kind(mode)), "not a file")
            raise VideoError("unreadable", path, f"this is {kind}, a media file is needed")
        with open(path, "rb") as file:
            if not file.read(1):
                reason, detail = why_absent(path) or ("unreadable", "the file is empty")
                raise VideoError(reason, path, detail)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path}: there is no such file") from None
    except OSError as error:
        if error.errno in _NAMES_AT_FAULT:
            raise VideoError("unreadable", path, error.strerror or "") from None
        raise


def video_stream(container: InputContainer, path: str | Path, max_pixels: int = MAX_PIXELS) -> av.VideoStream:
    """The stream with the file's picture.

    Cover pictures and thumbnails never count. Of several streams, those with a decoder come first, then those with
    more than one picture. Of these it is the one marked as default, unless another has `CLEARLY_LARGER` times its
    points, since programs mark the first stream where nobody has chosen; else the largest, else the first.

    Raises VideoError (`no_video_stream`, `no_decoder`, `too_large`).
    """
    streams = _pictures(container)
    if not streams:
        raise VideoError("no_video_stream", path)
    able = [stream for stream in streams if stream.codec_context is not None]
    if not able:
        raise VideoError("no_decoder", path)
    if len(able) > 1:
        moving = _moving(able, path)
        able = [stream for stream in able if stream.index in moving] or able
    default = [stream for stream in able if stream.disposition & av.stream.Disposition.default]
    stream = max(able, key=_points)
    if default and _points(stream) < CLEARLY_LARGER * _points(marked := max(default, key=_points)):
        stream = marked
    if _points(stream) > max_pixels:
        raise _too_large(path, stream, max_pixels)
    return stream


def _too_large(path: str | Path, stream: av.VideoStream, max_pixels: int) -> VideoError:
    return VideoError("too_large", path, f"{_size(stream)} px, at most {max_pixels} points")


def require_stated_size(path: str | Path, index: int, max_pixels: int) -> None:
    """Raise VideoError (`too_large`) where the container states that a stream's picture is larger than the limit.

    For streams of which nothing is known, since decoding a picture to learn about them was refused for its size.
    """
    with open_media(path, decode_to_learn=False) as container:
        stream = next((stream for stream in container.streams.video if stream.index == index), None)
        if stream is not None and stream.codec_context is not None and _points(stream) > max_pixels:
            raise _too_large(path, stream, max_pixels)


def other_streams(container: InputContainer, used: av.VideoStream) -> str | None:
    """A sentence about the pictures of a file that are not used; None where there is only one."""
    others = [stream for stream in _pictures(container) if stream.index != used.index]
    if not others:
        return None
    return f"{_describe(used)} is used; not used: {', '.join(map(_describe, others))}"


def _pictures(container: InputContainer) -> list[av.VideoStream]:
    small = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & small]


def _moving(streams: list[av.VideoStream], path: str | Path) -> set[int]:
    """The indices of the streams that have more than one picture, as far as `PROBED_PACKETS` tell."""
    counts = {stream.index: 0 for stream in streams}
    with open_media(path) as container:
        packets = container.demux([container.streams[index] for index in counts])
        try:
            for packet in islice(packets, PROBED_PACKETS):
                guarded.progress()
                counts[packet.stream_index] += packet.size > 0
                if min(counts.values()) > 1:
                    break
        except av.error.FFmpegError as error:  # the rest cannot be read
            _raise_if_machine_error(error, Path(path))
        except IndexError:  # as in `decode`
            pass
    return {index for index, count in counts.items() if count > 1}


def _describe(stream: av.VideoStream) -> str:
    if stream.codec_context is None:
        return f"stream {stream.index} (no decoder)"
    return f"stream {stream.index} ({_size(stream)} {stream.codec_context.name})"


def _points(stream: av.VideoStream) -> int:
    return stream.codec_context.width * stream.codec_context.height


def _size(stream: av.VideoStream) -> str:
    return f"{stream.codec_context.width} x {stream.codec_context.height}"


@overload
def decode(
    stream: av.VideoStream, path: str | Path, on_corrupt: Callable[[], None] = ...
) -> Generator[av.VideoFrame, None, None]: ...
@overload
def decode(
    stream: av.AudioStream, path: str | Path, on_corrupt: Callable[[], None] = ...
) -> Generator[av.AudioFrame, None, None]: ...
def decode(
    stream: av.VideoStream | av.AudioStream,
    path: str | Path,
    on_corrupt: Callable[[], None] = lambda: None,
) -> Generator[av.VideoFrame | av.AudioFrame, None, None]:
    """The decoded frames of a stream, in order of presentation.

    Packets that cannot be decoded, and the unreadable rest of a file, are left out; `on_corrupt` is called for each,
    while its error is being handled.
    Empty packets, by which AVI and Theora say that the last picture is shown on, hold no frame and are no damage.
    """
    packets = cast(InputContainer, stream.container).demux(stream)
    index = AviIndex(stream)
    packet: av.Packet | None
    ended = False
    while not ended:
        guarded.progress()
        try:
            packet = next(packets, None)
        except IndexError:  # PyAV's, at the end of a file in which a further stream has turned up
            packet = None
        except av.error.FFmpegError as error:
            _raise_if_machine_error(error, Path(path))
            on_corrupt()
            packet = None
        if packet is None:
            ended = True  # and None makes the decoder give out what it holds
        elif packet.size == 0:
            continue  # the picture before it is shown on, or PyAV announces the end
        else:
            index.correct(packet)
        try:
            yield from stream.decode(packet)
        except av.error.EOFError:  # the decoder was already flushed
            return
        except av.error.FFmpegError as error:
            _raise_if_machine_error(error, Path(path))
            on_corrupt()


def _raise_if_machine_error(error: av.error.FFmpegError, path: Path) -> None:
    """Raise `error` again where the machine is at fault: out of memory, too many open files, a failing disk.

    FFmpeg also runs out of memory over a damaged index that asks for too much, so a good clip is read: if that works,
    the file is at fault. It also reports EIO for files that merely end too early, so the file is then read once in
    full: if the disk fails, this raises OSError.
    """
    if error.errno in _DISK_GONE or (error.errno in _SHORT_OF_RESOURCES and not is_machine_able()):
        raise error
    if error.errno == errno.EIO:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
