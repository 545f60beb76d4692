"""Screening: the measures, the decisions and the words they are given in."""

import numpy as np
import polars as pl
import pytest

from moodreel.features.screen import (
    RULES,
    decide,
    describe_streams,
    describe_times,
    describe_unusable,
    measure,
    screen_video,
)
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base
from moodreel.tables.base import polars_schema
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.tables.face import FACE

STAMP = {"height": 480, "frames_decoded": 200, "corrupt_packets": 1, "patched_frames": 0}


def tables(frames: int = 4, faces: int = 4, people: tuple[int | None, ...] = (1, None, 1, None)):
    """A person with every keypoint at (100, 300), confidence 0.8; the first `faces` frames show a face 60 px high."""
    known = [{"frame": f, "time_s": f / 2, "cut": False, "status": "ok", "confidence": 0.9} for f in range(frames)]
    points = {f"{p}_{part}": v for p in BODY_25 for part, v in (("x", 100.0), ("y", 300.0), ("confidence", 0.8))}
    pose = [row | points | {"people_seen": people[row["frame"]]} for row in known]
    nothing = {"status": "no_face", "confidence": None, "face_height": None}
    face = [row | {"face_height": 60.0} | (nothing if row["frame"] >= faces else {}) for row in known]
    return pl.DataFrame(pose, polars_schema(POSE)), pl.DataFrame(face, polars_schema(FACE))


def without_body(pose: pl.DataFrame, status: str) -> pl.DataFrame:
    """The table with nothing but its frames' times and this status."""
    known = {"frame": pose["frame"], "time_s": pose["time_s"], "status": status}
    return pl.DataFrame(dict.fromkeys(pose.columns) | known, pose.schema)


def test_measures_of_a_video():
    known = {"frames": 4, "damaged_share": 0.005, "duration_s": 1.5, "people": 1, "faces": None}
    face = {"face_share": 0.75, "face_confidence": 0.9 * 3 / 4, "face_height": 60, "face_height_share": 0.125}
    body = {"pose_confidence": 0.8, "mean_coordinate": 200, "mean_coordinate_share": 200 / 480, "least_coordinate": 100}
    measures, expected = measure(*tables(faces=3), STAMP), known | face | body
    assert {name: measures[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.setting)
def test_each_setting_drops_on_its_own_and_says_so(rule):
    measures = measure(*tables(people=(2, 2, 2, 3)), STAMP) | {"face_share": 0.9, "pose_share": 0.9, "faces": 2}
    loose = {r.setting: 0.0 if r.least else 1.0 if r.setting == "max_damaged_share" else 100 for r in RULES}
    assert decide(measures, ScreenSettings(**loose)) is None
    threshold = {"mean_coordinate": 200.5, "damaged_share": 0.0, "faces": 1, "rate_hz": 2.5}.get(rule.measure, 1.0)
    reason = decide(measures, ScreenSettings(**loose | {rule.setting: threshold}))
    assert f"screen.{rule.setting} ({threshold:g})" in reason and f"{measures[rule.measure]:.3g}" in reason
    assert ";" not in reason


def test_no_picture_of_a_person_names_everything_that_is_missing():
    pose, face = tables()
    face = face.with_columns(pl.lit("no_person").alias("status"), pl.lit(None, pl.Float32).alias("confidence"))
    measures = measure(without_body(pose, "no_person"), face, STAMP)
    assert (measures["pose_confidence"], measures["face_confidence"]) == (0, 0)
    assert (measures["face_height"], measures["mean_coordinate"]) == (None, None)
    reason = decide(measures, ScreenSettings())
    assert "screen.min_pose_share" in reason and "screen.min_face_share" in reason


def test_a_video_without_frames_is_dropped():
    measures = measure(*tables(frames=0), {})
    assert (measures["frames"], measures["frames_read"], measures["face_share"]) == (0, 0, None)
    assert "no frames" in decide(measures, ScreenSettings())


def test_what_made_a_video_unusable_is_told_on_one_short_line():
    words = "unreadable: it is not a video, or too damaged to open"
    assert describe_unusable({}) is None and describe_unusable({"reason": None, "detail": None}) is None
    assert describe_unusable({"reason": "unreadable"}) == words
    detail = "line 1:\tno number\r\nline 2: \x1b[31mred\x00\u202e\u200b " + 500 * "x"
    shown = describe_unusable({"reason": "unusable_import", "detail": detail})
    start = "unusable_import: another program's file cannot be used (line 1: no number line 2: [31mred xxx"
    assert shown.startswith(start) and shown.endswith("x…)") and shown.isprintable()
    assert len(shown) == len("unusable_import: another program's file cannot be used ()") + 300


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([{}, {}], None),
        ([{"times_from": "presentation stamps", "mended_times": 0, "frames_decoded": 60}, {}], None),
        ([{}, {"times_from": "the imported file"}], None),
        ([{}, {"times_from": "rate_hz 30"}], None),
        ([{"times_from": "decoding stamps"}] * 2, None),
        ([{}, {"times_from": "assumed 25 Hz"}], "assumed 25 Hz"),
        ([{"mended_times": 6, "frames_decoded": 60}, {}], "6 of 60 mended"),
        ([{"mended_times": 3}, {}], "3 mended"),
        (
            [{"times_from": "assumed 25 Hz", "mended_times": 12, "frames_decoded": 60}, {}],
            "assumed 25 Hz; 12 of 60 mended (more than a tenth: speeds and durations are unsure)",
        ),
    ],
)
def test_times_that_are_not_the_files_own_are_told(stamps, expected):
    assert describe_times(stamps) == expected


def test_streams_that_were_not_used_are_told_once():
    both = {"other_streams": "stream 2 (640 x 480) was not used"}
    assert describe_streams([both, both]) == both["other_streams"] and describe_streams([{}, {}]) is None


@pytest.mark.parametrize("part", ["face", "pose"])
def test_frames_that_nobody_read_are_not_frames_without_a_person(part):
    """Of 100 frames at 10 Hz every fifth was read, and half of those show a person."""
    pose, face = tables(frames=100, faces=100, people=(1,) * 100)
    frame = pl.col("frame")
    status = pl.when(frame % 5 > 0).then(pl.lit("not_imported")).when(frame % 2 == 0).then(pl.lit("ok"))
    absent = {"face": "no_face", "pose": "no_person"}[part]
    table = {"face": face, "pose": pose}[part].with_columns(time_s=frame / 10, status=status.otherwise(pl.lit(absent)))
    others = [name for name in table.columns[3:] if name not in ("cut", "status")]
    table = table.with_columns(pl.when(pl.col("status") == "ok").then(pl.col(others)))
    given = {"face": face, "pose": pose} | {part: table}
    found = measure(given["pose"].with_columns(time_s=frame / 10), given["face"].with_columns(time_s=frame / 10), STAMP)
    assert (found["frames"], found["frames_read"], found["rate_hz"]) == (100, 20, pytest.approx(2.0))
    assert found[f"{part}_share"] == pytest.approx(0.5)
    assert found[f"{part}_confidence"] == pytest.approx({"face": 0.45, "pose": 0.4}[part])
    assert decide(found, ScreenSettings()) is None
    none = table.with_columns(status=pl.lit("not_imported"))
    given |= {part: none}
    reason = decide(measure(given["pose"], given["face"], STAMP), ScreenSettings())
    assert reason == "none of its 100 frames was analysed; is the imported file of this video?"


def test_one_frame_has_no_duration_but_is_measured():
    measures = measure(*tables(frames=1), STAMP)
    assert measures["duration_s"] == 0 and decide(measures, ScreenSettings()) is None


def test_unseen_keypoints_pull_the_mean_coordinate_down_where_they_count_as_zero():
    pose, face = tables()
    legless = pose.with_columns(pl.lit(None, pl.Float32).alias(f"{p}_{axis}") for p in BODY_25[9:14] for axis in "xy")
    nobody = legless.with_columns(  # the last frame shows nobody: OpenPose writes no row for it
        pl.when(pl.col("frame") < 3).then(pl.col(name)) for name in legless.columns[6:]
    ).with_columns(status=pl.when(pl.col("frame") < 3).then("status").otherwise(pl.lit("no_person")))
    left_out, zero = (measure(nobody, face, STAMP, ScreenSettings(unseen=u)) for u in ("left_out", "zero"))
    assert (left_out["mean_coordinate"], zero["mean_coordinate"]) == pytest.approx((200, 200 * 20 / 25))
    paper = ScreenSettings(unseen="zero", min_mean_coordinate=200)
    assert "screen.min_mean_coordinate (200)" in decide(zero, paper)
    assert decide(left_out, paper) is None


def test_filters_of_rows_keep_a_video_with_one_frame_that_passes():
    pose, face = tables()
    face = face.with_columns(confidence=pl.Series([0.5, 0.5, 0.5, 0.9], dtype=pl.Float32))
    by_video, by_row = (ScreenSettings(level=v, min_face_confidence=0.85, min_face_share=1) for v in ("video", "row"))
    measures = measure(pose, face, STAMP, by_row)
    assert measures["face_frames_share"] == 0.25
    assert "screen.min_face_confidence" in decide(measures, by_video)
    assert decide(measures, by_row) is None
    strict = ScreenSettings(level="row", min_face_confidence=0.95)
    reason = decide(measure(pose, face, STAMP, strict), strict)
    assert "no frame has a face as sure as screen.min_face_confidence (0.95)" in reason


def test_several_faces_in_openfaces_file_drop_a_video_only_where_one_is_asked_for():
    measures = measure(*tables(), STAMP, None, {"imported": {"faces_in_file": 3}})
    assert measures["faces"] == 3 and decide(measures, ScreenSettings()) is None
    assert "faces in OpenFace's file 3 is above screen.max_faces (1)" in decide(measures, ScreenSettings(max_faces=1))


def test_negative_coordinates_drop_a_video_only_where_none_are_allowed():
    pose, face = tables()
    pose = pose.with_columns(nose_x=pl.Series([100.0, -3.0, 100.0, 100.0], dtype=pl.Float32))
    measures = measure(pose, face, STAMP)
    assert decide(measures, ScreenSettings()) is None
    assert "-3 px, and screen.allow_negative is false" in decide(measures, ScreenSettings(allow_negative=False))
    assert decide(measure(*tables(), STAMP), ScreenSettings(allow_negative=False)) is None


@pytest.mark.parametrize(
    ("times", "windows", "shown"),
    [
        (3000.0 * np.arange(30), 0, "0.000333 is below"),
        (np.arange(30) / 1.9, 15, "1.9 is below"),
        (np.arange(30) / 1.9999, 15, "1.9999 is below"),
        ((3600.0 * np.arange(15)[:, None] + [0, 0.04]).ravel(), 0, "0.000575 is below"),
        ((3600.0 * np.arange(15)[:, None] + [0, 0.04]).ravel(), 1, None),
        (np.arange(30) / 3, 5, None),
        (np.arange(30) / 2, 7, None),
    ],
)
def test_frames_that_come_too_rarely_drop_a_video_with_the_rate_first(times, windows, shown):
    pose, face = (t.with_columns(time_s=pl.Series(times)) for t in tables(frames=30, faces=0, people=(1,) * 30))
    measures = measure(pose, face, STAMP) | {"windows": windows}
    assert measures["rate_hz"] == pytest.approx(1 / np.median(np.diff(times)))
    reason = decide(measures, ScreenSettings())
    sparse = f"too_sparse: frame rate in Hz {shown} screen.min_rate_hz (2); "
    assert reason.startswith(sparse) if shown else "too_sparse" not in reason
    assert "too_sparse" not in decide(measures, ScreenSettings(min_rate_hz=0))


@pytest.mark.parametrize(
    ("part", "groups"), [("pose", ["gaze", "body"]), ("face", ["gaze", "body"]), ("face", ["gaze"])]
)
def test_a_video_without_what_the_features_need_is_dropped_with_that_reason(part, groups, tmp_path):
    given = dict(zip(("pose", "face"), tables(frames=100, people=(1,) * 100, faces=100), strict=True))
    given[part] = given[part].with_columns(status=pl.lit("not_read"))
    for name, spec in (("pose", POSE), ("face", FACE)):
        base.write(tmp_path / f"{name}.parquet", spec, given[name], STAMP)
    video = {"video": "a", "folder": str(tmp_path), "face_folder": str(tmp_path)}
    settings = ScreenSettings(), WindowsSettings(), FeaturesSettings(groups=groups)
    screened = screen_video(video, *settings)
    assert f"its {part} is not read ({part}.backend is none), and features.groups" in screened["reason"]
    assert "no whole window" not in screened["reason"]


@pytest.mark.parametrize("level", ["video", "row"])
def test_a_face_that_nobody_looked_for_drops_no_video(level):
    pose, face = tables()
    known = {"frame": face["frame"], "time_s": face["time_s"], "status": "not_read"}
    unread = pl.DataFrame(dict.fromkeys(face.columns) | known, face.schema)
    measures, settings = measure(pose, unread, STAMP), ScreenSettings(level=level)
    assert [measures[name] for name in ("face_share", "face_confidence", "face_frames_share")] == [None] * 3
    assert decide(measures, settings) is None
    unseen = measure(pose, unread.with_columns(status=pl.lit("no_face")), STAMP)
    assert "face" in decide(unseen, settings), "looked for and not found"


def test_a_body_that_nobody_looked_for_drops_no_video():
    pose, face = tables()
    measures = measure(without_body(pose, "not_read"), face, STAMP)
    assert (measures["pose_share"], measures["pose_confidence"], measures["mean_coordinate"]) == (None, None, None)
    assert decide(measures, ScreenSettings()) is None
