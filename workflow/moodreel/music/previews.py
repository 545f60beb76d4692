"""Chooses the pairs that are shown as preview clips, and makes these with ffmpeg."""

import subprocess
import wave
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ffmpeg
import imageio_ffmpeg
import numpy as np
import polars as pl

from moodreel.music.audio import open_sound
from moodreel.music.clock import Clock, clock
from moodreel.settings.pairing import PairingSettings
from moodreel.storage.atomic import replacement
from moodreel.tables import base
from moodreel.tables.music import SOUNDTRACK
from moodreel.video import sounds
from moodreel.video.errors import VideoError
from moodreel.video.good_clip import write_good_clip

TIMEOUT_S = 300

ODD = ("corrupt_packets", "mended_times", "missing_times", "cancelled_s", "sound_shift_s")
MOST_CHANNELS = 8
"""A sound with one of these facts, or more channels than ffmpeg knows how to play in stereo, is decoded here and not by
ffmpeg: it would look for the passage elsewhere, or give up. That takes longer, as it is decoded from its beginning."""

FADE_S = 0.4
RATE_HZ = 25
AUDIO_RATE_HZ = 44100
COMMENT = "synthetic: picture of one video, sound of another, put together by moodreel"


def choose(pairs: pl.DataFrame, clusters: pl.DataFrame, count: int) -> pl.DataFrame:
    """`pairs` (PAIRS) with file names in `preview` for at most `count` rank-1 pairs, each of another clip.

    They are taken from the clusters in turn, in each the window nearest its centre (CLUSTERS `distance`)
    whose clip has not been taken.
    """
    best = pairs.filter(pl.col("rank") == 1).select("video", "start_s")
    waiting = best.join(clusters, on=["video", "start_s"]).sort("cluster", "distance", "video", "start_s")
    queues = [list(part.iter_rows(named=True)) for part in waiting.partition_by("cluster", maintain_order=True)]
    taken: dict[str, float] = {}
    while any(queues) and len(taken) < count:
        for queue in queues:
            while queue and queue[0]["video"] in taken:
                queue.pop(0)
            if queue and len(taken) < count:
                window = queue.pop(0)
                taken[window["video"]] = window["start_s"]
    names = [
        file_name(video, start_s) if rank == 1 and taken.get(video) == start_s else None
        for video, start_s, rank in pairs.select("video", "start_s", "rank").iter_rows()
    ]
    return pairs.with_columns(pl.Series("preview", names, pl.String))


def file_name(video: str, start_s: float) -> str:
    """`<video>_<milliseconds>.mp4`. Raises ValueError where that would lie in another folder."""
    name = f"{video}_{round(start_s * 1000):07d}.mp4"
    if Path(name).name != name:
        raise ValueError(f"{video!r} is not a video id")
    return name


@dataclass(frozen=True)
class Cut:
    """The parts of a clip and of a track that form a preview, in s since each file's first picture."""

    clip_start_s: float
    length_s: float
    track_start_s: float
    sound_length_s: float
    delay_s: float


def cut(
    *,
    window_start_s: float,
    clip_span_s: tuple[float, float],
    passage_start_s: float,
    track_span_s: tuple[float, float],
    longest_s: float,
) -> Cut:
    """The part of a clip from a window on, or all of a short one, so that the passage begins with the window.

    Spans are the used part of the clip and the part of the track with sound. Where the clip begins before the
    window, the track begins as much before the passage, or starts later if it is too short for that.
    """
    begin_s, end_s = clip_span_s
    start_s = max(begin_s, min(window_start_s, end_s - longest_s))
    length_s = min(longest_s, end_s - start_s)
    sound_s = passage_start_s - (window_start_s - start_s)
    delay_s = max(0.0, track_span_s[0] - sound_s)
    sound_s += delay_s
    return Cut(start_s, length_s, sound_s, min(length_s - delay_s, track_span_s[1] - sound_s), delay_s)


def command(
    clip: str | Path,
    track: str | Path,
    out: str | Path,
    part: Cut,
    *,
    clocks: tuple[Clock, Clock],
    height: int,
    streams: tuple[str, str] = ("v:0", "a:0"),
) -> Any:
    """The ffmpeg command (ffmpeg-python) for a preview: the clip's picture with the track's sound, both faded out.

    The sound fades in as well, the picture does not: its first frame is what a page shows before playback.

    `clocks`: of the clip and of the track; `streams`: the picture in the clip and the sound in the track, as ffmpeg's
    stream specifiers. H.264 (yuv420p) and AAC in an MP4 that browsers play while it
    loads. Paths are given as `file:` addresses and no other protocol is allowed, so that no name is taken for
    anything else.
    """
    picture = (
        ffmpeg.input(
            _address(clip), ss=clocks[0].seek_s(part.clip_start_s), t=part.length_s, protocol_whitelist="file"
        )[streams[0]]
        .filter("scale", f"2*trunc(dar*{height}/2)", height)
        .filter("setsar", 1)
        .filter("fps", RATE_HZ)
        .filter("fade", type="out", start_time=max(part.length_s - FADE_S, 0), duration=FADE_S)
        .filter("format", "yuv420p")
    )
    sound = (
        ffmpeg.input(
            _address(track),
            ss=clocks[1].seek_s(part.track_start_s),
            t=part.sound_length_s,
            protocol_whitelist="file",
        )[streams[1]]
        .filter("aresample", AUDIO_RATE_HZ, **{"async": 1, "first_pts": 0})
        .filter("aformat", channel_layouts="stereo")
        .filter("afade", type="in", start_time=0, duration=FADE_S)
        .filter("afade", type="out", start_time=max(part.sound_length_s - FADE_S, 0), duration=FADE_S)
        .filter("adelay", delays=round(part.delay_s * 1000), all=1)
        .filter("apad", whole_dur=part.length_s)
    )
    return ffmpeg.output(
        picture, sound, _address(out), t=part.length_s, format="mp4", movflags="+faststart", threads=1,
        vcodec="libx264", crf=26, preset="veryfast", acodec="aac", audio_bitrate="96k", map_metadata=-1,
        **{"metadata:g:0": f"comment={COMMENT}"},
    ).global_args("-hide_banner", "-nostdin", "-loglevel", "error", "-y")  # fmt: skip


def render(
    videos: dict[str, dict[str, Any]],
    soundtracks: str,
    folder: Path,
    settings: PairingSettings,
    pair: dict[str, Any],
) -> str | None:
    """Render one pair into `folder`; returns what went wrong, so that one video that is damaged, or gone since its
    tables were made, does not stop the others.

    videos: rows of VIDEOS by id.
    soundtracks: path of a video's SOUNDTRACK, with `{video}` for its id.
    pair: row of PAIRS.

    Raises CalledProcessError where ffmpeg was killed: that is not the video's fault, and the preview would be missing
    for good.
    """
    clip, track = videos[pair["video"]], videos[pair["track"]]
    described = Path(soundtracks.format(video=track["video"]))
    sound, facts = base.read(described, SOUNDTRACK).row(0, named=True), base.read_stamp(described)
    name = file_name(pair["video"], pair["start_s"])
    for path in (clip["path"], track["path"]):
        if not Path(path).exists():
            return f"{name}: {path}: there is no such file"
    try:
        clocks = clock(clip["path"]), clock(track["path"])
        if clocks[0].picture_stream is None:
            raise VideoError("no_frames", clip["path"])
        part = cut(
            window_start_s=pair["start_s"],
            clip_span_s=_within(clip, 0.0, clocks[0].end_s),
            passage_start_s=pair["track_start_s"],
            track_span_s=_within(track, sound["start_s"], sound["end_s"]),
            longest_s=settings.preview_s,
        )
        with replacement(folder / name) as temporary, TemporaryDirectory() as aside:
            source, streams = track["path"], (str(clocks[0].picture_stream), f"a:{sounds.choose(track['path']).number}")
            if any(facts.get(fact) for fact in ODD) or facts.get("channels", 1) > MOST_CHANNELS:
                source, streams = Path(aside, "sound.wav"), (streams[0], "a:0")
                _write_passage(source, track["path"], part.track_start_s, part.sound_length_s)
                clocks, part = (clocks[0], Clock(None, 0.0, part.sound_length_s)), replace(part, track_start_s=0.0)
            made = command(
                clip["path"],
                source,
                temporary,
                part,
                clocks=clocks,
                height=settings.preview_height,
                streams=streams,
            )
            _run(made)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        if isinstance(error, subprocess.CalledProcessError) and error.returncode < 0:
            raise
        return f"{name}: {_last_line(error.stderr) or error}"
    except VideoError as error:
        return f"{name}: {error}"
    return None


def render_good_clip(settings: PairingSettings) -> None:
    """Render a known good clip with its own sound and throw it away. Raises CalledProcessError where this machine's
    ffmpeg cannot do that: then it is at fault, and no video is."""
    with TemporaryDirectory() as folder:
        clip = Path(folder, "good.mkv")
        write_good_clip(clip)
        at = clock(clip)
        whole = (0.0, at.end_s)
        part = cut(
            window_start_s=0.0, clip_span_s=whole, passage_start_s=0.0, track_span_s=whole, longest_s=settings.preview_s
        )
        streams = (str(at.picture_stream), "a:0")
        out, height = Path(folder, "out.mp4"), settings.preview_height
        _run(command(clip, clip, out, part, clocks=(at, at), height=height, streams=streams))


def _run(made: Any) -> None:
    """Run an ffmpeg command; ffmpeg-python does not declare its type."""
    arguments = made.compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
    subprocess.run(arguments, check=True, capture_output=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)


def _write_passage(out: Path, track: str | Path, start_s: float, length_s: float) -> None:
    """Write a part of a track's sound as a WAV file, the mean of its channels, as the soundtrack's table describes it.
    Raises VideoError where there is no sound."""
    with open_sound(track, AUDIO_RATE_HZ) as sound, wave.open(str(out), "wb") as file:
        if sound is None:
            raise VideoError("unreadable", track, "it has no sound")
        file.setparams((1, 2, AUDIO_RATE_HZ, 0, "NONE", ""))
        skipped = round((start_s - sound.start_s) * AUDIO_RATE_HZ)
        wanted = round(length_s * AUDIO_RATE_HZ)
        for block in sound.blocks:
            samples = block[max(skipped, 0) :][:wanted]
            skipped, wanted = skipped - len(block), wanted - len(samples)
            file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
            if not wanted:
                return


def _last_line(text: bytes | None) -> str:
    lines = (text or b"").decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _within(video: dict[str, Any], start_s: float, end_s: float) -> tuple[float, float]:
    """The part of a segment that the table of videos allows."""
    return max(start_s, video["start_s"] or 0.0), min(end_s, video["end_s"] or end_s)


def _address(path: str | Path) -> str:
    return f"file:{Path(path).absolute()}"
