"""The steps soundtrack, pair and preview, from media files to preview clips."""

import json
import subprocess
import sys

import av
import numpy as np
import polars as pl
import pytest

from moodreel.demo.soundtrack import synthesise
from moodreel.music import previews
from moodreel.music.soundtrack import read
from moodreel.settings.music import MusicSettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.classify import FOLDS
from moodreel.tables.clusters import CLUSTERS, EMBEDDING
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.music import PAIRS, SOUNDTRACK, UNPAIRED
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import program
from moodreel.workflow.step import load

VIDEOS_OF_THE_RUN = {
    "p-joy-1": "joyful", "p-joy-2": "joyful", "q-joy-1": "joyful", "p-sad-1": "sad", "p-sad-2": "sad", "mute": None,
}  # fmt: skip
BINS_HZ, GRID_HZ = 5.0, 25.0


@pytest.fixture
def step(capsys):
    """Runs a step in this process with the given command line and returns what it printed and complained."""

    def run_step(name, *arguments):
        load(name)(map(str, arguments))
        return capsys.readouterr()

    return run_step


@pytest.fixture(scope="module")
def run(tmp_path_factory, write_media):
    """The folder of a run of six clips of 5 s, with everything that the pair step reads."""
    folder = tmp_path_factory.mktemp("run")
    random = np.random.default_rng(0)
    videos, features, bins, windows = [], [], [], []
    for video, mood in VIDEOS_OF_THE_RUN.items():
        music = None if mood is None else synthesise(mood, seed=int(video[-1]), duration_s=5)
        path = write_media(folder / f"{video}.mp4", music)
        table, facts = read(path, MusicSettings())
        base.write(folder / "videos" / f"{video}.parquet", SOUNDTRACK, table, facts)
        who = {"video": video, "performer": video[0]}
        paths = {"source": path.name, "path": str(path), "folder": str(folder / video), "face_folder": "-"}
        videos.append(who | paths | {"kind": "file", "pose_backend": "blazepose", "face_backend": "facemesh"})
        smiles = mood == "joyful" or video == "mute"
        units = {"AU12_r": 3.0 * smiles, "AU15_r": 3.0 * (not smiles), "AU26_r": 3.0 * smiles}
        times_s = np.arange(0, 5, 1 / GRID_HZ).tolist()
        features += [{"video": video, "time_s": time_s, "valid": True, **units} for time_s in times_s]
        places = random.normal(5 * smiles, 0.1, (25, 2)).tolist()
        bins += [{"video": video, "time_s": n / BINS_HZ, "e0": x, "e1": y} for n, (x, y) in enumerate(places)]
        known = who | {"rows": 50, "valid_share": 1.0, "reason": None, "distance": 1.0, "cluster": 1 if smiles else 2}
        known |= {"protocol": "grouped", "group": "video", "fold": int(video == "p-joy-2")}
        for window in range(4):
            span = {"window": window, "start_s": float(window), "end_s": window + 2.0}
            windows.append(known | span | {"first_row": len(videos) * 125 - 125 + window * 25})
    stamp = make_stamp(code="", settings={}, grid_hz=GRID_HZ, rate_hz=BINS_HZ)
    base.write_tsv(folder / "videos.tsv", VIDEOS, pl.DataFrame(videos, schema=base.polars_schema(VIDEOS)))
    base.write(folder / "features.parquet", FEATURES, pl.DataFrame(features), {})
    base.write(folder / "embedding.parquet", EMBEDDING, pl.DataFrame(bins).with_columns(map_x=None, map_y=None), stamp)
    for spec in (WINDOWS, CLUSTERS, FOLDS):
        base.write(folder / f"{spec.name}.parquet", spec, pl.DataFrame(windows, base.polars_schema(spec)), {})
    return folder


@pytest.fixture
def pair(run, step):
    """Runs the pair step on the run with the given settings of its section; returns the pairs and what it printed."""

    def run_pair(settings, out="pairs.tsv", *more, videos=run / "videos.tsv"):
        names = ("clusters", "embedding", "windows", "features", "folds")
        tables = [part for name in names for part in (f"--{name}", run / f"{name}.parquet")]
        given = ("--videos", videos, "--soundtracks", run / "videos" / "{video}.parquet")
        made = ("--pairs-out", run / out, "--unpaired-out", run / "unpaired.tsv")
        printed = step("pair", *given, *made, *tables, *more, "--settings", json.dumps({"pairing": settings}))
        return base.read_tsv(run / out, PAIRS), printed.out

    return run_pair


@pytest.fixture
def preview(run, pair, step):
    """Runs the preview step on two pairs by mood; returns the pairs that are shown, and what runs the step."""
    pairs, _ = pair({"method": "mood", "previews": 2}, "shown.tsv")
    given = ("--pairs", run / "shown.tsv", "--soundtracks", run / "videos" / "{video}.parquet")

    def run_preview(out, *more, videos=run / "videos.tsv"):
        return step("preview", *given, "--videos", videos, "--out", out, *more)

    return pairs.drop_nulls("preview"), run_preview


def test_cluster_method(pair):
    """Fold 0 holds every clip but p-joy-2: so the others get p-joy-2 if they smile, and nothing if they do not."""
    pairs, printed = pair({"method": "cluster", "ranks": 2})
    given = dict(pairs.group_by("video").agg(pl.col("track").unique()).iter_rows())
    assert set(given.pop("p-joy-2")) <= {"p-joy-1", "q-joy-1"}
    assert given == {video: ["p-joy-2"] for video in ("mute", "p-joy-1", "q-joy-1")}
    assert pairs["rank"].to_list() == [1] * 16
    assert "16 of 24 windows paired" in printed
    assert "8 windows have no music; 1 of 6 videos have no sound" in printed


def test_windows_without_music_are_listed_with_the_reason(run, pair, monkeypatch, tmp_path):
    """Those of both sad clips: they are tested in the same fold."""
    with (tmp_path / "screen").open("wb") as screen:
        monkeypatch.setenv(program.SCREEN, str(screen.fileno()))
        pairs, printed = pair({"method": "cluster"}, "pairs.tsv")
    without = base.read_tsv(run / "unpaired.tsv", UNPAIRED)
    every = base.read(run / "clusters.parquet", CLUSTERS).select("video", "start_s")
    paired = pairs.filter(rank=1).select("video", "start_s")
    assert sorted(pl.concat([paired, without.select("video", "start_s")]).rows()) == sorted(every.rows())
    assert set(without.select("video", "reason").iter_rows()) == {("p-sad-1", "same_fold"), ("p-sad-2", "same_fold")}
    assert "8: the other videos that show their cluster are tested in the same fold" in printed
    shown = (tmp_path / "screen").read_text()
    assert "8 of 24 windows have no music" in shown and "unpaired.tsv" in shown and "the same fold" in shown


def test_mood_method(pair):
    pairs, _ = pair({"method": "mood"}, "mood.tsv")
    best = pairs.filter(rank=1).select("video", "track").rows()
    assert len(best) == 24
    for video, track in best:
        assert ("joy" in track) == (video == "mute" or "joy" in video), (video, track)
        assert track != video
    duplicates = {("p-joy-1", "q-joy-1"), ("q-joy-1", "p-joy-1")}
    assert duplicates.isdisjoint(pairs.select("video", "track").rows())
    assert set(pairs.filter(video="mute")["rank"]) == {1, 2, 3}


def test_moods_by_emotion_scores_turn_round_what_the_action_units_say(run, pair):
    """The faces' scores are the opposite of their action units, so the smiling ones get sad music."""
    number, boxes = np.arange(125), dict.fromkeys(("x", "y", "width", "height"), 1)
    frames = {"frame": number, "time_s": number / 25, "status": "ok", "detector": "mesh", "faces": 1}
    for video, mood in VIDEOS_OF_THE_RUN.items():
        scores = dict.fromkeys(EMOTIONS, 0.0) | {"happy" if mood == "sad" else "sad": 1.0}
        table = pl.DataFrame(frames | boxes | scores, schema=base.polars_schema(EMOTION_SCORES))
        base.write(run / video / "emotions-mesh-0" / "emotions.parquet", EMOTION_SCORES, table, {})
    settings = {"method": "mood", "mood_of": "emotions"}
    pairs, _ = pair(settings, "scored.tsv", "--emotions", "emotions-mesh-0")
    best = pairs.filter(rank=1).select("video", "track").rows()
    assert len(best) == 24
    for video, track in best:
        assert ("joy" in track) == ("sad" in video), (video, track)


def test_the_same_input_gives_the_same_pairs(run, pair):
    pair({}, "first.tsv")
    pair({}, "second.tsv")
    assert (run / "first.tsv").read_bytes() == (run / "second.tsv").read_bytes()


def test_previews(preview, tmp_path):
    shown, run_preview = preview
    names = shown["preview"].to_list()
    assert len(names) == 2
    (tmp_path / "pairs").mkdir()
    (tmp_path / "pairs" / "stale_0000000.mp4").write_bytes(b"")
    run_preview(tmp_path / "pairs", "--threads", 2)
    assert sorted(p.name for p in (tmp_path / "pairs").iterdir()) == sorted(names)
    for name in names:
        with av.open(str(tmp_path / "pairs" / name)) as container:
            assert sum(1 for _ in container.decode(video=0)) == pytest.approx(125, abs=1)
        with av.open(str(tmp_path / "pairs" / name)) as container:
            assert max(np.abs(f.to_ndarray()).max() for f in container.decode(audio=0)) > 0.01


def test_a_preview_that_cannot_be_made_is_named(run, preview, tmp_path):
    """The track's file is gone bad since it was described; the other preview is made all the same."""
    shown, run_preview = preview
    videos = base.read_tsv(run / "videos.tsv", VIDEOS)
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    bad = shown["video"][0]
    path = pl.when(video=bad).then(pl.lit(str(tmp_path / "bad.mp4"))).otherwise("path").alias("path")
    base.write_tsv(tmp_path / "videos.tsv", VIDEOS, videos.with_columns(path))
    printed = run_preview(tmp_path / "pairs", videos=tmp_path / "videos.tsv")
    assert f"moodreel: {shown['preview'][0]}" in printed.err and "1 of 2 preview clips rendered" in printed.out
    assert [p.name for p in (tmp_path / "pairs").iterdir()] == [shown["preview"][1]]


def test_a_clip_without_a_video_has_music_but_no_sound_and_no_preview(run, pair, tmp_path):
    videos = base.read_tsv(run / "videos.tsv", VIDEOS)
    gone = {"p-joy-1", "p-joy-2"}
    kept = pl.when(~pl.col("video").is_in(gone)).then("path").alias("path")
    base.write_tsv(tmp_path / "videos.tsv", VIDEOS, videos.with_columns(kept))
    pairs, _ = pair({"method": "mood", "previews": 9}, "gone.tsv", videos=tmp_path / "videos.tsv")
    assert gone <= set(pairs["video"]) and gone.isdisjoint(pairs["track"])
    shown = set(pairs.drop_nulls("preview")["video"])
    assert shown and gone.isdisjoint(shown)


def test_soundtrack_step(run, step, tmp_path):
    out = tmp_path / "soundtrack.parquet"
    settings = json.dumps({"music": {"stride_s": 2.0}})
    step("soundtrack", "--video", run / "p-joy-1.mp4", "--out", out, "--code", "abc", "--settings", settings)
    table, made = base.read(out, SOUNDTRACK), base.read_stamp(out)
    assert table["scope"].to_list() == ["track", "passage", "passage"]
    assert (made["reason"], made["code"]) == (None, "abc")
    assert made["picture_start_s"] == pytest.approx(made["sound_start_s"], abs=0.03)
    assert len(made["inputs"][str(run / "p-joy-1.mp4")]) == 64


def test_videos_without_sound(run, tmp_path, write_media):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    silent = write_media(tmp_path / "silent.mov", np.zeros(88200, np.float32), duration_s=2, codec="pcm_s16le")
    for path, reason in ((run / "mute.mp4", "no_audio"), (tmp_path / "bad.mp4", "unreadable"), (silent, "silent")):
        table, facts = read(path, MusicSettings())
        assert (len(table), facts["reason"]) == (0, reason)


def test_a_missing_file_is_the_user_s_mistake(tmp_path):
    command = [sys.executable, "-m", "moodreel.steps.soundtrack", "--video", str(tmp_path / "none.mp4")]
    done = subprocess.run([*command, "--out", str(tmp_path / "out.parquet")], capture_output=True, text=True)
    assert done.returncode == 1 and "there is no such file" in done.stderr and "Traceback" not in done.stderr


def test_a_killed_encoder_is_no_damaged_video(preview, tmp_path, monkeypatch):
    """A step that went on without the preview would leave it out for good."""
    _, run_preview = preview
    calls = iter([-9, 0])

    def encoder(arguments, **options):
        status = next(calls)
        if status:
            raise subprocess.CalledProcessError(status, arguments, stderr=b"")

    monkeypatch.setattr(previews.subprocess, "run", encoder)
    with pytest.raises(subprocess.CalledProcessError):
        run_preview(tmp_path / "pairs", "--threads", 1)
