"""The start of a video file's sound."""

from pathlib import Path

from moodreel.video.container import open_media
from moodreel.video.samples import Pieces
from moodreel.video.sounds import sound_stream


def audio_start_s(path: str | Path) -> float | None:
    """Presentation time in seconds of the first sound that can be decoded, on the file's own clock; None without sound.
    Of several sound streams, it is that of the one which is used (`video.sounds`).

    The decoder drops what the encoder put in front (AAC's priming), so this may be later than the header announces.
    """
    with open_media(path) as container:
        stream = sound_stream(container, path)
        first = None if stream is None else next(Pieces(stream, path), None)
    return None if first is None else first.time_s
