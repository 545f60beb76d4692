"""What a video file says of itself, and where its picture and its sound begin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moodreel.video.container import decode, open_media
from moodreel.video.decode import frames


@dataclass(frozen=True)
class Probe:
    """The facts of a video file. What is only announced may be wrong: true counts come from decoding (`Decoder`)."""

    codec: str
    """Name of the picture's codec, such as `h264`."""
    width: int
    """Of the first upright picture, in pixels."""
    height: int
    """Of the first upright picture, in pixels."""
    rotation: int
    """Degrees clockwise by which stored pictures are turned to be upright: 0, 90, 180 or 270."""
    mirrored: bool
    """Whether stored pictures are mirrored, left to right, before that."""
    average_rate_hz: float | None
    """Announced frames per second."""
    announced_frames: int | None
    """Announced number of frames; many containers announce none."""
    announced_duration_s: float | None
    """Announced duration of the file in seconds."""
    first_pts_s: float | None
    """Presentation time of the first decoded frame on the file's own clock, in seconds."""
    has_audio: bool
    """Whether at least one sample of sound can be decoded."""
    audio_start_s: float | None
    """Presentation time of the first decoded sound on the same clock, in seconds; None without sound."""


def probe(path: str | Path) -> Probe:
    """Read a file's header and decode its first frame and its first sound. Raises VideoError as `frames` does."""
    with frames(path) as decoding:
        announced_frames = decoding.stream.frames or None
    start_s = audio_start_s(path)
    return Probe(
        codec=decoding.codec,
        width=decoding.width,
        height=decoding.height,
        rotation=decoding.rotation,
        mirrored=decoding.mirrored,
        average_rate_hz=decoding.average_rate_hz,
        announced_frames=announced_frames,
        announced_duration_s=decoding.announced_duration_s,
        first_pts_s=decoding.first_pts_s,
        has_audio=start_s is not None,
        audio_start_s=start_s,
    )


def audio_start_s(path: str | Path) -> float | None:
    """Presentation time in seconds of the first sound that can be decoded, on the file's own clock; None without any.

    The decoder leaves out what the encoder put in front (AAC's priming), so this may be later than the header says.
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
