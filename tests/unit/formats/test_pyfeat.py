import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.formats import pyfeat
from moodreel.formats.face_rows import LANDMARKS_TO_MESH
from moodreel.tables.base import polars_schema
from moodreel.tables.face import FACE

BOX = {"FaceRectX": 10, "FaceRectY": 20, "FaceRectWidth": 50, "FaceRectHeight": 60, "FaceScore": 0.99}
UNITS = {"AU01": 0.1, "AU11": 0.2, "AU12": 0.8, "AU28": 0.3, "AU43": 0.6}
LANDMARKS = {f"y_{point}": 100 + point for point in range(68)}
POSE = {"Pitch": 10.0, "Roll": -5.0, "Yaw": 20.0}


def row(frame: int, /, **cells) -> dict:
    return BOX | LANDMARKS | POSE | UNITS | {"happiness": 0.5, "input": "a,b.mp4", "frame": frame} | cells


def write(path: Path, rows: list[dict]) -> Path:
    pl.DataFrame([{name: str(cell) for name, cell in cells.items()} for cells in rows]).write_csv(path)
    return path


def read(path: Path) -> pl.DataFrame:
    return pyfeat.import_face(path)[0]


def test_probabilities_become_intensities_by_convention_and_presence(tmp_path):
    table, facts = pyfeat.import_face(write(tmp_path / "fex.csv", [row(0), row(2, AU12=0.5, AU43=0.1)]))
    assert table.columns == FACE.names and table.schema == polars_schema(FACE)
    columns = ("frame", "time_s", "AU12_r", "AU12_c", "AU01_c", "AU45_r", "AU45_c", "AU02_r")
    assert table.select(columns).rows() == [(0, None, 4.0, 1, 0, 3.0, 1, None), (2, None, 2.5, 1, 0, 0.5, 0, None)]
    assert table["face_height"][0] == pytest.approx(67 * LANDMARKS_TO_MESH, rel=1e-6)
    assert "probabilities" in facts["units_are"]
    assert facts["au45_from"] == "AU43" and facts["left_out"] == ["AU11", "AU28"]


def test_zeros_and_ones_are_presence_alone(tmp_path):
    rows = [row(0, **dict.fromkeys(UNITS, 1)), row(1, **dict.fromkeys(UNITS, 0))]
    table, facts = pyfeat.import_face(write(tmp_path / "fex.csv", rows))
    assert table["AU12_c"].to_list() == [1, 0] and table["AU12_r"].null_count() == 2
    assert "0 or 1" in facts["units_are"]


RADIANS = {"Pitch": 0.1, "Roll": -0.2, "Yaw": 0.3, "X": 0.0, "Y": 0.0, "Z": 1.0}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, [-10, -20, -5]),
        (RADIANS, np.degrees([0.1, 0.2, 0.3])),
        (RADIANS | {"valence": 0.1}, np.degrees([0.1, -0.3, 0.2])),
        (RADIANS | {"Pitch": 10.0}, [-10, -0.3, -0.2]),
    ],
    ids=["degrees", "axes", "radians", "too large for radians"],
)
def test_head_poses_of_three_conventions(tmp_path, cells, expected):
    table = read(write(tmp_path / "fex.csv", [row(0, **cells)]))
    np.testing.assert_allclose(table.select("pitch_deg", "yaw_deg", "roll_deg").row(0), expected, rtol=1e-6)


@pytest.mark.parametrize("nothing", ["", "nan", "NaN"])
def test_frames_without_a_face(tmp_path, nothing):
    lost = dict.fromkeys((*BOX, *UNITS, *LANDMARKS, *POSE), nothing)
    table = read(write(tmp_path / "fex.csv", [row(0), row(1, **lost), row(2, FaceScore=0)]))
    assert table.select("status", "AU12_r").rows() == [("ok", 4.0), ("no_face", None), ("no_face", None)]


def test_of_several_faces_the_largest_is_followed_from_place_to_place(tmp_path):
    def person(frame, x, size, unit):
        return row(frame, FaceRectX=x, FaceRectWidth=size, FaceRectHeight=size, AU12=unit)

    rows = [person(0, 0, 50, 0.1), person(0, 300, 80, 0.9)]
    rows += [person(1, 310, 40, 0.8), person(1, 5, 50, 0.1), person(2, 330, 40, 0.7)]
    table, facts = pyfeat.import_face(write(tmp_path / "fex.csv", rows))
    np.testing.assert_allclose(table["AU12_r"], [4.5, 4.0, 3.5], rtol=1e-6)
    assert facts["faces_in_file"] == 2


def test_tables_of_several_files_are_not_one_video_with_several_faces(tmp_path):
    one = [row(frame) for frame in range(3)]
    other = [row(frame, FaceRectX=400, input="c.mp4") for frame in range(3)]
    with pytest.raises(UserError, match=r"line 5, input: frame 0 is of another file than in line 2"):
        read(write(tmp_path / "fex.csv", one + other))
    pictures = [row(frame, input=f"{frame}.png") for frame in range(3)]
    assert read(write(tmp_path / "fex.csv", pictures)).height == 3
    same = [row(frame, FaceRectX=400) for frame in range(3)]
    assert pyfeat.import_face(write(tmp_path / "fex.csv", one + same))[1]["faces_in_file"] == 2


def test_blendshapes_are_imported_where_the_file_has_them_and_gaze_is_not(tmp_path):
    cells = {"valence": 0.0, "jawOpen": 0.25, "_neutral": 0.0, "gaze_pitch": 0.1, "gaze_yaw": 0.2}
    table = read(write(tmp_path / "fex.csv", [row(0, **cells)]))
    assert table["gaze_x_deg"][0] is None and table["gaze_y_deg"][0] is None
    assert table["blendshape_jawOpen"].to_list() == [0.25] and table["blendshape_neutral"].to_list() == [0.0]
    assert table["blendshape_mouthPucker"].null_count() == 1


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"AU12": 1.5}, "line 4, AU12: 1.5; expected a probability from 0 to 1"),
        ({"AU12": "0,5"}, "line 4, AU12: '0,5' has a decimal comma; expected 0.5"),
        ({"Pitch": 400}, "line 4, Pitch: 400; expected an angle"),
        ({"frame": 1}, "line 4, frame: frame 1 is in line 3 already, with the same face"),
        ({"frame": "x"}, "line 4, frame: 'x' is not a number"),
    ],
)
def test_a_wrong_cell(tmp_path, cells, expected):
    path = write(tmp_path / "fex.csv", [row(0), row(1), row(2, **cells), row(3)])
    with pytest.raises(UserError) as caught:
        read(path)
    assert expected in str(caught.value) and "nothing of it was imported" in str(caught.value)


def test_wrong_names_and_another_programs_file(tmp_path):
    path = write(tmp_path / "fex.csv", [row(0)])
    path.write_text(path.read_text().replace("Pitch", "pitch"))
    with pytest.raises(UserError, match="line 1, pitch: .* Did you mean 'Pitch'"):
        read(path)
    path.write_text("frame, success, AU12_r\n1, 1, 0.5\n")
    with pytest.raises(UserError, match="OpenFace's columns"):
        read(path)


def test_a_frames_number_that_was_cut_off_is_noticed_and_a_header_alone_is_a_table_without_rows(tmp_path):
    path = write(tmp_path / "fex.csv", [row(n, FaceRectX=n) for n in range(8, 13)])
    path.write_text(path.read_text().rstrip("\n")[:-1])
    with pytest.raises(UserError, match="ends in the middle of a line"):
        read(path)
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert read(path).is_empty()


def test_real_files(shared):
    folder = shared / "data"
    old, facts = pyfeat.import_face(folder / "truth/pyfeat_stills/002.csv")
    assert len(old) == 28 and "degrees" in facts["head_pose"]
    assert old["pitch_deg"].max() == pytest.approx(17.064, abs=1e-3)  # looks down
    new, facts = pyfeat.import_face(folder / "labelled/pyfeat_goodbad_news/001.csv")
    assert new["frame"].to_list() == list(range(0, 40, 2)) and "Detectorv2" in facts["head_pose"]
    assert new["pitch_deg"][0] == pytest.approx(math.degrees(0.07763672), abs=1e-4)
    assert new["blendshape_jawOpen"].null_count() == 0


def test_signs_of_the_head_pose_are_those_of_the_same_files_landmarks(shared):
    for folder, parts in (("truth/pyfeat_stills", "00*.csv"), ("labelled/pyfeat_goodbad_news", "0*.csv")):
        eyes, down, roll, pitch = [], [], [], []
        for path in sorted((shared / "data" / folder).glob(parts)):
            table, raw = read(path), pl.read_csv(path)
            x, y = (raw.select(f"{axis}_{point}" for point in range(68)).to_numpy() for axis in "xy")
            eyes.append(np.degrees(np.arctan2(y[:, 45] - y[:, 36], x[:, 45] - x[:, 36])))
            middle, mouth = y[:, 36:48].mean(axis=1), y[:, [48, 54]].mean(axis=1)
            down.append((y[:, 30] - middle) / (mouth - middle))
            roll.append(table["roll_deg"].to_numpy())
            pitch.append(table["pitch_deg"].to_numpy())
        assert np.corrcoef(np.concatenate(eyes), np.concatenate(roll))[0, 1] > 0.9
        assert np.corrcoef(np.concatenate(down), np.concatenate(pitch))[0, 1] > 0.7
