"""Where to begin decoding so that a part of a file is had exactly, without the pictures before it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from moodreel.video import guarded
from moodreel.video.container import open_media
from moodreel.video.timeline import Timeline

CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}
"""FFmpeg demuxers that store presentation stamps and an index of key frames."""

CODECS = {"h264", "hevc", "vp9", "libdav1d", "mjpeg", "prores"}
"""FFmpeg decoders that give one frame for each packet. VP8 has packets that are not shown, and MPEG-4 those that only
repeat a frame."""

REORDER_PACKETS = 64
"""Packets read beyond the start of the part: in order of decoding, a frame is at most 16 from its place in order of
presentation (H.264 and HEVC, size of the decoded picture buffer)."""


@dataclass(frozen=True)
class Landing:
    """A key frame before a part, and the frames up to it, in order of presentation."""

    keys: list[int]
    """The presentation stamps (ticks) of the key frames at which decoding may begin; the last one is best."""
    stamps: list[int]
    """The presentation stamps (ticks) of the file's frames up to the part's first."""


def find_landing(
    path: Path, stream: av.VideoStream, start_s: float, timeline: Timeline, *, least_gain: int
) -> Landing | None:
    """The last key frame before a part; None where the file does not let frames be counted without decoding.

    Packets are read, not decoded, up to the part. Their stamps must be those of a sound file: all there, all different,
    with the first frame first, and such that a `Timeline` keeps them all. In H.264 it is the last but one if frames are
    shown before the key frame and stored behind it: these refer to what is before, and others may do so too.

    start_s: the beginning of the part, in seconds from the file's first frame; timeline: an unused one;
    least_gain: so many frames at least must be left out.
    """
    container = stream.container.format.name
    if container not in CONTAINERS or stream.codec_context.name not in CODECS or not stream.time_base:
        return None
    read = _read_packets(path, stream, start_s)
    if not read:
        return None
    stamps = sorted(pts for pts, _ in read)
    if stamps[0] != read[0][0] or not read[0][1] or any(a == b for a, b in itertools.pairwise(stamps)):
        return None
    times_s = [timeline.place(pts * stream.time_base) for pts in stamps]
    first = next((rank for rank, time_s in enumerate(times_s) if time_s >= start_s), None)
    if first is None or timeline.mended:
        return None
    keys = [place for place, (pts, is_key) in enumerate(read) if is_key and pts <= stamps[first]]
    if stream.codec_context.name == "h264" and any(pts < read[keys[-1]][0] for pts, _ in read[keys[-1] :]):
        keys = keys[:-1]
    if not keys or stamps.index(read[keys[-1]][0]) < least_gain:
        return None
    return Landing([read[place][0] for place in keys], stamps[: first + 1])


def _read_packets(path: Path, stream: av.VideoStream, start_s: float) -> list[tuple[int, bool]] | None:
    """Presentation stamp of each packet up to the part, and whether it is a key frame; None where one has no stamp, is
    empty or damaged, or is not to be shown."""
    read: list[tuple[int, bool]] = []
    beyond = 0
    try:
        with open_media(path) as container:
            for packet in container.demux(container.streams[stream.index]):
                guarded.progress()
                pts = packet.pts
                if pts is None:
                    return read if packet.size == 0 else None  # an empty one announces the end
                if packet.size == 0 or packet.is_corrupt or packet.is_discard:
                    return None
                read.append((pts, packet.is_keyframe))
                beyond += (pts - read[0][0]) * Fraction(stream.time_base or 1) >= start_s
                if beyond > REORDER_PACKETS:
                    return read
    except (av.error.FFmpegError, IndexError):  # IndexError as in `container.decode`
        return None
    return read
