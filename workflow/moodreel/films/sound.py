"""A video's sound for its film: on the film's clock, copied where MP4 supports its codec, else encoded as AAC."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer, OutputContainer
from av.filter import Graph

from moodreel.video.container import decode, open_media
from moodreel.video.probe import audio_start_s

COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"})
"""Codecs that MP4 supports (FFmpeg, libavformat/movenc.c, codec_mp4_tags), each for one format only."""

WITH_TIMES = ("mov", "matroska")
"""Containers whose sound packets have true times; from others, sound is decoded and encoded as AAC."""

PREROLL_PACKETS, PREROLL_S = 2, 0.2
"""Packets before the film's first picture, not played: a decoder needs the packets before the first that it plays."""

AAC_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
AAC_BITS_PER_S = 128_000
AAC_SAMPLES = 1024
"""Samples per channel in a packet of AAC (ISO/IEC 14496-3)."""


@contextmanager
def packets(
    source: Path, film: OutputContainer, *, zero_s: float, length_s: float | None
) -> Iterator[Iterator[tuple[float, av.Packet]]]:
    """Add the source's first sound stream to the open `film`. Yields its packets, ready to be muxed, with their times
    in s.

    zero_s: start of the film on the source's own clock. length_s: end of the sound on the film's clock; None: its own
    end. Packets at negative times are not played, by the container's edit list. No packets where the source has no
    sound that can be decoded.
    """
    if audio_start_s(source) is None:
        yield iter(())
        return
    with open_media(source) as container:
        stream = container.streams.audio[0]
        copied = stream.codec_context.codec.canonical_name in COPIED and container.format.name.startswith(WITH_TIMES)
        found = _copied(container, stream, film, zero_s) if copied else _encoded(stream, film, source, zero_s)
        yield _until(_from_zero(found), length_s)


def _copied(
    container: InputContainer, stream: av.AudioStream, film: OutputContainer, zero_s: float
) -> Iterator[tuple[float, av.Packet]]:
    out = film.add_stream_from_template(stream)

    def shift_packets() -> Iterator[tuple[float, av.Packet]]:
        assert stream.time_base is not None  # always set in a file that is read
        shift = round(zero_s / stream.time_base)
        demuxed = container.demux(stream)
        while True:
            try:
                packet = next(demuxed, None)
            except av.error.FFmpegError:  # the unreadable rest of a file: the decoder of the picture reports it
                return
            if packet is None:
                return
            if packet.pts is None or packet.dts is None:
                continue
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            time_s = float(packet.pts * packet.time_base)
            packet.stream = out
            yield time_s, packet

    return shift_packets()


def _encoded(
    stream: av.AudioStream, film: OutputContainer, source: Path, zero_s: float
) -> Iterator[tuple[float, av.Packet]]:
    rate_hz = stream.codec_context.sample_rate
    rate_hz = rate_hz if rate_hz in AAC_RATES_HZ else 48_000
    layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    out = film.add_stream("aac", rate=rate_hz, layout=layout)
    out.codec_context.bit_rate = AAC_BITS_PER_S
    out.codec_context.flags |= av.codec.context.Flags.bitexact.value

    def encode_frames() -> Iterator[tuple[float, av.Packet]]:
        for frame in chain(_resample(decode(stream, source), rate_hz, layout, zero_s), (None,)):
            for packet in out.encode(frame):
                yield float((packet.pts or 0) * packet.time_base), packet

    return encode_frames()


def _resample(frames: Iterator[av.AudioFrame], rate_hz: int, layout: str, zero_s: float) -> Iterator[av.AudioFrame]:
    """The frames from the film's start on, resampled, on its clock, in pieces of `AAC_SAMPLES`, with silence in
    gaps."""
    graph, shape, due_s = None, None, -zero_s
    for frame in frames:
        time_s = due_s if frame.time is None else frame.time - zero_s
        due_s = time_s + frame.samples / frame.sample_rate
        if due_s < -PREROLL_S or not frame.samples:
            continue
        own = (frame.format.name, frame.layout.name, frame.sample_rate)
        if own != shape:
            yield from _pull(graph, None)
            graph, shape = _graph(frame, rate_hz, layout), own
        frame.time_base = Fraction(1, frame.sample_rate)
        frame.pts = round(time_s * frame.sample_rate)
        yield from _pull(graph, frame)
    yield from _pull(graph, None)


def _graph(frame: av.AudioFrame, rate_hz: int, layout: str) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate, format=frame.format.name, layout=frame.layout.name,
        time_base=Fraction(1, frame.sample_rate),
    )  # fmt: skip
    steps = [
        source,
        graph.add("aresample", f"{rate_hz}:async=1"),
        graph.add("aformat", f"sample_fmts=fltp:sample_rates={rate_hz}:channel_layouts={layout}"),
        graph.add("asetnsamples", f"n={AAC_SAMPLES}:p=0"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*steps)
    graph.configure()
    return graph


def _pull(graph: Graph | None, frame: av.AudioFrame | None) -> Iterator[av.AudioFrame]:
    if graph is None:
        return
    graph.push(frame)
    while True:
        try:
            made = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield cast(av.AudioFrame, made)


def _from_zero(found: Iterator[tuple[float, av.Packet]]) -> Iterator[tuple[float, av.Packet]]:
    """The packets from the one that plays at the film's start on, after a few before it."""
    held: deque[tuple[float, av.Packet]] = deque(maxlen=PREROLL_PACKETS)
    for time_s, packet in found:
        if time_s + float((packet.duration or 0) * packet.time_base) > 0:
            yield from (one for one in held if one[0] > -PREROLL_S)
            yield time_s, packet
            break
        held.append((time_s, packet))
    yield from found


def _until(found: Iterator[tuple[float, av.Packet]], length_s: float | None) -> Iterator[tuple[float, av.Packet]]:
    for time_s, packet in found:
        if length_s is not None and time_s >= length_s:
            return
        yield time_s, packet
