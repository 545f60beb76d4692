"""A video's sound for its film: on the film's clock, copied where MP4 supports its codec, else encoded as AAC."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.filter import Graph

from moodreel.music.clock import Clock, clock
from moodreel.video.container import open_media
from moodreel.video.probe import audio_start_s
from moodreel.video.samples import Piece, Pieces
from moodreel.video.sounds import sound_stream

COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"})
"""Codecs that MP4 supports (FFmpeg, libavformat/movenc.c, codec_mp4_tags), each for one format only."""

WITH_TIMES = ("mov", "matroska")
"""Containers whose sound packets have true times; from others, sound is decoded and encoded as AAC."""

PREROLL_PACKETS, PREROLL_S = 2, 0.2
"""Packets before the film's first picture, not played: a decoder needs the packets before the first that it plays."""

MOST_NAMED = 8
"""FFmpeg's resampler knows how to make stereo of layouts up to 7.1."""

AAC_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
AAC_BITS_PER_S = 128_000
AAC_SAMPLES = 1024
"""Samples per channel in a packet of AAC (ISO/IEC 14496-3)."""


@contextmanager
def packets(
    source: Path, film: OutputContainer, *, zero_s: float, length_s: float | None
) -> Iterator[Iterator[tuple[float, av.Packet]]]:
    """Add the source's sound stream (`video.sounds`) to the open `film`. Yields its packets, ready to be muxed, with
    their times in s.

    zero_s: start of the film on the source's own clock. length_s: end of the sound on the film's clock; None: its own
    end. Packets at negative times are not played, by the container's edit list. No packets where the source has no
    sound that can be decoded.
    """
    with open_media(source) as container:
        stream = sound_stream(container, source)
        if stream is None or audio_start_s(source) is None:
            yield iter(())
            return
        times = clock(source)
        known = stream.codec_context.codec.canonical_name in COPIED and container.format.name.startswith(WITH_TIMES)
        copied = known and _mp4_takes(stream) and _is_intact(source, times, zero_s, length_s)
        found = _copied(container, stream, film, zero_s) if copied else _encoded(stream, film, source, times, zero_s)
        yield _until(_from_zero(found), length_s)


def _mp4_takes(stream: av.AudioStream) -> bool:
    """Whether the sound stream can be described in MP4 as it is; many channels without names, for example, cannot."""
    try:
        with av.open(BytesIO(), "w", format="mp4") as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def _is_intact(source: Path, times: Clock, zero_s: float, length_s: float | None) -> bool:
    """Whether all of the film's sound can be decoded and each of its time stamps is believed. It is decoded for that,
    in a hundredth of the time that the film takes."""
    with open_media(source) as container:
        stream = sound_stream(container, source)
        assert stream is not None
        pieces = _pieces(stream, source, times)
        for number, piece in enumerate(pieces):
            if number == 0 and times.sound_shift_s(piece.time_s, stream):
                return False
            if pieces.corrupt or pieces.mended or pieces.missing:
                return False
            if length_s is not None and piece.time_s > zero_s + length_s:
                return True
    return not pieces.corrupt


def _pieces(stream: av.AudioStream, source: Path, times: Clock) -> Pieces:
    return Pieces(stream, source, picture_end_s=times.picture_end_s, announced_end_s=times.announced_end_s)


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
    stream: av.AudioStream, film: OutputContainer, source: Path, times: Clock, zero_s: float
) -> Iterator[tuple[float, av.Packet]]:
    rate_hz = stream.codec_context.sample_rate
    rate_hz = rate_hz if rate_hz in AAC_RATES_HZ else 48_000
    layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    out = film.add_stream("aac", rate=rate_hz, layout=layout)
    out.codec_context.bit_rate = AAC_BITS_PER_S
    out.codec_context.flags |= av.codec.context.Flags.bitexact.value

    def encode_frames() -> Iterator[tuple[float, av.Packet]]:
        pieces = _from_picture(_pieces(stream, source, times), stream, times)
        for frame in chain(_resample(pieces, rate_hz, layout, zero_s), (None,)):
            for packet in out.encode(frame):
                yield float((packet.pts or 0) * packet.time_base), packet

    return encode_frames()


def _from_picture(pieces: Iterator[Piece], stream: av.AudioStream, times: Clock) -> Iterator[Piece]:
    """The pieces, at the picture's start where their own times lie outside the picture's."""
    shift_s: float | None = None
    for piece in pieces:
        shift_s = times.sound_shift_s(piece.time_s, stream) if shift_s is None else shift_s
        yield replace(piece, time_s=piece.time_s + shift_s)


def _resample(pieces: Iterator[Piece], rate_hz: int, layout: str, zero_s: float) -> Iterator[av.AudioFrame]:
    """The pieces from the film's start on, resampled, on its clock, in frames of `AAC_SAMPLES`, with silence in
    gaps."""
    graph, shape = None, None
    for piece in pieces:
        if piece.end_s - zero_s < -PREROLL_S:
            continue
        own = (_named_layout(piece), piece.rate_hz)
        if own != shape:
            yield from _pull(graph, None)
            graph, shape = _graph(*own, rate_hz, layout), own
        samples = piece.samples if own[0] == piece.layout else piece.samples.mean(axis=0, keepdims=True)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T).reshape(1, -1), "flt", own[0])
        frame.sample_rate, frame.time_base = piece.rate_hz, Fraction(1, piece.rate_hz)
        frame.pts = round((piece.time_s - zero_s) * piece.rate_hz)
        yield from _pull(graph, frame)
    yield from _pull(graph, None)


def _named_layout(piece: Piece) -> str:
    """The layout of a piece if FFmpeg can make stereo of it, else `mono`, for the mean of its channels."""
    try:
        names = [channel.name for channel in av.AudioLayout(piece.layout).channels]
    except ValueError:
        names = []
    known = len(names) == len(piece.samples) <= MOST_NAMED and "NONE" not in names
    return piece.layout if known else "mono"


def _graph(own_layout: str, own_hz: int, rate_hz: int, layout: str) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(sample_rate=own_hz, format="flt", layout=own_layout, time_base=Fraction(1, own_hz))
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
