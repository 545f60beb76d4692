"""The step `screen`: what is kept has something to give to the run."""

import numpy as np
import polars as pl
import pytest

from moodreel.settings.action_units import ActionUnitsSettings
from moodreel.steps import screen, windows
from moodreel.tables import base
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.program import SCREEN
from unit.steps.calls import call, table_of

LACKING = {"": lambda unit: False, "neutral face": lambda unit: not unit.endswith("_raw"), "units": lambda unit: True}
"""Which action units are null where something is lacking."""

UNITS = [c for c in FACE.names if c.startswith("AU")]


def write(folder, frames: int, *, gone: tuple[int, int] = (0, 0), without: str = "", imported: bool = False) -> None:
    """A person at 25 Hz who is not there from one frame to another; what `without` names is null."""
    number = np.arange(frames)
    there = (number < gone[0]) | (number >= gone[1])
    own = {"frame": number, "time_s": number / 25}
    points = {f"{p}_{part}": 100.0 for p in BODY_25 for part in ("x", "y", "confidence")}
    units = dict.fromkeys((u for u in UNITS if not LACKING[without](u)), 1.0)
    seen = {"confidence": 0.9, "face_height": 60.0, "yaw_deg": 1.0, **units}
    status = np.where(there, "ok", "no_person")
    pose = table_of(POSE, own, status=status, cut=False, people_seen=1, **points)
    face = table_of(FACE, own, status=np.where(there, "ok", "no_face"), **seen)
    face = face.with_columns(pl.when(pl.Series(there)).then(pl.col(list(seen))))
    base.write(folder / "pose.parquet", POSE, pose, {"height": 480})
    base.write(folder / "face.parquet", FACE, face, {"imported": {}} if imported else {})


@pytest.fixture
def screened(tmp_path, monkeypatch, capsys):
    """Runs the step on the videos whose folders lie there; by video its row, and what was said on the screen."""

    def done(step=screen, **settings):
        ids = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
        folders = [str(tmp_path / video) for video in ids]
        rows = {"video": ids, "performer": ids, "folder": folders, "face_folder": folders}
        base.write_tsv(tmp_path / "videos.tsv", VIDEOS, table_of(VIDEOS, rows))
        own = {"out": tmp_path / "screening.tsv"}
        if step is windows:
            own = {f"{name}_out": tmp_path / f"{name}.parquet" for name in ("features", "windows")}
            own["screening"] = tmp_path / "screening.tsv"
        with (tmp_path / "screen").open("wb") as shown:
            monkeypatch.setenv(SCREEN, str(shown.fileno()))
            call(step, settings=settings, videos=tmp_path / "videos.tsv", **own)
        found = base.read_tsv(tmp_path / "screening.tsv", SCREENING)
        return {row["video"]: row for row in found.iter_rows(named=True)}, (tmp_path / "screen").read_text()

    return done


def test_a_video_without_a_whole_window_is_dropped_and_says_why(screened, tmp_path):
    write(tmp_path / "whole", 125)
    write(tmp_path / "short", 49)
    write(tmp_path / "gaps", 120, gone=(30, 75))
    found, shown = screened()
    counts = {video: (row["kept"], row["windows"]) for video, row in found.items()}
    assert counts == {"whole": (True, 2), "short": (False, 0), "gaps": (False, 0)}
    assert found["whole"]["reason"] is None
    assert found["short"]["reason"] == "no whole window: 1 cut off by the end of the video (windows.length_s)"
    assert "2 with a face and a body in too few rows (windows.min_valid_share" in found["gaps"]["reason"]
    assert "2 of 3 videos are not used" in shown and "screening.tsv" in shown and "dropped short: no whole" in shown
    assert screened(windows={"length_s": 1.0, "stride_s": 1.0})[0]["short"]["windows"] == 1


def test_what_counts_as_a_window_is_what_the_step_windows_cuts(screened, tmp_path):
    write(tmp_path / "a", 240, gone=(60, 75))
    write(tmp_path / "b", 101)
    for settings in ({}, {"windows": {"stride_s": 1.0}}, {"windows": {"per": "video"}}):
        found, _ = screened(**settings)
        screened(windows, **settings)
        cut = base.read(tmp_path / "windows.parquet", WINDOWS).filter(pl.col("reason").is_null())
        counts = dict(cut["video"].value_counts().iter_rows())
        assert {video: row["windows"] for video, row in found.items()} == counts, settings


def test_a_video_without_any_action_unit_is_dropped_and_says_why(screened, tmp_path):
    write(tmp_path / "whole", 125)
    write(tmp_path / "restless", 125, without="neutral face")
    write(tmp_path / "turned", 125, without="units")
    write(tmp_path / "given", 125, without="units", imported=True)
    found, _ = screened()
    assert found["whole"]["kept"] and found["whole"]["units_share"] == 1
    reasons = {video: row["reason"] for video, row in found.items() if not row["kept"]}
    assert "no frame is frontal and sure enough for a neutral face (action_units.max_turn_deg" in reasons["restless"]
    assert "turned aside by more than action_units.max_yaw_deg" in reasons["turned"]
    assert reasons["given"] == "no action unit was measured: the face's file has none"
    assert {"max_turn_deg", "min_confidence", "max_yaw_deg"} <= set(ActionUnitsSettings.model_fields)
    assert all(row["units_share"] == 0 for video, row in found.items() if video != "whole")


def test_where_no_feature_is_made_of_action_units_none_is_asked_for(screened, tmp_path):
    write(tmp_path / "turned", 125, without="units")
    write(tmp_path / "restless", 125, without="neutral face")
    found, shown = screened(features={"groups": ["head_pose", "body"]})
    assert all(row["kept"] and row["units_share"] is None for row in found.values()) and not shown
    found, _ = screened(features={"groups": ["action_units_raw", "body"]})
    assert {video: row["kept"] for video, row in found.items()} == {"turned": False, "restless": True}
