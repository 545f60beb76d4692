"""One video's features: what the columns are made of, and which rows count."""

import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.features.groups import GROUPS
from moodreel.features.per_video import emotion_columns, face_columns, video_features, visible_columns, with_emotions
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables.base import polars_schema
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.openface import COLUMNS
from moodreel.tables.schema import Table

WINDOWS, FEATURES = WindowsSettings(), FeaturesSettings()
TIMES_S = np.arange(50) / 25


def person() -> tuple[pl.DataFrame, pl.DataFrame]:
    """50 frames: shoulders 80 px apart, nose visible, AU12 rising; nothing else known."""
    frames = {"frame": np.arange(50), "time_s": TIMES_S, "status": "ok"}
    places = {"neck": (200, 200), "left_shoulder": (240, 200), "right_shoulder": (160, 200), "nose": (200, 140)}
    points = {f"{p}_{axis}": v for p, xy in places.items() for axis, v in zip("xy", xy, strict=True)}
    return of_spec(POSE, frames | points | {"cut": False}), of_spec(FACE, frames | {"AU12_r": TIMES_S})


def of_spec(spec: Table, columns: dict) -> pl.DataFrame:
    """The table with these columns and otherwise nulls."""
    schema = polars_schema(spec)
    return pl.DataFrame(dict.fromkeys(schema) | columns, schema)


def test_features_of_a_video():
    pose, face = person()
    assert visible_columns(pose, face) >= {"AU12_r", "nose_x", "left_shoulder_y"}
    assert not visible_columns(pose, face) & {"AU01_r", "left_knee_x", "neck_x"}
    found = video_features(pose, face, ["AU12_r", "pitch_deg", "nose_y"], WINDOWS, FEATURES)
    assert found.columns == ["time_s", "valid", "AU12_r", "pitch_deg", "nose_y"]
    np.testing.assert_allclose(found["AU12_r"], TIMES_S, atol=1e-6)
    np.testing.assert_allclose(found["nose_y"], -0.75)
    assert found["pitch_deg"].null_count() == 50 and found["valid"].all()


def test_a_row_without_a_body_is_valid_only_where_the_body_does_not_count():
    pose, face = person()
    gone = pose.with_columns(status=pl.when(pl.col("frame") < 25).then("status").otherwise(pl.lit("no_person")))
    with_body = video_features(gone, face, ["AU12_r"], WINDOWS, FEATURES)
    assert with_body["valid"].to_list() == [True] * 25 + [False] * 25
    face_only = video_features(gone, face, ["AU12_r"], WINDOWS, FeaturesSettings(groups=["action_units"]))
    assert face_only["valid"].all()


def test_a_close_up_without_shoulders_is_valid_and_has_no_body_columns():
    pose, face = person()
    hidden = pose.with_columns(left_shoulder_x=pl.lit(None, pl.Float32))
    found = video_features(hidden, face, ["AU12_r", "nose_y"], WINDOWS, FEATURES)
    assert found["valid"].all() and found["nose_y"].null_count() == 50


def test_a_row_without_a_face_is_not_valid():
    pose, face = person()
    face = face.with_columns(status=pl.when(pl.col("frame") >= 40).then(pl.lit("no_face")).otherwise("status"))
    assert video_features(pose, face, ["AU12_r"], WINDOWS, FEATURES)["valid"].sum() == 40


@pytest.mark.parametrize(
    ("groups", "valid"),
    [
        (["body"], "body"), (["body", "speeds"], "body"), (["body", "missing"], "body"), (["speeds"], "face"),
        (["missing"], "face"), (["gaze", "speeds"], "face"), (["body", "gaze"], "both"), (["body", "sides"], "both"),
    ],
)  # fmt: skip
def test_a_row_counts_where_it_shows_what_the_features_are_made_of(groups, valid):
    """The face is there in the first 30 frames, the body from the 20th on."""
    pose, face = person()
    pose = pose.with_columns(status=pl.when(pl.col("frame") >= 20).then("status").otherwise(pl.lit("no_person")))
    face = face.with_columns(status=pl.when(pl.col("frame") < 30).then("status").otherwise(pl.lit("no_face")))
    expected = {"face": range(30), "body": range(20, 50), "both": range(20, 30)}[valid]
    found = video_features(pose, face, ["nose_y"], WINDOWS, FeaturesSettings(groups=groups))
    assert found["valid"].arg_true().to_list() == [*expected]


def test_a_face_that_nobody_looked_for_is_not_missing():
    pose, face = person()
    unread = of_spec(FACE, {"frame": face["frame"], "time_s": TIMES_S, "status": "not_read"})
    visible = visible_columns(pose, unread)
    assert "missing_face" not in visible and "missing_nose" in visible
    assert "missing_face" in visible_columns(pose, unread.with_columns(status=pl.lit("no_face")))


def test_smoothing_takes_noise_from_signals_and_leaves_zero_one_columns():
    pose, face = person()
    noise = np.random.default_rng(2).normal(size=50)
    face = face.with_columns(AU12_r=2 + 0.3 * noise, AU12_c=noise > 0, yaw_deg=(180 + 3 * noise + 180) % 360 - 180)
    face = face.cast(polars_schema(FACE))
    columns = ["AU12_r", "AU12_c", "yaw_deg"]
    raw, smoothed = (video_features(pose, face, columns, WINDOWS, FeaturesSettings(smoothing_s=s)) for s in (0.0, 0.2))
    np.testing.assert_array_equal(raw["AU12_r"], face["AU12_r"])
    assert smoothed["AU12_r"].std() < 0.7 * raw["AU12_r"].std()
    np.testing.assert_array_equal(smoothed["AU12_c"], raw["AU12_c"])
    off_half_turn = [np.abs((t["yaw_deg"].to_numpy() % 360) - 180) for t in (raw, smoothed)]
    assert off_half_turn[1].mean() < 0.7 * off_half_turn[0].mean()


def test_smoothing_stops_at_gaps_and_at_cuts():
    pose, face = person()
    frame = pl.col("frame")
    pose = pose.with_columns(cut=frame == 30)
    level = pl.when(frame < 30).then(0.0).when(frame < 35).then(3.0).when(frame < 42).then(None).otherwise(1.0)
    face = face.with_columns(AU12_r=level.cast(pl.Float32))
    both = (FeaturesSettings(smoothing_s=reach_s) for reach_s in (0.0, 0.4))
    raw, smoothed = (video_features(pose, face, ["AU12_r"], WINDOWS, settings)["AU12_r"] for settings in both)
    assert raw.null_count() == 7
    np.testing.assert_allclose(smoothed, raw, atol=1e-6)


def test_speeds_are_changes_per_second_of_what_is_on_the_grid():
    pose, face = person()
    face = face.with_columns(roll_deg=(170.0 + 100 * TIMES_S + 180) % 360 - 180).cast(polars_schema(FACE))
    pose = pose.with_columns(nose_x=200 + np.arange(50.0)).cast(polars_schema(POSE))
    columns = ["AU12_r_per_s", "roll_deg_per_s", "nose_x_per_s", "AU01_r_per_s"]
    assert visible_columns(pose, face) >= set(columns[:3])
    assert "AU01_r_per_s" not in visible_columns(pose, face)
    found = video_features(pose, face, columns, WINDOWS, FEATURES)
    for column, speed in zip(columns[:3], (1.0, 100.0, 1 / 80 * 25), strict=True):
        np.testing.assert_allclose(found[column][1:-1], speed, rtol=1e-4)
    assert found["AU12_r_per_s"][[0, 49]].null_count() == 2 and found["AU01_r_per_s"].null_count() == 50


def test_sides_are_the_performers_left_less_the_right():
    pose, face = person()
    face = face.with_columns(AU12_left=pl.lit(3.0, pl.Float32), AU12_right=pl.lit(0.5, pl.Float32))
    assert "AU12_left_minus_right" in visible_columns(pose, face)
    assert {"AU12_left", "AU12_right"} <= set(face_columns(["AU12_left_minus_right"]))
    found = video_features(pose, face, ["AU12_left_minus_right"], WINDOWS, FEATURES)
    np.testing.assert_allclose(found["AU12_left_minus_right"], 2.5)


def test_what_is_missing_is_known_of_every_row():
    pose, face = person()
    pose = pose.with_columns(nose_x=pl.when(pl.col("frame") != 7).then("nose_x"))
    face = face.filter(pl.col("frame") < 30).with_columns(
        status=pl.when(pl.col("frame") == 9).then(pl.lit("no_face")).otherwise("status")
    )
    columns = list(GROUPS["missing"].columns)
    assert set(columns) <= visible_columns(pose, face)
    found = video_features(pose, face, columns, WINDOWS, FEATURES)
    assert found.null_count().to_numpy().sum() == 0
    assert np.flatnonzero(found["missing_nose"]).tolist() == [7]
    assert (found["missing_left_knee"].sum(), found["missing_neck"].sum()) == (50, 0)
    assert found["missing_face"].sum() == 1 + 15  # the last face frame holds for 0.2 s
    unread = pose.with_columns(status=pl.lit("not_read"))
    assert "missing_nose" not in visible_columns(unread, face)


def paper() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, list[str]]:
    """A person with OpenFace's columns, each row its frame's number plus the column's place; frames 10-11 show no face,
    and of frames 20-21 nothing was read."""
    pose, face = person()
    status = pl.when(pl.col("frame").is_between(10, 11)).then(pl.lit("no_face")).when(pl.col("frame").is_in([20, 21]))
    face = face.with_columns(status=status.then(pl.lit("not_imported")).otherwise("status"))
    place = pl.when(~pl.col("frame").is_in([20, 21])).then(pl.col("frame").cast(pl.Float32))
    table = face.select("frame", "time_s", *(place.add(n).alias(f"openface_{name}") for n, name in enumerate(COLUMNS)))
    columns = [c for group in ("paper_face", "paper_pose", "paper_counted") for c in GROUPS[group].columns]
    return pose, face, table, columns


def test_the_papers_columns_are_taken_over_raw_and_unseen_points_are_zero():
    pose, face, openface, columns = paper()
    assert len(columns) == 788 and len(set(columns)) == 788
    settings = FeaturesSettings(set="paper", paper={"columns": "as_counted"})
    found = video_features(pose, face, columns, WindowsSettings(max_gap_s=0.04), settings, openface=openface)
    assert found.columns == ["time_s", "valid", *columns]
    place = COLUMNS.index("AU12_r")
    expected = np.where(np.isin(np.arange(50), [10, 11, 20, 21]), np.nan, np.arange(50) + place)
    np.testing.assert_array_equal(found["openface_AU12_r"], expected)
    assert found["valid"].to_list() == [f not in (10, 11, 20, 21) for f in range(50)]
    assert found["openface_success"].is_null().to_list() == [
        f in (20, 21) for f in range(50)
    ]  # known without a face too
    pixels = found.select("px_nose_y", "px_left_knee_y", "px_neck_confidence")
    assert pixels.rows() == [(140.0, 0.0, 0.0)] * 50
    unread = pose.with_columns(status=pl.when(pl.col("frame") > 30).then(pl.lit("not_imported")).otherwise("status"))
    assert video_features(unread, face, ["px_nose_y"], WINDOWS, settings)["px_nose_y"].null_count() > 0


def test_openfaces_columns_of_other_frames_are_refused():
    pose, face, openface, columns = paper()
    for table in (None, openface.head(40)):
        with pytest.raises(UserError, match="face table's frames"):
            video_features(pose, face, columns, WINDOWS, FeaturesSettings(set="paper"), openface=table)


def test_frames_with_an_unsure_face_show_none_where_rows_are_filtered():
    pose, face = person()
    confidence = pl.Series(np.where(np.arange(50) < 20, 0.5, 0.9), dtype=pl.Float32)
    face = face.with_columns(confidence=confidence)
    found = video_features(pose, face, ["AU12_r"], WINDOWS, FEATURES, min_face_confidence=0.85)
    assert found["valid"].to_list() == [False] * 20 + [True] * 30
    assert found["AU12_r"].null_count() == 20
    unknown = face.with_columns(confidence=pl.lit(None, pl.Float32))
    assert video_features(pose, unknown, ["AU12_r"], WINDOWS, FEATURES, min_face_confidence=0.85)["valid"].all()


def test_a_whole_video_as_steps():
    found = video_features(*person(), ["AU12_r"], WindowsSettings(per="video", steps=10), FEATURES)
    np.testing.assert_allclose(found["AU12_r"], np.arange(10) * 0.2, atol=1e-6)
    assert found["valid"].all()


def test_emotion_scores_are_features_of_the_frames_that_have_them():
    pose, face = person()
    rising = np.linspace(0, 1, len(face)).astype(np.float32)
    scores = face.select("frame").with_columns(**dict.fromkeys(EMOTIONS, (1 - rising) / 6) | {"happy": rising})
    hidden = scores.with_columns(pl.when(pl.col("frame") < 10).then(None).otherwise("happy").alias("happy"))
    both = with_emotions(face, scores)
    assert {"emotion_happy", "emotion_neutral"} <= visible_columns(pose, both)
    assert "emotion_happy" not in visible_columns(pose, face)
    columns = ["AU12_r", "emotion_happy"]
    assert emotion_columns(columns) == ["emotion_happy"] and "emotion_happy" not in face_columns(columns)
    found = video_features(pose, both, columns, WINDOWS, FEATURES)
    assert found["emotion_happy"].to_numpy() == pytest.approx(np.interp(found["time_s"], TIMES_S, rising), abs=1e-5)
    seen_later = video_features(pose, with_emotions(face, hidden), columns, WINDOWS, FEATURES)
    assert seen_later["emotion_happy"].head(3).null_count() == 3 and seen_later["AU12_r"].null_count() == 0
    with pytest.raises(UserError, match="are not of the face table's frames"):
        with_emotions(face, scores.head(5))
