"""The step `import_face`: from a CSV of another program to a FACE table like extraction's."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clips import write_clip
from moodreel.errors import UserError
from moodreel.settings.face import FROM_FILES
from moodreel.steps import import_face
from moodreel.storage import atomic, fingerprint
from moodreel.tables import base
from moodreel.tables.face import FACE
from unit.formats.openface_files import row, write
from unit.steps.calls import call


@pytest.fixture
def run(tmp_path, capsys) -> Callable[..., tuple[pl.DataFrame, dict, str]]:
    """Runs the step with these arguments: the table, its stamp and what was printed."""

    def done(file: Path, format: str = "openface", **more: object) -> tuple[pl.DataFrame, dict, str]:
        out = tmp_path / "out" / "face.parquet"
        call(import_face, file=file, format=format, out=out, **more)
        return base.read(out, FACE), base.read_stamp(out), capsys.readouterr().out

    return done


@pytest.fixture
def clip(tmp_path) -> Path:
    write_clip(tmp_path / "clip.mp4", np.full((20, 32, 32, 3), 90, np.uint8), rate_hz=10)
    return tmp_path / "clip.mp4"


def why_unusable(table: pl.DataFrame, stamp: dict, printed: str) -> str:
    """The detail of why the file cannot be used."""
    assert table.is_empty() and stamp["reason"] == "unusable_import" and stamp["detail"] in printed
    assert stamp["inputs"], "what it was made from: a mended file is read again"
    return stamp["detail"]


def openface(path: Path, frames: int) -> Path:
    return write(path, [row(n, AU12_r=n % 5) for n in range(1, frames + 1)])


def test_on_a_video(run, clip, tmp_path):
    csv = openface(tmp_path / "of.csv", 21)
    table, stamp, printed = run(csv, video=clip)
    assert len(table) == 20
    np.testing.assert_allclose(table["time_s"], np.arange(20) / 10, atol=1e-6)  # not the file's 1/25 s
    assert table["AU12_r"].to_list() == [n % 5 for n in range(1, 21)]
    assert "21 rows" in printed and "20 frames" in printed and "face in 20 of 20 frames" in printed
    assert stamp["mismatch"] in printed
    assert stamp["inputs"] == {str(path): atomic.sha256(path) for path in (csv, clip)}
    assert stamp["code"] == "c0de" and stamp["reason"] is None and stamp["width"] == 32
    assert stamp["imported"]["format"] == "OpenFace CSV" and stamp["face_backend"] == "openface"


def test_a_part_of_it(run, clip, tmp_path):
    csv = openface(tmp_path / "of.csv", 20)
    part = {"start_s": 0.5, "end_s": 1}
    on_video, stamp, _ = run(csv, video=clip, **part)
    assert on_video["frame"].to_list() == [5, 6, 7, 8, 9] and stamp["start_s"] == 0.5
    assert run(csv, rate_hz=10, **part)[0]["frame"].to_list() == [5, 6, 7, 8, 9]


def test_without_a_video(run, tmp_path):
    table, stamp, _ = run(openface(tmp_path / "of.csv", 5))
    np.testing.assert_allclose(table["time_s"], np.arange(5) / 25)
    assert stamp["times_from"] == "the imported file"


def test_pyfeat_needs_a_rate_or_a_video(run, clip, tmp_path):
    csv = tmp_path / "fex.csv"
    csv.write_text("FaceScore,AU12,frame\n" + "".join(f"0.9,0.{n % 10},{n}\n" for n in range(0, 20, 2)))
    assert "--rate-hz" in why_unusable(*run(csv, "pyfeat"))
    assert run(csv, "pyfeat", rate_hz=10)[0]["time_s"][-1] == pytest.approx(1.8)
    table, stamp, _ = run(csv, "pyfeat", video=clip)
    assert table["status"].to_list() == ["ok", "not_imported"] * 10 and stamp["mismatch"] is None


def test_a_video_that_cannot_be_read_gives_an_empty_table_and_a_missing_one_is_an_error(run, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    csv = openface(tmp_path / "of.csv", 5)
    table, stamp, printed = run(csv, video=tmp_path / "bad.mp4")
    assert table.is_empty() and stamp["reason"] == "unreadable" and "unreadable" in printed
    with pytest.raises(UserError, match=r"gone\.mp4: there is no such file"):
        run(csv, video=tmp_path / "gone.mp4")


def test_the_wrong_video_and_a_broken_file_give_an_empty_table_with_the_reason(run, clip, tmp_path):
    why = why_unusable(*run(openface(tmp_path / "of.csv", 30), video=clip))
    assert "has 30 rows" in why and "20 frames" in why
    (tmp_path / "of.csv").write_text("frame, success, AU12_r\n1, 1, high\n")
    assert "line 2, AU12_r" in why_unusable(*run(tmp_path / "of.csv", video=clip))


def test_real(run, shared):
    folder = shared / "data/truth/openface_timo1"
    table, stamp, printed = run(folder / "timo1.openface.csv", video=folder / "timo1.mp4")
    assert len(table) == 810 and (table["status"] == "ok").sum() == 441
    assert table["time_s"][-1] == pytest.approx(53.899)
    assert stamp["picture_start_s"] == pytest.approx(3.397)
    assert "811" in printed and "810 frames" in printed


def test_reading_does_not_depend_on_the_other_formats_code():
    both = {fingerprint.fingerprint("steps.import_face", f"formats.{name}") for name in FROM_FILES}
    assert len(both) == 2
