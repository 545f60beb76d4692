import csv
import math
import tracemalloc

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest
from polars.testing import assert_frame_equal
from scipy.spatial.transform import Rotation

from moodreel.errors import UserError
from moodreel.face.head_pose import CANONICAL_HEAD, head_pose
from moodreel.formats import csv_numbers, openface
from moodreel.formats.face_rows import LANDMARKS_TO_MESH
from moodreel.formats.openface import angles
from moodreel.tables.base import polars_schema
from moodreel.tables.face import FACE
from moodreel.tables.openface import AU_C, AU_R, COLUMNS
from unit.formats.openface_files import OLD, row, write

SIDES, OTHERS = ("_left", "_right", "_raw"), ("blendshape_", "AU18")
NOT_IN_OPENFACE = [name for name in FACE.names if name.endswith(SIDES) or name.startswith(OTHERS)]
OF_INTENSITY = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
PRESENT = sorted((*OF_INTENSITY, 28))
LAST_COLUMNS = [*(f"AU{unit:02d}_r" for unit in OF_INTENSITY), *(f"AU{unit:02d}_c" for unit in PRESENT)]
"""The end of the header in OpenFace's wiki, "Output Format"."""


def face(frames: int = 40) -> pl.DataFrame:
    """A FACE table with everything in it that OpenFace has; every fifth frame without a face."""
    chance = np.random.default_rng(3)
    frame, degrees = np.arange(frames), {"pitch": 30, "yaw": 50, "roll": 40, "gaze_x": 25, "gaze_y": 20}
    visible = frame % 5 != 4
    known = {"frame": frame, "time_s": frame / 29.97, "status": np.where(visible, "ok", "no_face").tolist()}
    known |= {"confidence": chance.random(frames)}
    measured = {f"{name}_deg": chance.uniform(-most, most, frames) for name, most in degrees.items()}
    measured |= {name: chance.uniform(0, 5, frames) for name in AU_R}
    measured |= {name: chance.integers(0, 2, frames) for name in AU_C if name != "AU28_c"}
    table = pl.DataFrame(dict.fromkeys(FACE.names) | known | measured)
    return table.with_columns(pl.when(pl.Series(visible)).then(pl.col(list(measured)))).cast(polars_schema(FACE))


# ---- reading


def test_714_columns_with_leading_blanks(tmp_path):
    path = write(tmp_path / "of.csv", [row(1, AU12_r=1.25, AU12_c=1), row(2, AU12_r=0.5), row(3, success=0)])
    table, facts = openface.import_face(path)
    assert len(COLUMNS) == 714
    assert table.columns == FACE.names and table.schema == polars_schema(FACE)
    assert table.select("frame", "time_s", "AU12_r", "AU12_c", "status").rows() == [
        (0, 0.0, 1.25, 1, "ok"), (1, 0.04, 0.5, 0, "ok"), (2, 0.08, None, None, "no_face"),
    ]  # fmt: skip
    assert facts["columns_in_file"] == 714 and facts["left_out"] == ["AU28_c"]
    assert all(table[name].is_null().all() for name in NOT_IN_OPENFACE)
    FACE.conform(table)


def test_the_431_columns_of_2018_take_the_gaze_from_its_vectors(tmp_path):
    assert len(OLD) == 431
    aside = {"gaze_0_x": 0.3, "gaze_0_z": -0.95, "gaze_1_x": 0.1, "gaze_1_z": -0.99}
    table = openface.read(write(tmp_path / "of.csv", [row(1, **aside)], OLD))
    expected = math.degrees(math.atan2(0.4, 1.94)), 0
    assert table.select("gaze_x_deg", "gaze_y_deg").row(0) == pytest.approx(expected, abs=1e-4)


def test_a_file_cut_down_to_action_units(tmp_path):
    kept = ("frame", "timestamp", "confidence", "success", "AU04_r", "AU04_c")
    table = openface.read(write(tmp_path / "of.csv", [row(1, AU04_r=2)], kept, separator=","))
    assert table["AU04_r"][0] == 2
    empty = ("AU12_r", "AU12_c", "pitch_deg", "gaze_x_deg", "face_height")
    assert all(table[name].null_count() == 1 for name in empty)


def test_without_success_the_confidence_says_it(tmp_path):
    rows = [row(1, confidence=0.9), row(2, confidence=0.3)]
    table, facts = openface.import_face(write(tmp_path / "of.csv", rows, ("frame", "confidence", "AU04_r")))
    assert table["status"].to_list() == ["ok", "no_face"]
    assert "confidence" in facts["success_from"]
    assert table["time_s"].null_count() == 2


@pytest.mark.parametrize(("numbers", "frames"), [([1, 2, 5], [0, 1, 4]), ([0, 1, 2], [0, 1, 2]), ([3, 2], [1, 2])])
def test_frames_are_counted_from_zero_and_put_in_order(tmp_path, numbers, frames):
    table = openface.read(write(tmp_path / "of.csv", [row(number) for number in numbers]))
    assert table["frame"].to_list() == frames


@pytest.mark.parametrize(
    ("numbers", "base_of_times", "counted_from"),
    [
        (range(1, 60), 1, 1),
        (range(0, 60), 0, 0),
        (range(1, 60), 0, 0),  # counts from 0, its first row is lost
        (range(7, 60), 1, 1),  # counts from 1, its first rows are lost
        (range(7, 60), 0, 0),
        (range(1, 60), None, 1),
        (range(7, 60), None, 1),
    ],
)
def test_the_times_tell_what_frames_are_counted_from(tmp_path, numbers, base_of_times, counted_from):
    rows = [row(n, timestamp=0 if base_of_times is None else f"{(n - base_of_times) / 29.97:.3f}") for n in numbers]
    table, facts = openface.import_face(write(tmp_path / "of.csv", rows))
    assert table["frame"].to_list() == [n - counted_from for n in numbers]
    assert facts["counted_from"] == counted_from


PLACES = [
    ["pose_Tx", "pose_Ty", "pose_Tz"],
    [f"x_{point}" for point in range(68)] + [f"y_{point}" for point in range(68)],
]


@pytest.mark.parametrize("kept", [*PLACES, []], ids=["mm", "px", "no places"])
@pytest.mark.parametrize(
    "ids",
    [[n // 7 for n in range(60)], [n % 3 for n in range(60)], [0] * 60, [0] * 20 + [5] * 20 + [0] * 20, None],
    ids=["new ones", "changing", "one", "back again", "none"],
)
def test_a_face_is_followed_whatever_its_number_is(tmp_path, ids, kept):
    columns = ["frame", "timestamp", "confidence", "success", "AU12_r", *kept, *(["face_id"] if ids else [])]
    rows = [row(n + 1, pose_Tx=n, pose_Tz=600, face_id=ids[n] if ids else 0, AU12_r=n / 60) for n in range(60)]
    table, facts = openface.import_face(write(tmp_path / "of.csv", rows, tuple(columns)))
    np.testing.assert_allclose(table["AU12_r"], np.arange(60) / 60, atol=1e-6)
    assert facts["faces_in_file"] == 1 and facts["restarts"] == 0


@pytest.mark.parametrize("place", ["mm", "px"])
def test_two_people_who_exchange_their_numbers(tmp_path, place):
    def person(frame, x, face_id, unit):
        if place == "mm":
            where = {"pose_Tx": x, "pose_Tz": 700}
        else:
            where = {f"x_{point}": 500 + x + point for point in range(68)}
        return row(frame, face_id=face_id, confidence=0.9 + unit / 100, AU12_r=unit, **where)

    rows = []
    for n in range(1, 41):
        numbers = (0, 1) if (n // 4) % 2 else (1, 0)
        rows += [person(n, 10 * n, numbers[0], 1), person(n, 410 - 10 * n, numbers[1], 2)]
    kept = ("frame", "face_id", "timestamp", "confidence", "success", "AU12_r", *PLACES[place == "px"])
    table, facts = openface.import_face(write(tmp_path / "of.csv", rows, kept))
    assert table["AU12_r"].to_list() == [2] * 40
    assert facts["faces_in_file"] == 2 and facts["face_followed"] == [0, 1]


def test_frames_with_others_only_have_no_face_and_no_columns_of_theirs(tmp_path):
    rows = [row(n, pose_Tx=0, pose_Tz=600, AU12_r=1) for n in range(1, 11) if n != 5]
    rows += [row(n, face_id=1, pose_Tx=900, pose_Tz=600, AU12_r=3) for n in range(3, 7)]
    path = write(tmp_path / "of.csv", rows)
    table = openface.read(path)
    assert table["AU12_r"].to_list() == [1] * 4 + [None] + [1] * 5
    assert table.filter(frame=4).select("status", "confidence").row(0) == ("no_face", None)
    with openface.raw(path) as columns:
        of_frames = columns.of_frames(np.arange(10))
    assert of_frames["openface_AU12_r"].to_list() == [1] * 4 + [None] + [1] * 5


def test_all_columns_of_any_frames_come_from_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_numbers, "PIECE_ROWS", 3)
    numbers = [4, 9, 1, 2, 3, 7, 8, 5]
    path = write(tmp_path / "of.csv", [row(n, X_0=n / 2, p_33=-n) for n in numbers])
    expected = {n - 1: (n, n / 2, -n) for n in numbers}
    with openface.raw(path, tmp_path) as columns:
        for frames in ([*range(12)], [0, 1, 2], [8], [5], [3, 7], []):
            table = columns.of_frames(np.array(frames, int))
            found = table.select("openface_frame", "openface_X_0", "openface_p_33").rows()
            assert found == [expected.get(frame, (None,) * 3) for frame in frames]
            assert table.width == 714
    assert [file.name for file in tmp_path.iterdir()] == ["of.csv"]


def test_all_columns_of_a_long_file_do_not_lie_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_numbers, "PIECE_ROWS", 50)
    rows = 300
    path = write(tmp_path / "of.csv", [row(n) for n in range(1, rows + 1)])
    tracemalloc.start()
    try:
        with openface.raw(path) as columns:
            held, _ = tracemalloc.get_traced_memory()
            assert columns.facts["rows_in_file"] == rows
    finally:
        tracemalloc.stop()
    assert held < rows * len(COLUMNS) * 4 / 2


def test_of_several_faces_the_surest_is_followed(tmp_path):
    rows = [row(n, face_id=7, confidence=0.8, AU12_r=1) for n in (1, 2, 3)]
    rows += [row(n, face_id=2, confidence=0.97, AU12_r=4) for n in (1, 2, 3)]
    rows += [row(n, face_id=9, confidence=0.99, AU12_r=5, success=int(n == 1)) for n in (1, 2, 3)]
    table, facts = openface.import_face(write(tmp_path / "of.csv", rows))
    assert table["AU12_r"].to_list() == [4, 4, 4]
    assert facts["faces_in_file"] == 3 and facts["face_followed"] == 2


def test_faces_that_are_one_persons_are_joined(tmp_path):
    """Of each frame the surest row with a face; a frame without any stays, as one without a face."""
    rows = [row(n, face_id=7, confidence=0.8, AU12_r=1, success=int(n != 3)) for n in (1, 2, 3)]
    rows += [row(n, face_id=2, confidence=0.97, AU12_r=4, success=int(n == 2)) for n in (2, 3)]
    rows += [row(n, face_id=9, confidence=0.99, AU12_r=5) for n in (1, 2, 3)]
    table, facts = openface.import_face(write(tmp_path / "of.csv", rows), [7, 2])
    assert table["AU12_r"].to_list() == [1, 4, None]
    assert table["status"].to_list() == ["ok", "ok", "no_face"]
    assert facts["faces_in_file"] == 3 and facts["face_followed"] == [7, 2]
    with pytest.raises(UserError, match="there is no face_id 1, 3; there are 2, 7, 9"):
        openface.import_face(tmp_path / "of.csv", [3, 7, 1])


def test_the_height_is_that_of_a_mesh(tmp_path):
    table = openface.read(write(tmp_path / "of.csv", [row(1)]))
    assert table["face_height"][0] == pytest.approx(67 * LANDMARKS_TO_MESH, rel=1e-6)
    y, brows, chin = CANONICAL_HEAD[:, 1], [70, 63, 105, 66, 107, 336, 296, 334, 293, 300], 152
    assert np.ptp(y) / (y[chin] - y[brows].min()) == pytest.approx(LANDMARKS_TO_MESH, abs=0.01)


def test_what_is_not_a_number_does_not_matter_where_there_is_no_face(tmp_path):
    lost = dict.fromkeys(("AU12_r", "pose_Rx", "y_3", "gaze_angle_x"), "-nan(ind)")
    table = openface.read(write(tmp_path / "of.csv", [row(1), row(2, success=0, **lost)]))
    assert table["status"].to_list() == ["ok", "no_face"] and table["AU12_r"].to_list() == [0, None]


def test_a_real_file(shared):
    table, facts = openface.import_face(shared / "data/truth/openface_timo1/timo1.openface.csv")
    assert (table["status"] == "ok").sum() == 441 and len(table) == 811
    assert facts["columns_in_file"] == 431
    assert table["time_s"][-1] == pytest.approx(53.9334)
    one = openface.read(shared / "data/truth/pyfeat_stills/OpenFace_Test.csv").select("pitch_deg", "yaw_deg").row(0)
    assert one == pytest.approx(np.degrees([0.29759, 0.063753]), abs=1e-4)


# ---- angles


def turned_head(rotation: np.ndarray) -> np.ndarray:
    return (CANONICAL_HEAD @ Rotation.from_euler("XYZ", rotation).as_matrix().T * 80 + 200)[None]


@pytest.mark.parametrize("rotation", [(0.3, 0, 0), (0, 0.4, 0), (0, 0, -0.2), (-0.2, 0.5, 0.3)])
def test_the_head_pose_is_that_of_a_head_so_turned(rotation):
    pose = head_pose(turned_head(np.array(rotation)))
    np.testing.assert_allclose(angles.head_deg(np.array([rotation])), pose.angles_deg, atol=1e-6)


def test_eyes_that_stay_on_the_camera_turn_against_the_head_and_those_that_stay_in_the_head_with_it():
    rotation = np.array([[0.2, -0.4, 0.0]])  # down and to the viewer's right
    in_head = angles.in_head_deg(angles.direction(np.zeros((1, 2))), rotation)[0]
    assert in_head == pytest.approx(np.degrees([-0.4, -0.2]), abs=1.0)
    x, y = angles.to_camera_rad(np.zeros((1, 2)), rotation)[0]
    assert x == pytest.approx(0.4, abs=0.02) and y == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("turned_deg", [30, 80])
def test_gaze_goes_to_the_camera_and_back(turned_deg):
    chance = np.random.default_rng(1)
    gaze = chance.uniform(-35, 35, (500, 2))
    rotation = np.radians(chance.uniform(-turned_deg, turned_deg, (500, 3)))
    there = angles.to_camera_rad(gaze, rotation)
    np.testing.assert_allclose(angles.in_head_deg(angles.direction(there), rotation), gaze, atol=1e-9)


def test_a_gaze_that_no_eye_has_stays_a_number():
    there = angles.to_camera_rad(np.array([[80.0, -70.0]]), np.zeros((1, 3)))
    back = angles.in_head_deg(angles.direction(there), np.zeros((1, 3)))[0]
    assert np.isfinite(back).all() and back[0] > 40 and back[1] < -40


# ---- writing


@pytest.mark.parametrize("absent", ["left_out", "null"])
def test_out_and_in_again(tmp_path, absent):
    before = face()
    openface.write(tmp_path / "of.csv", before, absent=absent)
    after = openface.read(tmp_path / "of.csv")
    angles_deg, others = cs.ends_with("_deg"), ~cs.ends_with("_deg")
    assert_frame_equal(after.select(angles_deg), before.select(angles_deg), abs_tol=1e-4, rel_tol=0)
    assert_frame_equal(after.select(others), before.select(others), abs_tol=1e-6, rel_tol=0)


def test_names_and_order_are_openfaces(tmp_path):
    assert list(COLUMNS[-35:]) == LAST_COLUMNS
    assert COLUMNS[:13] == (
        "frame", "face_id", "timestamp", "confidence", "success", "gaze_0_x", "gaze_0_y", "gaze_0_z", "gaze_1_x",
        "gaze_1_y", "gaze_1_z", "gaze_angle_x", "gaze_angle_y",
    )  # fmt: skip
    assert COLUMNS[293:300] == ("pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz", "x_0")
    openface.write(tmp_path / "null.csv", face(), absent="null")
    openface.write(tmp_path / "out.csv", face().with_columns(pl.lit(None, pl.Float32).alias("AU14_r")))
    every, first = (next(csv.reader((tmp_path / name).read_text().splitlines())) for name in ("null.csv", "out.csv"))
    assert tuple(every) == COLUMNS
    assert first == [name for name in COLUMNS if name in first]
    assert "AU12_r" in first and "gaze_angle_x" in first
    assert not {"AU14_r", "AU28_c", "gaze_0_x", "pose_Tx", "x_0"} & set(first)


def test_what_a_reader_of_openface_sees(tmp_path):
    before = face()
    openface.write(tmp_path / "of.csv", before)
    table = pl.read_csv(tmp_path / "of.csv")  # as others read it, without this package
    assert table["frame"].to_list() == list(range(1, 41))
    assert table["face_id"].unique().to_list() == [0]
    assert table["success"].to_list() == [int(status == "ok") for status in before["status"]]
    assert table["timestamp"][1] == pytest.approx(0.033367, abs=1e-9)
    assert table["pose_Ry"][0] == pytest.approx(-math.radians(before["yaw_deg"][0]), abs=1e-6)
    assert table["AU12_r"][4] is None  # nobody seen: empty, not zero


def test_a_table_without_rows_and_one_without_faces(tmp_path):
    openface.write(tmp_path / "of.csv", face().clear())
    assert openface.read(tmp_path / "of.csv").is_empty()
    nobody = face(5).filter(pl.col("status") != "ok")
    openface.write(tmp_path / "of.csv", nobody)
    assert openface.read(tmp_path / "of.csv")["status"].to_list() == ["no_face"]


def test_a_write_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        openface.write(tmp_path / "of.csv", face().drop("yaw_deg"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UserError, match="no such file"):
        openface.read(tmp_path / "of.csv")
