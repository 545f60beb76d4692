import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pytest

from moodreel.face.head_pose import CANONICAL_HEAD
from moodreel.face.measure import displacements_of, face_table, join_readings, neutral_measures, read, with_neighbours
from moodreel.face.neutral import NOBODY, Neutral
from moodreel.tables.extraction import BLENDSHAPES, MESH
from moodreel.tables.face import ACTION_UNITS, FACE, PAIRED
from unit.face.faces import displace, posed

SMILE = displace({(61,): (-0.05, -0.05, 0)})
UNKNOWN = np.full((478, 3), np.nan)


def _neutral(face: np.ndarray, score: float = np.nan) -> Neutral:
    return Neutral(face, np.full(len(BLENDSHAPES), score), np.zeros(len(ACTION_UNITS)), 1, 1)


def _readings(faces, statuses, score: float = np.nan):
    n = len(faces)
    facts = {"frame": range(n), "time_s": np.arange(n) / 25, "status": statuses, "confidence": [0.9] * n}
    frames = pa.record_batch(facts, schema=pa.schema([MESH.schema.field(name) for name in facts]))
    return read(frames, np.stack(faces).astype(np.float32), np.full((n, len(BLENDSHAPES)), score))


def _table(readings, neutral, **options) -> pl.DataFrame:
    return pl.from_arrow(face_table(readings, displacements_of(readings, **options), neutral, presence=1.0))


def _measured(faces, statuses, neutral=CANONICAL_HEAD, **options) -> pl.DataFrame:
    return _table(_readings(faces, statuses), neutral_measures(_neutral(neutral)), **options)


def test_a_row_per_frame_with_what_was_acted():
    table = _measured([posed(CANONICAL_HEAD), posed(SMILE, yaw=10, scale=50)], ["ok", "ok"])
    neutral, smile = table.rows(named=True)
    assert (neutral["AU12_r"], neutral["AU12_c"]) == (pytest.approx(0, abs=1e-3), 0)
    assert smile["AU12_r"] > 1 and smile["AU12_c"] == 1 and smile["yaw_deg"] == pytest.approx(10, abs=0.1)
    assert smile["face_height"] == pytest.approx(np.ptp(posed(SMILE, yaw=10, scale=50)[:, 1]), rel=1e-4)


@pytest.mark.parametrize("status", ["no_person", "no_face", "low_confidence"])
def test_what_was_not_seen_surely_is_null_and_says_why(status):
    shown = posed(SMILE) if status == "low_confidence" else UNKNOWN
    row = _measured([shown, posed(SMILE)], [status, "ok"]).row(0, named=True)
    assert row.pop("status") == status
    assert (row.pop("frame"), row.pop("time_s"), round(row.pop("confidence"), 3)) == (0, 0, 0.9)
    assert set(row.values()) == {None}


@pytest.mark.parametrize("yaw", [-50, 50])
def test_a_face_turned_away_has_a_pose_but_no_units(yaw):
    shown = [posed(SMILE), posed(SMILE, yaw=yaw)]
    table = _measured(shown, ["ok", "ok"], max_yaw_deg=40.0)
    assert table["AU12_r"][0] > 1 and set(table.select(cs.matches("^AU")).row(1)) == {None}
    assert table["yaw_deg"].to_list() == pytest.approx([0, yaw], abs=0.1)
    assert _measured(shown, ["ok", "ok"], max_yaw_deg=90.0)["AU12_r"].null_count() == 0


def test_what_a_turned_face_shows_is_not_smoothed_into_others():
    def mean(columns: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.nanmean(columns, axis=0), columns.shape)

    table = _measured([posed(CANONICAL_HEAD), posed(SMILE, yaw=50)], ["ok", "ok"], max_yaw_deg=40.0, smooth=mean)
    assert table["AU12_r"][0] == pytest.approx(0, abs=1e-3)


def test_without_a_neutral_face_only_the_average_one_speaks():
    row = _measured([posed(SMILE)], ["ok"], neutral=UNKNOWN).row(0, named=True)
    assert {row[f"AU{unit:02d}_{kind}"] for unit in ACTION_UNITS for kind in "rc"} == {None}
    assert None not in (row["AU12_raw"], row["pitch_deg"])


def test_blind_units_are_null_everywhere():
    row = _measured([posed(SMILE)], ["ok"]).row(0, named=True)
    unknown = {name for name, value in row.items() if value is None}
    blind = {f"AU{unit}_{kind}" for unit in (14, 23) for kind in ("r", "c", "raw")} | {"AU14_left", "AU14_right"}
    assert unknown == blind | {f"blendshape_{name.removeprefix('_')}" for name in BLENDSHAPES}


def test_blendshapes_are_copied_and_join():
    neutral = neutral_measures(_neutral(CANONICAL_HEAD, score=0.1))
    row = _table(_readings([posed(CANONICAL_HEAD)], ["ok"], score=0.4), neutral).row(0, named=True)
    assert row["blendshape_neutral"] == row["blendshape_jawOpen"] == pytest.approx(0.4)
    assert row["AU12_r"] > 0.3
    assert {name[:4] for name, value in row.items() if value is None} == {"AU14", "AU23"}


def test_sides_are_the_performers_own():
    face = CANONICAL_HEAD.copy()
    face[61] += (-0.05, -0.05, 0)  # the viewer's left
    row = _measured([posed(face, yaw=10)], ["ok"]).row(0, named=True)
    assert row["AU12_right"] > 1.4 and row["AU12_left"] == pytest.approx(0, abs=0.05)
    assert row["AU12_r"] == pytest.approx((row["AU12_left"] + row["AU12_right"]) / 2, abs=0.05)


def test_of_a_smile_on_both_sides_the_whole_is_the_mean():
    row = _measured([posed(SMILE)], ["ok"]).row(0, named=True)
    for unit in PAIRED:
        if row[f"AU{unit:02d}_r"] is not None:
            both = (row[f"AU{unit:02d}_left"] + row[f"AU{unit:02d}_right"]) / 2
            assert row[f"AU{unit:02d}_r"] == pytest.approx(both, abs=0.05)


def test_readings_in_parts_are_those_of_the_whole():
    faces, statuses = [posed(CANONICAL_HEAD), posed(SMILE), UNKNOWN], ["ok", "ok", "no_face"]
    parts = join_readings([_readings(faces[:1], statuses[:1]), _readings(faces[1:], statuses[1:])])
    whole = _readings(faces, statuses)
    for name in ("place", "pose", "gaze", "movements", "scores"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), nan_ok=True)


def test_what_is_smoothed_is_known_and_the_pose_stays_raw():
    shapes = []

    def smooth(columns):
        shapes.append(columns.shape)
        assert not np.isnan(columns[0]).any()
        return columns * 0

    table = _measured([posed(SMILE, yaw=10), UNKNOWN], ["ok", "no_face"], smooth=smooth)
    assert (shapes[0][0], table["yaw_deg"][0], table["AU12_r"][0]) == (2, pytest.approx(10, abs=0.1), 0)


def test_no_frames():
    empty = pa.RecordBatch.from_pylist([], schema=MESH.schema)
    readings = read(empty, np.empty((0, 478, 3)), np.empty((0, len(BLENDSHAPES))))
    assert len(_table(readings, neutral_measures(NOBODY))) == 0


def test_no_nan_is_left():
    half = posed(SMILE)
    half[:100] = np.nan
    table = _measured([posed(SMILE), half, UNKNOWN, posed(SMILE)], ["ok", "ok", "ok", "no_face"])
    assert table.null_count().row(0) != (0,) * table.width
    assert table.schema == pl.from_arrow(FACE.empty()).schema
    assert not any(table.select(cs.float().is_nan().any()).row(0))
    assert table["pitch_deg"].is_null()[[0, -1]].to_list() == [False, True]


@pytest.mark.parametrize("lengths", [[5], [5, 3], [4, 4, 1], [2, 2, 2, 2]])
def test_parts_with_their_neighbours_are_the_whole_piece_by_piece(lengths):
    """Frames come every 0.04 s, so up to two on either side are nearer than 0.1 s."""
    whole = _readings([CANONICAL_HEAD] * sum(lengths), ["ok"] * sum(lengths))
    ends = np.cumsum(lengths)
    parts = [whole.rows(end - length, end) for end, length in zip(ends, lengths, strict=True)]
    pieces = list(with_neighbours(parts, 0.1))
    own = [around.times_s[first:last] for around, first, last in pieces]
    assert np.array_equal(np.concatenate(own), whole.times_s)
    for number, (around, first, last) in enumerate(pieces):
        before, after = (min(2, [0, *lengths, 0][number + step]) for step in (0, 2))
        assert (first, len(around) - last) == (before, after)
        begin = ends[number] - lengths[number] - before
        assert np.array_equal(around.times_s, whole.times_s[begin : begin + len(around)])
    assert list(with_neighbours([], 0.1)) == []
