import os
import subprocess
import sys

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.extraction import BLENDSHAPES, BODY_25, MESH, MESH_POINTS, POSE
from moodreel.tables.schema import Column, Table

SPEC = Table(
    "spec",
    1,
    "for this test",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("time_s", "float64", "s", "time"),
        Column("kept", "bool", "", "flag"),
        Column("points", "float32 x 3", "px", "three"),
    ),
)
ROWS = pl.DataFrame(
    {"video": ["0012", "NA"], "time_s": [0.5, None], "kept": [True, False], "points": [[1.0, 2.0, 3.0], None]},
    schema_overrides={"points": pl.Array(pl.Float32, 3)},
)


def test_written_tables_read_back_with_their_stamp(tmp_path):
    path = tmp_path / "deep" / "t.parquet"
    base.write(path, SPEC, ROWS, {"code": "abc"})
    assert base.read(path, SPEC).equals(ROWS)
    assert base.read_stamp(path) == {"table": "spec", "schema_version": 1, "code": "abc"}
    assert [p.name for p in path.parent.iterdir()] == ["t.parquet"]


def test_streaming_appends_and_a_stamp_completed_at_the_end(tmp_path):
    for times in (2, 0):
        stamp = {"code": "abc"}
        with base.writer(tmp_path / "t.parquet", SPEC, stamp) as append:
            for _ in range(times):
                append(ROWS)
            stamp["decoded"] = 4
        assert base.read(tmp_path / "t.parquet", SPEC).height == 2 * times
        assert base.read_stamp(tmp_path / "t.parquet")["decoded"] == 4


@pytest.mark.parametrize("spec", [SPEC, POSE, MESH], ids=lambda spec: spec.name)
def test_an_empty_table_has_the_described_columns(spec):
    assert spec.empty().schema == spec.conform(spec.empty()).schema == spec.schema
    assert len(spec.empty()) == 0


def test_polars_tables_become_the_described_arrow_ones():
    table = SPEC.conform(ROWS.with_columns(pl.col("time_s").cast(pl.Float32)).select(*reversed(ROWS.columns)))
    assert (table.schema, table.to_pylist()) == (SPEC.schema, ROWS.to_dicts())


def test_writing_and_reading_do_not_import_pandas(tmp_path):
    """It takes longer to import than a clip's table to write; pyarrow imports it where it is asked for an array."""
    base.write(tmp_path / "t.parquet", SPEC, ROWS, {})
    code = (
        "import sys\n"
        "from moodreel.tables import base, extraction\n"
        "from unit.tables.test_base import SPEC\n"
        "before = 'pandas' in sys.modules\n"
        f"rows = base.read({str(tmp_path / 't.parquet')!r}, SPEC)\n"
        f"base.write({str(tmp_path / 'same.parquet')!r}, SPEC, rows, {{}})\n"
        f"base.write({str(tmp_path / 'none.parquet')!r}, SPEC, SPEC.empty(), {{}})\n"
        f"base.write({str(tmp_path / 'mesh.parquet')!r}, extraction.MESH, extraction.MESH.empty(), {{}})\n"
        "sys.exit(before or 'pandas' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
    assert base.read(tmp_path / "same.parquet", SPEC).equals(ROWS)


def test_an_exception_leaves_the_old_file_and_no_half_one(tmp_path):
    path = tmp_path / "t.parquet"
    base.write(path, SPEC, ROWS, {})
    with pytest.raises(RuntimeError), base.writer(path, SPEC, {}) as append:
        append(ROWS)
        raise RuntimeError("killed")
    assert base.read(path, SPEC).height == 2
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_every_mistake_of_a_table_is_named_at_once():
    wrong = pa.table({"time_s": ["soon"], "kept": [True], "video": pa.array([None], pa.string()), "other": [1]})
    with pytest.raises(ValueError) as error:
        SPEC.conform(wrong)
    assert all(f"'{name}'" in str(error.value) for name in ("points", "time_s", "other"))
    assert "1 nulls in column 'video'" in str(error.value)


@pytest.mark.parametrize("content", [None, b"", b"not parquet"])
def test_absent_and_broken_files_and_tables_of_another_kind_are_user_errors(tmp_path, content):
    path = tmp_path / "t.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match="t.parquet"):
        base.read(path, SPEC)
    base.write(path, SPEC, ROWS, {})
    with pytest.raises(UserError, match="expected a pose table"):
        base.read(path, POSE)


def test_tsv_keeps_text_that_looks_like_numbers(tmp_path):
    columns = (Column("a", "string", "", ""), Column("n", "float64", "", ""), Column("b", "bool", "", ""))
    spec = Table("text", 1, "", columns)
    texts = ["0012345678", "1e5", "NA", None]
    rows = pl.DataFrame({"a": texts, "n": [1.5, None, -2.0, 0.0], "b": [True, False, None, True]})
    base.write_tsv(tmp_path / "t.tsv", spec, rows)
    assert base.read_tsv(tmp_path / "t.tsv", spec).equals(rows)


def test_the_mesh_is_byte_stream_split_without_dictionary(tmp_path):
    points = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(MESH_POINTS * 2, dtype=np.float32)), MESH_POINTS)
    frames = {"frame": [0, 1], "time_s": [0.0, 0.04], "status": ["ok", "ok"], "confidence": [1.0, 1.0]}
    shapes = pa.array([[0.5] * len(BLENDSHAPES), None], pa.list_(pa.float32(), len(BLENDSHAPES)))
    rows = pa.table({**frames, **dict.fromkeys("xyz", points), "blendshapes": shapes})
    base.write(tmp_path / "m.parquet", MESH, rows, {})
    group = pq.read_metadata(tmp_path / "m.parquet").row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    for name in ("x", "blendshapes"):
        assert "BYTE_STREAM_SPLIT" in columns[f"{name}.list.element"].encodings
        assert columns[f"{name}.list.element"].compression == "ZSTD"


def test_body_25_is_in_openpose_order():
    assert len(BODY_25) == 25 and len(set(BODY_25)) == 25
    names = ["nose", "neck", "mid_hip", "left_ankle", "right_eye", "left_big_toe", "right_heel"]
    assert [BODY_25.index(name) for name in names] == [0, 1, 8, 14, 15, 19, 24]
