"""The start of a video file's sound."""

from pathlib import Path

from moodreel.video.container import decode, open_media


def audio_start_s(path: str | Path) -> float | None:
    """Presentation time in seconds of the first sound that can be decoded, on the file's own clock; None without sound.

    The decoder drops what the encoder put in front (AAC's priming), so this may be later than the header announces.
    """
    with open_media(path) as container:
        for stream in container.streams.audio[:1]:
            if stream.codec_context is None:
                return None
            for sound in decode(stream, path):
                if sound.samples:
                    if sound.pts is None or sound.time_base is None:
                        return 0.0
                    return float(sound.pts * sound.time_base)
    return None
