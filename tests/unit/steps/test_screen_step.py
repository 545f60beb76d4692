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


def write(
    folder,
    frames: int,
    *,
    gone: tuple[int, int] = (0, 0),
    without: str = "",
    imported: bool = False,
    times_s: np.ndarray | None = None,
    read_every: int = 1,
) -> None:
    """A person at 25 Hz, or at other times, who is not there from one frame to another; what `without` names is null,
    and of the face only every so many frames were read."""
    number = np.arange(frames)
    there = (number < gone[0]) | (number >= gone[1])
    own = {"frame": number, "time_s": number / 25 if times_s is None else times_s}
    points = {f"{p}_{part}": 100.0 for p in BODY_25 for part in ("x", "y", "confidence")}
    units = dict.fromkeys((u for u in UNITS if not LACKING[without](u)), 1.0)
    seen = {"confidence": 0.9, "face_height": 60.0, "yaw_deg": 1.0, **units}
    status = np.where(there, "ok", "no_person")
    pose = table_of(POSE, own, status=status, cut=False, people_seen=1, **points)
    face = table_of(FACE, own, status=np.where(there, "ok", "no_face"), **seen)
    face = face.with_columns(pl.when(pl.Series(there)).then(pl.col(list(seen))))
    if read_every > 1:
        read = pl.col("frame") % read_every == 0
        status = pl.when(read).then("status").otherwise(pl.lit("not_imported"))
        face = face.with_columns(pl.when(read).then(pl.col(list(seen)))).with_columns(status=status)
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
    assert "2 with too few rows in which the person is seen (windows.min_valid_share" in found["gaps"]["reason"]
    assert "2 of 3 videos are not used" in shown and "screening.tsv" in shown and "dropped short: no whole" in shown
    assert screened(windows={"length_s": 1.0, "stride_s": 1.0})[0]["short"]["windows"] == 1


@pytest.mark.parametrize("per", ["time", "video"])
def test_a_video_has_windows_at_its_rate_or_is_dropped_for_it(per, screened, tmp_path):
    """No rate leaves a video that is kept without a window."""
    rates = (0.0003, 0.5, 1, 1.99, 2, 3, 4, 4.99, 5, 5.01, 9.99, 25)
    for rate_hz in rates:
        frames = max(2, round(12 * rate_hz))
        write(tmp_path / f"{rate_hz:07.4f}", frames, times_s=np.arange(frames) / rate_hz)
    write(tmp_path / "tenth", 360, times_s=np.arange(360) / 30, read_every=10)
    found, _ = screened(windows={"per": per})
    tenth = found.pop("tenth")
    assert (tenth["frames"], tenth["frames_read"], tenth["face_share"]) == (360, 36, 1)
    assert tenth["kept"] and tenth["rate_hz"] == pytest.approx(3)
    whole = 1 if per == "video" else 6
    for rate_hz, row in zip(rates, found.values(), strict=True):
        assert row["rate_hz"] == pytest.approx(rate_hz)
        assert (row["kept"], row["windows"]) == (True, whole) if rate_hz >= 2 else not row["kept"]
        assert rate_hz >= 2 or row["reason"].startswith(
            f"too_sparse: frame rate in Hz {rate_hz:.3g} is below screen.min_"
        )
    assert tenth["windows"] == whole


def restamp(folder, table: str, spec, *, empty: bool = False, **facts) -> None:
    """Add facts to the stamp of a video's table, which loses its rows if `empty`."""
    path = folder / f"{table}.parquet"
    frames = base.read(path, spec)
    base.write(path, spec, frames.clear() if empty else frames, facts)


def test_a_table_that_could_not_be_made_drops_the_video_with_its_reason_and_detail(screened, tmp_path):
    bad = {"reason": "unusable_import", "detail": "line 3:\n'x' is no number"}
    for video in ("face", "pose", "both", "good"):
        write(tmp_path / video, 125)
    restamp(tmp_path / "face", "face", FACE, empty=True, **bad)
    restamp(tmp_path / "pose", "pose", POSE, empty=True, reason="timeout", detail=None)
    restamp(tmp_path / "both", "pose", POSE, empty=True, **bad)
    restamp(tmp_path / "both", "face", FACE, empty=True, **bad)
    found, shown = screened()
    import_words = "unusable_import: another program's file cannot be used (line 3: 'x' is no number)"
    assert {video for video, row in found.items() if row["kept"]} == {"good"}
    assert found["face"]["reason"] == found["both"]["reason"] == import_words
    assert found["pose"]["reason"].startswith("timeout: ") and found["face"]["windows"] is None
    assert f"dropped face: {import_words}" in shown


def test_assumed_and_mended_times_are_told_and_kept(screened, tmp_path):
    for video in ("own", "assumed", "mended"):
        write(tmp_path / video, 125)
    restamp(tmp_path / "assumed", "pose", POSE, times_from="assumed 25 Hz", other_streams="stream 1 was not used")
    restamp(tmp_path / "mended", "face", FACE, mended_times=12, frames_decoded=125)
    found, shown = screened()
    assert all(row["kept"] for row in found.values())
    assert {video: row["times"] for video, row in found.items()} == {
        "assumed": "assumed 25 Hz",
        "mended": "12 of 125 mended",
        "own": None,
    }
    assert found["assumed"]["streams"] == "stream 1 was not used" and found["own"]["streams"] is None
    assert shown.count("the times of 2 videos were assumed or mended") == 1 and "screening.tsv" in shown


def test_what_counts_as_a_window_is_what_the_step_windows_cuts(screened, tmp_path):
    write(tmp_path / "a", 240, gone=(60, 75))
    write(tmp_path / "b", 101)
    write(tmp_path / "c", 200, times_s=np.append(np.arange(100), 250_000 + np.arange(100)) / 25)
    write(tmp_path / "d", 150, read_every=5)
    for settings in ({}, {"windows": {"stride_s": 1.0}}, {"windows": {"per": "video"}}):
        found, _ = screened(**settings)
        screened(windows, **settings)
        cut = base.read(tmp_path / "windows.parquet", WINDOWS).filter(pl.col("reason").is_null())
        counts = dict(cut["video"].value_counts().iter_rows())
        assert {video: row["windows"] for video, row in found.items() if row["windows"]} == counts, settings
        assert all(bool(row["windows"]) == row["kept"] for row in found.values())


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
