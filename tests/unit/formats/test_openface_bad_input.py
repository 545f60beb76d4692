import re
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.formats import openface
from unit.formats.openface_files import row, write

COLUMNS = (
    "frame", "face_id", "timestamp", "confidence", "success", "pose_Rx", "pose_Ry", "pose_Rz", "AU04_r", "AU12_r",
    "AU12_c",
)  # fmt: skip


def good(path: Path, **cells) -> Path:
    """Ten frames; `cells` changes those of frame 5, which stands in line 6."""
    return write(path, [row(n, **(cells if n == 5 else {})) for n in range(1, 11)], COLUMNS)


def refused(path: Path) -> str:
    """The message with which the file is refused."""
    with pytest.raises(UserError, match=re.escape(str(path))) as caught:
        openface.read(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"AU12_r": "high"}, "line 6, AU12_r: 'high' is not a number"),
        ({"AU12_r": '"0,5"'}, "line 6, AU12_r: '0,5' has a decimal comma; expected 0.5"),
        ({"AU12_r": 5.5}, "line 6, AU12_r: 5.5; expected an intensity from 0 to 5"),
        ({"AU12_r": -1}, "line 6, AU12_r: -1; expected an intensity from 0 to 5"),
        ({"AU12_r": "1e300"}, "line 6, AU12_r: 1e+300"),
        ({"AU12_r": "1e999"}, "line 6, AU12_r: '1e999' is not a number"),
        ({"AU12_c": 0.5}, "line 6, AU12_c: 0.5; expected 0 or 1"),
        ({"pose_Rx": 25.5}, "line 6, pose_Rx: 25.5; expected an angle in radians"),
        ({"success": 2}, "line 6, success: 2; expected 0 or 1"),
        ({"success": ""}, "line 6, success: nothing; expected 0 or 1"),
        ({"confidence": 98}, "line 6, confidence: 98; expected a confidence from 0 to 1"),
        ({"timestamp": "nan"}, "line 6, timestamp: nothing; expected a time in seconds"),
        ({"frame": 4}, "line 6, frame: frame 4 is in line 5 already"),
        ({"frame": 4.5}, "line 6, frame: 4.5; expected the frame's number"),
        ({"frame": ""}, "line 6, frame: nothing"),
    ],
)
def test_a_wrong_cell(tmp_path, cells, expected):
    assert expected in refused(good(tmp_path / "of.csv", **cells))


def test_all_mistakes_at_once_up_to_twenty_by_line(tmp_path):
    rows = [row(n, AU12_r=9, AU04_r="x") for n in range(1, 31)]
    lines = refused(write(tmp_path / "of.csv", rows, COLUMNS)).splitlines()
    assert lines[0].startswith("60 mistakes") and len(lines) == 22 and lines[-1] == "  - and 40 more"
    assert [line.split(",")[0] for line in lines[1:5]] == ["  - line 2", "  - line 2", "  - line 3", "  - line 3"]


def test_every_cut_within_a_line_is_noticed(tmp_path):
    whole = good(tmp_path / "of.csv").read_bytes().rstrip(b"\n")
    last = whole.rindex(b"\n") + 1
    for end in range(last + 1, len(whole) - 1):
        (tmp_path / "cut.csv").write_bytes(whole[:end])
        message = refused(tmp_path / "cut.csv")
        assert "line 11: " in message and "ends in the middle of a line" in message


def test_wrong_names_get_the_near_miss(tmp_path):
    path = good(tmp_path / "of.csv")
    path.write_text(path.read_text().replace("AU12_r", "AU12r").replace("pose_Ry", "pose_ry").replace("frame", "Frame"))
    message = refused(path)
    assert message.startswith("3 mistakes")
    for name, meant in (("AU12r", "AU12_r"), ("pose_ry", "pose_Ry"), ("Frame", "frame")):
        assert f"line 1, {name}: there is no such column. Did you mean '{meant}'?" in message


def test_names_of_ones_own_are_kept_and_one_that_stands_there_twice_is_refused(tmp_path):
    path = good(tmp_path / "of.csv")
    head, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head + ", participant", *(line + ", p01" for line in rest)]) + "\n")
    assert len(openface.read(path)) == 10
    path.write_text(path.read_text().replace("AU04_r", "AU12_r"))
    assert "line 1, AU12_r: the column occurs 2 times" in refused(path)


def test_decimal_commas_between_commas(tmp_path):
    path = good(tmp_path / "of.csv")
    path.write_text(path.read_text().replace(".", ","))
    assert "line 3: 13 cells, but the header has 11 columns; are there decimal commas?" in refused(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        *((content, "the file is empty") for content in (b"", b" \n\n")),
        (bytes(range(256)), "binary"),
        (b"PK\3\4 anything", "Excel workbook"),
        (b"a," * 20_000 + b"frame\n", "20001 columns; up to 10000"),
        (b"\xff\xd8\xff\xe0 no text", "not text in UTF-8"),
        (b"1,0.0,0.98,1,0.2\n", "line 1: numbers; expected the names of the columns"),
        (b"frame,FaceRectX,FaceScore,AU01\n0,1,1,0.5\n", "py-feat"),
        (", ".join((*COLUMNS[:8], "")).encode(), "there is no action unit"),
        *((b"a, b\n1, 2\n", missing) for missing in ("'frame' is missing", "'success'", "AU01_r")),
    ],
)
def test_files_that_are_something_else(tmp_path, content, expected):
    (tmp_path / "of.csv").write_bytes(content)
    assert expected in refused(tmp_path / "of.csv")
    for folder_or_nothing in (tmp_path, tmp_path / "nowhere.csv"):
        refused(folder_or_nothing)


def test_windows_line_ends_a_mark_at_the_start_and_blank_lines_do_not_matter(tmp_path):
    path = good(tmp_path / "of.csv", AU12_r=2.5)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert openface.read(path)["AU12_r"].to_list() == [0, 0, 0, 0, 2.5, 0, 0, 0, 0, 0]
