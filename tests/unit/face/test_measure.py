import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pytest

from moodreel.face.head_pose import CANONICAL_HEAD
from moodreel.face.measure import face_table
from moodreel.tables.extraction import MESH
from moodreel.tables.face import ACTION_UNITS, FACE
from unit.face.faces import moved, posed

SMILE = moved({(61,): (-0.05, -0.05, 0)})
UNKNOWN = np.full((478, 3), np.nan)


def _measured(faces, statuses, neutral=CANONICAL_HEAD) -> pl.DataFrame:
    n = len(faces)
    frames = pa.record_batch(
        {"frame": range(n), "time_s": np.arange(n) / 25, "status": statuses, "confidence": [0.9] * n},
        schema=pa.schema([MESH.schema.field(name) for name in ("frame", "time_s", "status", "confidence")]),
    )
    return pl.from_arrow(face_table(frames, np.stack(faces).astype(np.float32), neutral, presence=1.0))


def test_a_row_per_frame_with_what_was_acted():
    table = _measured([posed(CANONICAL_HEAD), posed(SMILE, yaw=10, scale=50)], ["ok", "ok"])
    assert table.columns == FACE.names
    rest, smile = table.rows(named=True)
    assert (rest["AU12_r"], rest["AU12_c"]) == (pytest.approx(0, abs=1e-3), 0)
    assert smile["AU12_r"] > 1
    assert smile["AU12_c"] == 1
    assert smile["yaw_deg"] == pytest.approx(10, abs=0.1)
    height = np.ptp(posed(SMILE, yaw=10, scale=50)[:, 1])
    assert smile["face_height"] == pytest.approx(height, rel=1e-4)


@pytest.mark.parametrize("status", ["no_person", "no_face", "low_confidence"])
def test_what_was_not_seen_surely_is_null_and_says_why(status):
    shown = posed(SMILE) if status == "low_confidence" else UNKNOWN
    row = _measured([shown, posed(SMILE)], [status, "ok"]).row(0, named=True)
    assert row.pop("status") == status
    assert (row.pop("frame"), row.pop("time_s"), round(row.pop("confidence"), 3)) == (0, 0, 0.9)
    assert set(row.values()) == {None}


def test_without_a_neutral_face_only_the_average_one_speaks():
    row = _measured([posed(SMILE)], ["ok"], neutral=UNKNOWN).row(0, named=True)
    assert {row[f"AU{unit:02d}_{kind}"] for unit in ACTION_UNITS for kind in "rc"} == {None}
    assert row["AU12_raw"] is not None
    assert row["pitch_deg"] is not None


def test_blind_units_are_null_everywhere():
    row = _measured([posed(SMILE)], ["ok"]).row(0, named=True)
    unknown = {name for name, value in row.items() if value is None}
    assert unknown == {f"AU{unit}_{kind}" for unit in (14, 23) for kind in ("r", "c", "raw")}


def test_no_frames():
    frames = MESH.empty().combine_chunks().to_batches()
    assert frames == []
    empty = pa.RecordBatch.from_pylist([], schema=MESH.schema)
    assert len(face_table(empty, np.empty((0, 478, 3)), CANONICAL_HEAD, presence=1.0)) == 0


def test_no_nan_is_left():
    half = posed(SMILE)
    half[:100] = np.nan
    table = _measured([posed(SMILE), half, UNKNOWN, posed(SMILE)], ["ok", "ok", "ok", "no_face"])
    assert table.null_count().row(0) != (0,) * table.width
    assert not any(table.select(cs.float().is_nan().any()).row(0))
    known, *_, hidden = table.rows(named=True)
    assert known["pitch_deg"] is not None
    assert hidden["pitch_deg"] is None


def test_columns_have_the_tables_types():
    table = _measured([posed(SMILE), UNKNOWN], ["ok", "no_face"])
    assert table.schema == pl.from_arrow(FACE.empty()).schema
