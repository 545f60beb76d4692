"""Opening media files: from disk only, known containers only."""

import errno
from collections.abc import Callable, Generator
from pathlib import Path
from typing import cast, overload

import av
from av.container import InputContainer

from moodreel.errors import UserError
from moodreel.storage.stamps import MEDIA_READ
from moodreel.video.errors import VideoError
from moodreel.video.fetched import why_absent

FORMATS = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "mxf", "dv", "ivf", "gif",
    "yuv4mpegpipe", "h264", "hevc", "m4v", "mp3", "wav", "flac", "aac",
)  # fmt: skip
"""FFmpeg demuxers that read one file and nothing else: no playlists (hls, dash, concat), no pictures (image2)."""

MAX_PIXELS = 8192 * 8192
"""A larger picture is refused: 8K video has half as many pixels, and an RGB copy of this size takes 200 MB."""

_MACHINE_ERRORS = {errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ENODEV}


def open_media(path: str | Path) -> InputContainer:
    """Open a media file for reading; close it or use it as a context.

    Raises VideoError (`unreadable`, `format_not_allowed`, or why it could not be fetched) where the file is at fault,
    UserError where the file does not exist, and OSError where the disk is at fault.
    """
    path = Path(path)
    MEDIA_READ[str(path)] = None
    try:
        with open(path, "rb") as file:
            if not file.read(1):
                reason, detail = why_absent(path) or ("unreadable", "the file is empty")
                raise VideoError(reason, path, detail)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise UserError(f"{path}: this is a folder, a media file is needed") from None
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(FORMATS),
        "max_pixels": str(MAX_PIXELS),
    }
    try:
        # `file:` and an absolute path, so that no name is read as an address or an option
        return av.open(f"file:{path.absolute()}", options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        _raise_if_machine_error(error, path)
        reason = "format_not_allowed" if error.errno == errno.EINVAL else "unreadable"
        raise VideoError(reason, path, error.strerror or "") from None


def video_stream(container: InputContainer, path: str | Path) -> av.VideoStream:
    """The file's first video stream; cover pictures are skipped.

    Raises VideoError (`no_video_stream`, `no_decoder`, `too_large`).
    """
    attached = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & attached]
    if not streams:
        raise VideoError("no_video_stream", path)
    stream = streams[0]
    if stream.codec_context is None:
        raise VideoError("no_decoder", path)
    if stream.codec_context.width * stream.codec_context.height > MAX_PIXELS:
        size = f"{stream.codec_context.width} x {stream.codec_context.height} px"
        raise VideoError("too_large", path, f"{size}, at most {MAX_PIXELS} points")
    return stream


@overload
def decode(
    stream: av.VideoStream, path: str | Path, on_corrupt: Callable[[], None] = ...
) -> Generator[av.VideoFrame, None, None]: ...
@overload
def decode(
    stream: av.AudioStream, path: str | Path, on_corrupt: Callable[[], None] = ...
) -> Generator[av.AudioFrame, None, None]: ...
def decode(
    stream: av.VideoStream | av.AudioStream, path: str | Path, on_corrupt: Callable[[], None] = lambda: None
) -> Generator[av.VideoFrame | av.AudioFrame, None, None]:
    """The decoded frames of a stream, in order of presentation.

    Packets that cannot be decoded, and the unreadable rest of a file, are left out; `on_corrupt` is called for each.
    Empty packets, by which AVI and Theora say that the last picture is shown on, hold no frame and are no damage.
    """
    packets = cast(InputContainer, stream.container).demux(stream)
    packet: av.Packet | None
    ended = False
    while not ended:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as error:
            _raise_if_machine_error(error, Path(path))
            on_corrupt()
            packet = None
        if packet is None:
            ended = True  # and None makes the decoder give out what it holds
        elif packet.size == 0:
            continue  # the picture before it is shown on, or PyAV announces the end
        try:
            yield from stream.decode(packet)
        except av.error.EOFError:  # the decoder was already flushed
            return
        except av.error.FFmpegError as error:
            _raise_if_machine_error(error, Path(path))
            on_corrupt()


def _raise_if_machine_error(error: av.error.FFmpegError, path: Path) -> None:
    """Raise `error` again where the machine is at fault: out of memory, too many open files, a failing disk.

    FFmpeg also reports EIO for files that merely end too early, so the file is then read once in full: if the disk
    fails, this raises OSError.
    """
    if error.errno in _MACHINE_ERRORS:
        raise error
    if error.errno == errno.EIO:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
