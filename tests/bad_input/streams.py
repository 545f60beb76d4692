"""What else a file holds: covers, thumbnails, several pictures, sounds of every kind, subtitles, nothing."""

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from tests.bad_input.case import Case, Make, Refused, Rows
from tests.bad_input.media import FRAMES, PLAIN, encode, ffmpeg, literal, times

VIDEO = ("-c:v", "libx264", *PLAIN.split(), "-preset", "ultrafast")
TONE = "aevalsrc=0.5*sin(2*PI*440*t):s=48000:d={seconds}"
TONE_HZ, TONE_POWER = 440, 0.5**2 / 2
K_WEIGHTING = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
"""Both filters of K-weighting at 48 kHz, as ITU-R BS.1770-4 prints them in its tables 1 and 2."""
SILENCE = "anullsrc=r=48000:cl=mono:d={seconds}"
CODEC_LU = 0.3
"""How far a codec may change the loudness."""


def _k_weighted_power() -> float:
    """The power of the tone after K-weighting: by the filters' frequency response."""
    z = np.exp(-2j * np.pi * TONE_HZ / 48_000)
    response = [np.polyval(b[::-1], z) / np.polyval(a[::-1], z) for b, a in K_WEIGHTING]
    return float(TONE_POWER * np.prod(np.abs(response)) ** 2)


TONE_LUFS = -0.691 + 10 * math.log10(_k_weighted_power())
"""Loudness of the tone, -9.3 LUFS: BS.1770-4, equation 2."""


def _with_a_hole_lu(seconds: float, begin_s: float, end_s: float) -> float:
    """By how much a hole lowers the loudness: its blocks of 400 ms, one each 100 ms, count if they pass the gate of
    -10 LU."""
    starts = np.arange(0, round(seconds * 10) - 3) / 10
    share = 1 - np.clip(np.minimum(starts + 0.4, end_s) - np.maximum(starts, begin_s), 0, None) / 0.4
    heard = share[share > 1e-9]
    heard = heard[heard > 0.1 * heard.mean()]
    return 10 * math.log10(heard.mean())


def _lavfi(source: str, seconds: float = 2.0) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", source.format(seconds=seconds))


def _film(name: str, *options: object, before: Sequence[object] = (), frames: int = 48) -> Make:
    """A clip with further inputs; unless the options map the streams, the picture comes first."""
    return lambda folder: encode(folder / name, *VIDEO, *options, before=before, frames=frames)


def sound_file(name: str, *options: object, source: str = TONE) -> Make:
    def make(folder: Path) -> Path:
        ffmpeg(*_lavfi(source), *options, "-fflags", "+bitexact", literal(folder / name))
        return folder / name

    return make


def _small(folder: Path, count: int = 1, size: tuple[int, int] = (32, 24), suffix: str = "png") -> Path:
    return encode(
        folder / f"small.{suffix}", *(("-frames:v", count) if count == 1 else ()), size=size, frames=max(count, 1)
    )


def with_cover(name: str, first: bool) -> Make:
    """A film with a cover, before or after the film's own picture."""

    def make(folder: Path) -> Path:
        cover = _small(folder)
        film = encode(folder / "film.mp4", *VIDEO)
        order = (1, 0) if first else (0, 1)
        maps = [word for number in order for word in ("-map", f"{number}:v")]
        attached = ("-disposition:v:0", "attached_pic") if first else ("-disposition:v:1", "attached_pic")
        ffmpeg("-i", literal(film), "-i", literal(cover), *maps, "-c", "copy", *attached, literal(folder / name))
        return folder / name

    return make


def _two_pictures(name: str, frames: Sequence[int], sizes: Sequence[tuple[int, int]]) -> Make:
    """Two moving pictures, or one and a still, in this order."""

    def make(folder: Path) -> Path:
        parts = [
            encode(folder / f"{n}.mkv", *VIDEO, frames=count, size=size)
            for n, (count, size) in enumerate(zip(frames, sizes, strict=True))
        ]
        inputs = [word for part in parts for word in ("-i", literal(part))]
        maps = [word for n in range(len(parts)) for word in ("-map", f"{n}:v")]
        ffmpeg(*inputs, *maps, "-c", "copy", literal(folder / name))
        return folder / name

    return make


SUBTITLES = b"1\n00:00:00,000 --> 00:00:02,000\nwords\n"


def _with_subtitles(name: str, codec: str, alone: bool) -> Make:
    def make(folder: Path) -> Path:
        text = folder / "text.srt"
        text.write_bytes(SUBTITLES)
        if alone:
            ffmpeg("-i", literal(text), "-c:s", codec, literal(folder / name))
            return folder / name
        maps = ("-map", "1:s", "-map", "0:v")
        return encode(folder / name, *maps, *VIDEO, "-c:s", codec, before=("-i", literal(text)))

    return make


def _with_attachment(folder: Path) -> Path:
    (folder / "notes.txt").write_text("an attachment")
    return encode(folder / "clip.mkv", *VIDEO, "-attach", folder / "notes.txt", "-metadata:s:t", "mimetype=text/plain")


def _cover_alone(name: str) -> Make:
    def make(folder: Path) -> Path:
        cover = _small(folder)
        maps = ("-map", "0:a", "-map", "1:v", "-disposition:v:0", "attached_pic")
        ffmpeg(*_lavfi(TONE), "-i", literal(cover), *maps, "-c:v", "copy", literal(folder / name))
        return folder / name

    return make


def _pcm(name: str, channels: int, layout: str = "", hz: int = 48_000) -> Make:
    """Two seconds of the tone on all channels; without a layout the file does not say what they are."""

    def make(folder: Path) -> Path:
        tone = np.sin(2 * np.pi * 440 * np.arange(2 * hz) / hz) * 0.5 * 32767
        (folder / "tone.raw").write_bytes(np.repeat(tone.astype("<i2")[:, None], channels, axis=1).tobytes())
        raw = ("-f", "s16le", "-ar", hz, "-ch_layout", layout or f"{channels}C", "-i", literal(folder / "tone.raw"))
        maps = ("-map", "0:v", "-map", "1:a")
        return encode(folder / name, *maps, *VIDEO, "-c:a", "pcm_s16le", before=raw, frames=50)

    return make


def _hole(folder: Path) -> Path:
    """A tone of two seconds whose middle half second is not in the file; its stamps go on."""
    path = folder / "hole.mkv"
    rate, block = 48_000, 1200
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate)
        stream.layout = "mono"
        for start in range(0, 2 * rate, block):
            if 0.75 * rate <= start < 1.25 * rate:
                continue
            samples = np.sin(2 * np.pi * 440 * np.arange(start, start + block) / rate) * 0.5 * 32767
            frame = av.AudioFrame.from_ndarray(samples.astype(np.int16)[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


LAME_LU = 20 * math.log10(0.95)
"""LAME makes everything fainter by 5 %, so that nothing exceeds full scale (`scale` in its lame.c; ffmpeg's ebur128
says the same of such files)."""


def _tone(start_s: float = 0.0, end_s: float = 2.0, change_lu: float = 0.0, **told: str) -> Rows:
    values = {"start_s": (start_s, 0.06), "end_s": (end_s, 0.12), "loudness_lufs": (TONE_LUFS + change_lu, CODEC_LU)}
    return Rows(values=values, told=told)


SOUND_CODECS = (
    ("aac", "mp4"), ("aac", "mkv"), ("aac", "ts"), ("aac", "flv"), ("libmp3lame", "mp4"), ("libmp3lame", "avi"),
    ("libopus", "webm"), ("libopus", "mp4"), ("libvorbis", "mkv"), ("flac", "mkv"), ("alac", "mov"), ("ac3", "mkv"), ("ac3", "ts"),
    ("eac3", "mkv"), ("mp2", "mpg"), ("mp2", "ts"), ("pcm_s16le", "avi"), ("pcm_s16be", "mov"), ("pcm_u8", "avi"),
    ("pcm_f32le", "mkv"), ("pcm_s24le", "mov"), ("pcm_mulaw", "avi"), ("adpcm_ima_wav", "avi"), ("adpcm_ms", "avi"),
    ("wmav2", "wmv"), ("pcm_alaw", "mov"),
)  # fmt: skip

FILES_OF_SOUND = (
    ("tone.wav", ()), ("tone.mp3", ()), ("tone.flac", ()), ("tone.m4a", ("-c:a", "aac")), ("tone.ogg", ("-c:a", "libvorbis")),
    ("tone.aac", ()), ("tone.wma", ("-c:a", "wmav2")), ("tone.mka", ("-c:a", "libopus")), ("tone.weba", ("-c:a", "libopus", "-f", "webm")),
)  # fmt: skip
"""Sound without a picture in containers that are opened."""


def cases() -> list[Case]:
    """Streams."""
    found = []

    def add(kind: str, name: str, make: Make, run: str, *expect: Rows | Refused) -> None:
        found.append(Case(name, kind, make, run, expect))

    whole = Rows(FRAMES, times())
    for name in ("clip.mp4", "clip.mkv"):
        for first in (True, False):
            add(
                "pictures",
                f"a cover {'before' if first else 'after'} the film, {name[5:]}",
                with_cover(name, first),
                "video",
                whole,
            )
    others = {"other_streams": "."}
    big = {"width": (96, 0), "height": (72, 0)}
    for name in ("clip.mkv", "clip.mp4", "clip.ts"):
        for order, frames, sizes in (
            ("a small moving picture first", (FRAMES, FRAMES), ((32, 24), (96, 72))),
            ("a small moving picture second", (FRAMES, FRAMES), ((96, 72), (32, 24))),
            ("a large still picture first", (1, FRAMES), ((160, 120), (96, 72))),
            ("a still thumbnail first", (1, FRAMES), ((32, 24), (96, 72))),
        ):
            expect = Rows(FRAMES, times(), values=big, told=others)
            add("pictures", f"{order}, {name[5:]}", _two_pictures(name, frames, sizes), "video", expect)
    add("pictures", "three moving pictures, the largest last", _two_pictures("clip.mkv", (24,) * 3, ((32, 24), (48, 36), (96, 72))),
        "video", Rows(FRAMES, times(), values=big, told=others))  # fmt: skip
    sound = _lavfi(TONE)
    add(
        "pictures",
        "the sound first",
        _film("clip.mkv", "-map", "1:a", "-map", "0:v", before=sound, frames=24),
        "video",
        whole,
    )
    add("pictures", "subtitles first", _with_subtitles("clip.mkv", "srt", False), "video", whole)
    add("pictures", "subtitles of a telephone", _with_subtitles("clip.mp4", "mov_text", False), "video", whole)
    add("pictures", "a time code", _film("clip.mov", "-timecode", "01:00:00:00", frames=24), "video", whole)
    add("pictures", "an attached text", _with_attachment, "video", whole)
    none = Refused(("no_video_stream",))
    for name, options in FILES_OF_SOUND:
        add("no picture", f"sound alone, {name[5:]}", sound_file(name, *options), "video", none)
    for name, codec in (("words.mkv", "srt"), ("words.mp4", "mov_text")):
        add("no picture", f"subtitles alone, {name[6:]}", _with_subtitles(name, codec, True), "video", none)
    for name in ("song.mp3", "song.m4a", "song.flac"):
        add("no picture", f"a song with a cover, {name[5:]}", _cover_alone(name), "video", none)

    for codec, suffix in SOUND_CODECS:
        maps = ("-map", "0:v", "-map", "1:a", "-c:a", codec, *(("-c:v", "libvpx") if suffix == "webm" else ()))
        video = ("-c:v", "mpeg2video") if suffix == "mpg" else ()
        make = _film(f"clip.{suffix}", *maps, *video, before=sound, frames=50)
        expect = _tone(change_lu=LAME_LU if codec == "libmp3lame" else 0.0)
        add("sounds", f"a tone as {codec.removeprefix('lib')} in {suffix}", make, "sound", expect)
    for name, options in FILES_OF_SOUND:
        expect = _tone(change_lu=LAME_LU if name.endswith("mp3") else 0.0)
        add("sounds", f"a tone alone, {name[5:]}", sound_file(name, *options), "sound", expect)
    for hz in (8_000, 11_025, 22_050, 44_100, 96_000, 192_000):
        add("sounds", f"a tone at {hz} Hz", _pcm("clip.mkv", 1, "mono", hz), "sound", _tone())
    add("sounds", "stereo sound", _pcm("clip.mkv", 2, "stereo"), "sound", _tone())
    some = Rows(values={"start_s": (0, 0.06), "end_s": (2, 0.12)})
    for name, channels in (("quad", 4), ("5.1", 6), ("7.1", 8)):
        add("sounds", f"{name} sound", _pcm("clip.mkv", channels, name), "sound", some)
    unheard = Refused(("no_audio", "no_decoder", "unreadable"))
    for channels in (3, 7, 9, 12, 16, 24, 64):
        for suffix in ("mkv", "mov"):
            make = _pcm(f"clip.{suffix}", channels)
            add("sounds", f"{channels} channels without names, {suffix}", make, "sound", some, unheard)
    two = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:a", "pcm_s16le")
    silence = _lavfi(SILENCE)
    for suffix in ("mkv", "mov"):
        add("sounds", f"the first of two sounds silent, {suffix}", _film(f"clip.{suffix}", *two, before=silence + sound, frames=50),
            "sound", _tone(other_streams=".|sound", ))  # fmt: skip
        add("sounds", f"the second of two sounds silent, {suffix}", _film(f"clip.{suffix}", *two, before=sound + silence, frames=50),
            "sound", _tone())  # fmt: skip
    add("sounds", "no sound", _film("clip.mp4"), "sound", Refused(("no_audio",)))
    add(
        "sounds",
        "silence",
        _film("clip.mkv", "-map", "0:v", "-map", "1:a", before=silence),
        "sound",
        Refused(("silent",)),
    )
    add("sounds", "two silences", _film("clip.mkv", *two, before=silence + silence), "sound", Refused(("silent",)))
    late = ("-map", "0:v", "-map", "1:a", "-c:a", "pcm_s16le")
    for suffix in ("mkv", "mov"):
        for offset_s in (0.5, 1.25):
            make = _film(f"clip.{suffix}", *late, before=("-itsoffset", offset_s, *sound), frames=50)
            add(
                "sounds",
                f"a sound that begins at {offset_s} s, {suffix}",
                make,
                "sound",
                _tone(start_s=offset_s, end_s=2 + offset_s),
            )
    add(
        "sounds",
        "a hole in the sound",
        _hole,
        "sound",
        Rows(
            values={
                "start_s": (0, 0.06),
                "end_s": (2, 0.12),
                "loudness_lufs": (TONE_LUFS + _with_a_hole_lu(2, 0.75, 1.25), 0.1),
            }
        ),
    )
    add(
        "sounds",
        "a short sound",
        _film("clip.mkv", *late, before=_lavfi(TONE, 0.2), frames=50),
        "sound",
        _tone(end_s=0.2),
    )
    add("sounds", "a sound of 20 ms", _film("clip.mkv", *late, before=_lavfi(TONE, 0.02), frames=50), "sound",
        Rows(), Refused(("silent", "no_audio")))  # fmt: skip
    full = _lavfi("aevalsrc=4*sin(2*PI*440*t):s=48000:d=2")
    add(
        "sounds",
        "a sound far beyond full scale",
        _film("clip.mkv", *late[:-1], "pcm_f32le", before=full, frames=50),
        "sound",
        some,
    )
    for name, formula in (("not a number", "0/0"), ("infinite", "1/0")):
        make = _film("clip.mkv", *late[:-1], "pcm_f32le", before=_lavfi(f"aevalsrc={formula}:s=48000:d=2"), frames=50)
        add("sounds", f"samples that are {name}", make, "sound", Refused(("silent", "unreadable", "no_audio")))
    return found
