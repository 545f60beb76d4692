"""The step `windows` on tables of two videos: feature sets, windows per video, filters of rows."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moodreel.face import trust
from moodreel.face.trust import Verdict
from moodreel.features import matrix
from moodreel.features.bins import bin_index
from moodreel.features.groups import GROUPS
from moodreel.steps import windows
from moodreel.tables import base
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.openface import COLUMNS, OPENFACE
from moodreel.tables.videos import VIDEOS
from unit.steps.calls import call, table_of

FRAMES = {"one": 125, "two": 60}


def tables(folder: Path, frames: int, absent: tuple[str, ...] | None = None, *, brows: bool = False) -> None:
    """A person whose AU12 rises and whose right knee is not seen; with OpenFace's file where `absent` is given, and with
    AU4 where the `brows` are read."""
    random, times = np.random.default_rng(frames), np.arange(frames) / 25
    own = {"frame": np.arange(frames), "time_s": times, "status": ["ok"] * frames, "confidence": [0.9] * frames}
    places = {f"{p}_{axis}": 200.0 + 9 * i + random.random(frames) for i, p in enumerate(BODY_25) for axis in "xy"}
    places |= {f"right_knee_{axis}": [None] * frames for axis in "xy"}
    sure = {f"{p}_confidence": [0.8] * frames for p in BODY_25}
    pose = table_of(POSE, {**own, "cut": False, **places, **sure})
    brows = {f"AU04_{kind}": times for kind in ("r", "raw", "c", "left", "right")} if brows else {}
    face = table_of(FACE, {**own, "AU12_r": times, "AU12_c": 1, "yaw_deg": random.random(frames), **brows})
    face = face.with_columns(confidence=pl.when(pl.col("frame") < 25).then(0.5).otherwise(0.9))
    stamp = {"height": 480, "inputs": {}}
    base.write(folder / "pose.parquet", POSE, pose, stamp)
    base.write(folder / "face.parquet", FACE, face, stamp)
    if absent is not None:
        raw = {f"openface_{c}": random.random(frames) if c not in absent else [None] * frames for c in COLUMNS}
        table = pl.DataFrame({"frame": own["frame"], "time_s": times, **raw})
        base.write(folder / "openface.parquet", OPENFACE, table, {"absent": list(absent)})


@pytest.fixture
def cut(tmp_path, capsys):
    """Runs the step with these settings on the videos whose tables lie in `tmp_path`: features, windows, what was printed."""

    def done(backends=("facemesh", "facemesh"), **settings) -> tuple[pl.DataFrame, pl.DataFrame, str]:
        ids, folders = [*FRAMES], [str(tmp_path / name) for name in FRAMES]
        places = {"folder": folders, "face_folder": folders}
        videos = table_of(VIDEOS, {"video": ids, "performer": ids, "face_backend": backends, **places})
        base.write_tsv(tmp_path / "videos.tsv", VIDEOS, videos)
        screening = table_of(SCREENING, {"video": ids, "kept": True, "frames": [*FRAMES.values()]})
        base.write_tsv(tmp_path / "screening.tsv", SCREENING, screening)
        given = {name: tmp_path / f"{name}.tsv" for name in ("videos", "screening")}
        features, found = (tmp_path / f"{name}.parquet" for name in ("features", "windows"))
        call(windows, settings=settings, **given, features_out=features, windows_out=found)
        return base.read(features, FEATURES), base.read(found, WINDOWS), capsys.readouterr().out

    return done


def both(tmp_path: Path, absent=None, other=None) -> None:
    for name, without in zip(FRAMES, (absent, other), strict=True):
        tables(tmp_path / name, FRAMES[name], without)


def test_the_papers_759_columns_from_openfaces_files_and_its_788_with_a_warning(cut, tmp_path):
    both(tmp_path, (), ())
    features, found, printed = cut(features={"set": "paper"})
    assert features.width - len(FEATURES.names) == 759
    assert "features.set = paper: 759 columns" in printed and "WARNING" not in printed
    assert features["px_right_knee_x"].unique().to_list() == [0.0]
    assert features["openface_AU12_r"].null_count() == 0
    assert len(found) == 3 + 2
    read = matrix.read(tmp_path / "features.parquet", ["paper_face", "paper_pose"])
    assert read.values.shape == (185, 759)
    features, _, printed = cut(features={"set": "paper", "paper": {"columns": "as_counted"}})
    assert features.width - len(FEATURES.names) == 788
    assert "WARNING: features.paper.columns = as_counted" in printed
    assert any("as_counted" in note for note in stamp_of(tmp_path)["notes"])


def test_columns_that_no_file_has_are_left_out_and_reported(cut, tmp_path):
    lacking = ("gaze_angle_x", "gaze_angle_y")
    both(tmp_path, lacking, (*lacking, "p_0"))
    features, _, printed = cut(features={"set": "paper"})
    assert features.width - len(FEATURES.names) == 757
    assert features.filter(video="two")["openface_p_0"].null_count() == 60
    assert "2 of 2 OpenFace files lack some of the 714 columns" in printed


def test_one_video_without_openfaces_file_makes_the_face_our_tables_for_all(cut, tmp_path):
    both(tmp_path, (), None)
    features, _, printed = cut(features={"set": "paper", "paper": {"columns": "as_counted"}})
    columns = features.columns[len(FEATURES.names) :]
    assert columns[:3] == ["AU12_r", "AU12_c", "yaw_deg"]
    assert columns[3:53] == list(GROUPS["paper_pose"].columns)
    assert columns[53:] == [f"px_{point}_confidence" for point in BODY_25]
    assert "1 of 2 videos have no OpenFace file (such as 'two')" in printed


OF_UNITS = ["action_units", "action_units_raw", "presence", "sides", "speeds"]
BROWS = {"AU04_r", "AU04_raw", "AU04_c", "AU04_left_minus_right", "AU04_r_per_s"}


@pytest.fixture
def brows_are_wrong(monkeypatch, tmp_path):
    """Videos with AU4, which is not to be used with facemesh and is careful with blendshapes."""
    known = {("facemesh", 4): Verdict.DO_NOT_USE, ("blendshapes", 4): Verdict.CAREFUL}
    monkeypatch.setattr(trust, "_verdicts", lambda: known)
    for name, frames in FRAMES.items():
        tables(tmp_path / name, frames, brows=True)


def stamp_of(folder: Path) -> dict:
    return base.read_stamp(folder / "features.parquet")


def test_units_that_are_not_to_be_used_are_in_no_group(cut, tmp_path, brows_are_wrong):
    features, _, printed = cut(features={"groups": OF_UNITS})
    assert not BROWS & set(features.columns)
    assert {"AU12_r", "AU12_c", "AU12_r_per_s"} <= set(features.columns)
    note = "features.units = trusted: 1 action unit (AU04) left out of the features, not to be used with facemesh"
    assert note in printed and any(note in one for one in stamp_of(tmp_path)["notes"])
    assert stamp_of(tmp_path)["face_backends"] == ["facemesh"]


def test_one_kept_video_of_a_backend_that_misreads_a_unit_leaves_it_out(cut, tmp_path, brows_are_wrong):
    features, _, printed = cut(("blendshapes", "facemesh"), features={"groups": OF_UNITS})
    assert not BROWS & set(features.columns)
    assert "not to be used with facemesh: see" in printed
    assert stamp_of(tmp_path)["face_backends"] == ["blendshapes", "facemesh"]


def test_units_of_other_backends_stay_and_all_if_asked_for(cut, brows_are_wrong):
    for backend in ("blendshapes", "openface", "pyfeat"):
        features, _, printed = cut((backend, backend), features={"groups": OF_UNITS})
        assert set(features.columns) >= BROWS and "features.units" not in printed, backend
    features, _, printed = cut(features={"groups": OF_UNITS, "units": "all"})
    assert set(features.columns) >= BROWS
    assert "features.units = all: the features hold 1 action unit (AU04) not to be used with facemesh" in printed


def test_the_papers_set_holds_all_units_and_says_so(cut, tmp_path, brows_are_wrong):
    features, _, printed = cut(features={"set": "paper"})
    assert {"AU04_r", "AU04_c"} <= set(features.columns)
    kept = "features.set = paper holds all action units, as the paper did"
    assert f"{kept}, also AU04, not to be used with facemesh" in printed
    cut(("openface", "openface"), features={"set": "paper"})
    assert kept in stamp_of(tmp_path)["notes"]


def test_where_only_units_that_are_not_to_be_used_are_seen_it_is_reported_why_nothing_is_left(
    cut, tmp_path, brows_are_wrong
):
    for name in FRAMES:
        path = tmp_path / name / "face.parquet"
        face = base.read(path, FACE).with_columns(AU12_r=pl.lit(None, pl.Float32))
        base.write(path, FACE, face, {})
    features, *_ = cut(features={"groups": ["action_units"]})
    assert features.is_empty()
    why = stamp_of(tmp_path)["missing"]
    assert re.search(r"features.groups = \['action_units'\].*features.units = trusted.*AU04", why)


def test_speeds_sides_and_what_is_missing(cut, tmp_path):
    both(tmp_path)
    features, *_ = cut(features={"groups": ["action_units", "speeds", "missing"]})
    assert {"AU12_r", "AU12_r_per_s", "yaw_deg_per_s", "nose_x_per_s", "missing_face"} <= set(features.columns)
    assert features["missing_right_knee"].unique().to_list() == [1.0]
    assert features["missing_nose"].unique().to_list() == [0.0]


def test_each_video_is_one_window_of_its_steps(cut, tmp_path):
    both(tmp_path)
    features, found, _ = cut(windows={"per": "video", "steps": 20})
    assert len(features) == 40
    columns = ("video", "first_row", "rows", "start_s", "reason")
    assert found.select(columns).rows() == [("one", 0, 20, 0.0, None), ("two", 20, 20, 0.0, None)]
    np.testing.assert_allclose(found["end_s"], [5.0, 2.4])
    read = matrix.read(tmp_path / "features.parquet")
    assert read.rate_hz is None
    bins = bin_index(found, read.rate_hz, 5.0)
    np.testing.assert_array_equal(bins.of_window, np.arange(40).reshape(2, 20))


def test_a_video_that_hardly_shows_a_face_is_no_window(cut, tmp_path):
    both(tmp_path)
    path = tmp_path / "two" / "face.parquet"
    face, stamp = base.read(path, FACE), base.read_stamp(path)
    status = pl.when(pl.col("frame") == 30).then("status").otherwise(pl.lit("no_face"))
    base.write(path, FACE, face.with_columns(status=status), stamp)
    found = cut(windows={"per": "video"})[1]
    assert found["reason"].to_list() == [None, "short"]


def test_frames_with_an_unsure_face_do_not_count_where_rows_are_filtered(cut, tmp_path):
    both(tmp_path)
    by_row = {"level": "row", "min_face_confidence": 0.85}
    assert cut()[0]["valid"].all()
    features = cut(screen=by_row)[0]
    assert features.filter(video="one")["valid"].to_list() == [False] * 25 + [True] * 100
    assert base.read_stamp(tmp_path / "features.parquet")["settings"]["screen"] == by_row
