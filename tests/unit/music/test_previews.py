import subprocess
from dataclasses import astuple

import av
import imageio_ffmpeg
import numpy as np
import polars as pl
import pytest

from moodreel.music import previews
from moodreel.music.clock import clock
from moodreel.music.soundtrack import read
from moodreel.settings.music import MusicSettings
from moodreel.settings.pairing import PairingSettings
from moodreel.tables import base
from moodreel.tables.base import polars_schema
from moodreel.tables.music import PAIRS, SOUNDTRACK


def _chosen(clusters, count):
    pair = {"track": "t", "track_start_s": 0.0, "score": 0.5, "reason": ""}
    windows = clusters.select("video", "start_s").rows(named=True)
    rows = [window | pair | {"rank": rank} for window in windows for rank in (1, 2)]
    named = previews.choose(pl.from_dicts(rows, schema=polars_schema(PAIRS)), clusters, count).drop_nulls("preview")
    assert set(named["rank"]) <= {1} and set(named["start_s"]) <= {0.0}
    return "".join(named["video"])


def test_one_per_cluster_the_nearest_to_its_centre_and_each_clip_once(make_clusters):
    """A window's distance is its place in the list."""
    clusters = make_clusters([("a", 0, 1), ("b", 0, 2), ("b", 1, 1), ("c", 0, 1), ("c", 3, 2), ("d", 0, 3)])
    assert [_chosen(clusters, count) for count in (7, 3, 0)] == ["abcd", "abd", ""]
    assert _chosen(make_clusters([("a", 0, 1), ("a", 1, 2), ("b", 0, 2), ("a", 2, 3)]), 7) == "ab"


def test_file_names():
    assert previews.file_name("-x", 12.5) == "-x_0012500.mp4"
    with pytest.raises(ValueError, match="not a video id"):
        previews.file_name("../x", 0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((10.0, (0.0, 60.0), 30.0, (0.0, 90.0)), (10.0, 6.0, 30.0, 6.0, 0.0)),
        ((2.0, (0.0, 5.0), 3.0, (0.0, 5.0)), (0.0, 5.0, 1.0, 4.0, 0.0)),
        ((2.0, (0.0, 5.0), 0.0, (0.0, 5.0)), (0.0, 5.0, 0.0, 3.0, 2.0)),
        ((58.0, (50.0, 60.0), 30.0, (0.0, 90.0)), (54.0, 6.0, 26.0, 6.0, 0.0)),
        ((1.0, (0.5, 9.0), 2.5, (2.43, 4.0)), (1.0, 6.0, 2.5, 1.5, 0.0)),
    ],
)
def test_the_passage_begins_with_the_window(given, expected):
    names = ("window_start_s", "clip_span_s", "passage_start_s", "track_span_s")
    part = previews.cut(**dict(zip(names, given, strict=True)), longest_s=6.0)
    assert astuple(part) == pytest.approx(expected)


def _render(clip, track, out, part, height=320):
    made = previews.command(clip, track, out, part, clocks=(clock(clip), clock(track)), height=height)
    subprocess.run(made.compile(cmd=imageio_ffmpeg.get_ffmpeg_exe()), check=True, timeout=60)
    return out


def _decoded(path):
    with av.open(str(path)) as container:
        brightness = np.array([f.to_ndarray(format="gray").mean() for f in container.decode(video=0)])
    with av.open(str(path)) as container:
        sound = np.concatenate([f.to_ndarray().mean(axis=0) for f in container.decode(audio=0)])
    return brightness, sound


def test_a_preview_has_the_clip_s_picture_and_the_track_s_sound(media, tones, tmp_path):
    """The clip's picture grows lighter by 1 a frame; its own sound is an a, the track's a c and then a g."""
    clip = media("clip.mp4", tones([69], 8, 44100), duration_s=8, size=(160, 120))
    track = media("track.mp4", np.concatenate([tones([60], 4, 44100), tones([67], 4, 44100)]), duration_s=8)
    out = _render(clip, track, tmp_path / "out.mp4", previews.Cut(2.0, 4.0, 2.0, 4.0, 0.0))
    with av.open(str(out)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        codecs = (video.codec_context.name, video.codec_context.pix_fmt, audio.codec_context.name)
        assert codecs == ("h264", "yuv420p", "aac")
        assert (video.codec_context.height, video.codec_context.width) == (320, 426)
        assert "synthetic" in container.metadata["comment"]
    brightness, sound = _decoded(out)
    assert len(brightness) == 100
    assert brightness[50] == pytest.approx(40 + 100, abs=3)
    assert brightness[0] == pytest.approx(40 + 50, abs=3), "the first frame is what a page shows"
    assert brightness[-1] < 25
    assert len(sound) / 44100 == pytest.approx(4, abs=0.05)
    for start_s, midi in ((0.6, 60), (2.6, 67)):
        part = sound[round(start_s * 44100) :][:22050]
        assert np.abs(np.fft.rfft(part)).argmax() * 2 == pytest.approx(440 * 2 ** ((midi - 69) / 12), abs=3)
    assert np.abs(sound[:400]).max() < 0.1 * np.abs(sound).max()
    assert out.read_bytes().index(b"moov") < out.read_bytes().index(b"mdat"), "browsers can begin to play it"


def test_sound_that_sets_in_later_and_ends_earlier(media, tones, tmp_path):
    clip = media("clip.mp4", None, duration_s=4)
    track = media("track.mkv", tones([60], 2, 44100), duration_s=3, picture_delay_s=0.4)
    out = _render(clip, track, tmp_path / "out.mp4", previews.Cut(0.0, 4.0, 0.0, 1.6, 1.0))
    brightness, sound = _decoded(out)
    assert len(brightness) == 100
    level = np.abs(sound[: len(sound) // 4410 * 4410]).reshape(-1, 4410).max(axis=1)
    assert level[:9].max() < 0.01 and level[15:20].min() > 0.2 and level[28:40].max() < 0.01


def test_names_that_look_like_options_or_addresses(media, tones, tmp_path, monkeypatch):
    clip = media("-i.mp4", None, duration_s=2)
    track = media("http:a.mp4", tones([60], 2, 44100), duration_s=2)
    monkeypatch.chdir(tmp_path)
    out = _render(clip.name, track.name, "-y.mp4", previews.Cut(0.0, 2.0, 0.0, 2.0, 0.0))
    assert (tmp_path / out).stat().st_size > 1000


@pytest.mark.parametrize("odd", [{}, {"corrupt_packets": 1}, {"mended_times": 2}, {"channels": 9}])
def test_the_passage_is_the_same_where_ffmpeg_is_not_trusted_with_the_sound(media, tones, tmp_path, odd):
    """The track begins 0.5 s late; a c, then from 2.5 s on a g, and the passage begins with the g."""
    sound = np.concatenate([tones([60], 2, 44100), tones([67], 3, 44100)])
    track = media("track.mkv", sound, duration_s=6, sound_delay_s=0.5, codec="pcm_s16le")
    clip = media("clip.mp4", None, duration_s=3)
    table, facts = read(track, MusicSettings())
    base.write(tmp_path / "t.parquet", SOUNDTRACK, table, facts | odd)
    videos = {name: {"video": name, "path": str(path), "start_s": None, "end_s": None} for name, path in
              (("c", clip), ("t", track))}  # fmt: skip
    pair = {"video": "c", "start_s": 0.0, "track": "t", "track_start_s": 2.5}
    folder = tmp_path / "pairs"
    folder.mkdir()
    settings = PairingSettings(preview_s=2.0)
    assert previews.render(videos, str(tmp_path / "{video}.parquet"), folder, settings, pair) is None
    _, heard = _decoded(folder / previews.file_name("c", 0.0))
    part = heard[round(0.6 * 44100) :][:22050]
    assert np.abs(np.fft.rfft(part)).argmax() * 2 == pytest.approx(440 * 2 ** ((67 - 69) / 12), abs=3)
    start = heard[round(0.05 * 44100) :][:8820]
    assert np.abs(np.fft.rfft(start)).argmax() * 5 == pytest.approx(440 * 2 ** ((67 - 69) / 12), abs=6)


@pytest.mark.parametrize("gone", ["c", "t"])
def test_a_file_that_is_gone_since_its_tables_were_made_does_not_stop_the_others(media, tones, tmp_path, gone):
    track = media("track.mkv", tones([60], 2, 44100), duration_s=2)
    base.write(tmp_path / "t.parquet", SOUNDTRACK, *read(track, MusicSettings()))
    paths = {"c": media("clip.mp4", None, duration_s=2), "t": track}
    paths[gone].unlink()
    videos = {n: {"video": n, "path": str(path), "start_s": None, "end_s": None} for n, path in paths.items()}
    pair = {"video": "c", "start_s": 0.0, "track": "t", "track_start_s": 0.0}
    told = previews.render(videos, str(tmp_path / "{video}.parquet"), tmp_path / "pairs", PairingSettings(), pair)
    assert told == f"c_0000000.mp4: {paths[gone]}: there is no such file"


def test_where_no_preview_can_be_rendered_a_good_clip_tells_whether_this_machine_is_at_fault(monkeypatch):
    previews.render_good_clip(PairingSettings())
    monkeypatch.setattr(previews.imageio_ffmpeg, "get_ffmpeg_exe", lambda: "false")
    with pytest.raises(subprocess.CalledProcessError):
        previews.render_good_clip(PairingSettings())
