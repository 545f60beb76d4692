"""What is stamped into a table is read without pyarrow, and the same as pyarrow reads."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.extraction import MESH
from moodreel.tables.stamp import STAMP_KEY, read_stamp
from unit.tables.test_base import ROWS, SPEC

LIKE_A_STAMP = b"\x18\x08moodreel\x18\x02{}\x00"
"""A text of rows that reads as our stamp does in a footer; pyarrow notes it there as the column's least and greatest."""


def by_pyarrow(path) -> dict:
    return json.loads((pq.read_metadata(path).metadata or {}).get(STAMP_KEY, b"{}"))


@pytest.mark.parametrize("letters", [0, 1, 60, 127, 128, 129, 16_383, 16_384, 300_000])
def test_stamps_of_all_lengths(tmp_path, letters):
    path, stamp = tmp_path / "t.parquet", {"code": "é" * letters, "inputs": {"a b.mp4": "ff"}, "end_s": None}
    for spec, rows in ((MESH, MESH.empty()), (SPEC, ROWS)):
        base.write(path, spec, rows, stamp)
        assert read_stamp(path) == by_pyarrow(path)
        assert read_stamp(path)["code"] == "é" * letters


def test_other_programs_files_carry_none(tmp_path):
    ROWS.write_parquet(tmp_path / "by-polars.parquet")
    pq.write_table(pa.table({"moodreel": ["moodreel"]}).replace_schema_metadata({"a": "b"}), tmp_path / "t.parquet")
    assert read_stamp(tmp_path / "by-polars.parquet") == read_stamp(tmp_path / "t.parquet") == {}


@pytest.mark.parametrize("others", [{}, {"a": "b"}, {"z": "moodreel"}])
def test_a_stamp_stands_next_to_other_texts(tmp_path, others):
    table = pa.table({"a": [LIKE_A_STAMP]})
    path = tmp_path / "t.parquet"
    pq.write_table(table.replace_schema_metadata({**others, STAMP_KEY: b'{"code": "abc"}'}), path)
    assert LIKE_A_STAMP in path.read_bytes()[-2000:]
    assert read_stamp(path) == by_pyarrow(path) == {"code": "abc"}


def test_an_absent_a_broken_and_half_a_file_are_reported(tmp_path):
    path = tmp_path / "t.parquet"
    with pytest.raises(UserError, match="no such file"):
        read_stamp(path)
    base.write(path, SPEC, ROWS, {"code": "abc"})
    whole = path.read_bytes()
    at = whole.rfind(b'{"code"')
    halves = [whole[:kept] for kept in (0, 3, 4, 8, 11, len(whole) // 2, len(whole) - 1)]
    for content in (*halves, whole[: at - 1] + b"\x7f" + whole[at:], whole[:at] + b"?" + whole[at + 1 :]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"t\.parquet: not a Parquet file"):
            read_stamp(path)
    path.write_bytes(b"PAR1" + whole[-200:])  # of which the footer would begin before the file does
    with pytest.raises(UserError, match="not whole"):
        read_stamp(path)
