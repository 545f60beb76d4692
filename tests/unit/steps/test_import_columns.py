"""The step `import_columns`: all of OpenFace's columns on the frames of the face's table."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.formats import openface
from moodreel.steps import import_columns, import_face
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.openface import COLUMNS, OPENFACE
from unit.formats.openface_files import OLD, row, write
from unit.steps.calls import call


def made(csv: Path, **times: float):
    """The table of a CSV, its stamp, and the face's."""
    face, out = csv.with_name("face.parquet"), csv.with_name("openface.parquet")
    call(import_face, file=csv, format="openface", out=face, **times)
    call(import_columns, file=csv, face=face, out=out)
    return base.read(out, OPENFACE), base.read_stamp(out)


def test_every_column_stands_on_the_faces_frames(tmp_path, capsys):
    rows = [row(n, AU12_r=n / 10, X_5=-3.5 * n, p_rx=0.25) for n in (1, 2, 4, 5)]
    table, stamp = made(write(tmp_path / "of.csv", rows))
    assert table.width == 2 + 714
    assert table["frame"].to_list() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(table["openface_X_5"].drop_nulls(), [-3.5, -7, -14, -17.5])
    assert table["openface_frame"].to_list() == [1, 2, None, 4, 5]  # the file's own number
    assert table.select(f"openface_{name}" for name in COLUMNS).row(2) == (None,) * 714
    assert stamp["absent"] == [] and stamp["columns_in_file"] == 714
    assert atomic.sha256(tmp_path / "of.csv") in stamp["inputs"].values()
    assert "714 columns, rows of 5 frames" in capsys.readouterr().out


def test_files_of_2018_lack_columns_and_it_is_reported(tmp_path, capsys):
    table, stamp = made(write(tmp_path / "of.csv", [row(1), row(2)], OLD))
    assert len(stamp["absent"]) == 714 - 431
    assert table["openface_gaze_angle_x"].null_count() == 2
    assert "283 of 714 columns are not in it" in capsys.readouterr().out


def test_a_part_of_a_video_and_the_surest_face(tmp_path):
    rows = [row(n, face_id=face, confidence=0.8 + face / 10, p_0=face) for n in range(1, 11) for face in (0, 1)]
    table, stamp = made(write(tmp_path / "of.csv", rows), rate_hz=10, start_s=0.5)
    assert table["frame"].to_list() == [5, 6, 7, 8, 9]
    assert table["openface_p_0"].to_list() == [1.0] * 5
    assert stamp["faces_in_file"] == 2 and stamp["face_followed"] == 1


def test_numbers_of_frames_without_a_face_stay_and_what_is_no_number_is_null(tmp_path):
    rows = [row(1), row(2, success=0, confidence=0.1, X_0="-nan(ind)", AU12_r=0.5), row(3)]
    table, _ = made(write(tmp_path / "of.csv", rows))
    columns = ("openface_success", "openface_X_0", "openface_AU12_r")
    assert table.select(columns).rows() == [(1, 0, 0), (0, None, 0.5), (1, 0, 0)]


def test_no_number_where_a_face_was_seen_is_refused_in_any_column(tmp_path):
    path = write(tmp_path / "of.csv", [row(1, p_33="wide"), row(2, Z_67="far"), row(3, AU12_r=7)])
    with pytest.raises(UserError) as error, openface.raw(path):
        pass
    wrong = (
        "line 2, p_33: 'wide' is not a number",
        "line 3, Z_67: 'far' is not a number",
        "line 4, AU12_r: 7; expected",
    )
    assert all(words in str(error.value) for words in ("3 mistakes", *wrong))


def test_a_face_table_of_another_file_is_refused(tmp_path):
    csv = write(tmp_path / "of.csv", [row(1), row(2)])
    made(csv)
    write(csv, [row(1), row(2), row(3)])
    with pytest.raises(UserError, match="was not made from"):
        call(import_columns, file=csv, face=tmp_path / "face.parquet", out=tmp_path / "o")


def test_real(shared, tmp_path):
    csv = tmp_path / "timo1.csv"
    csv.symlink_to(shared / "data/truth/openface_timo1/timo1.openface.csv")
    table, stamp = made(csv)
    assert len(table) == 811 and len(stamp["absent"]) == 283
    tracked = table.filter(pl.col("openface_success") == 1)
    assert len(tracked) == 441 and table["openface_x_30"].min() == 0  # what OpenFace writes where it saw no face
    assert 100 < tracked["openface_x_30"].min() < tracked["openface_x_30"].max() < 640
