import numpy as np
import pytest

from moodreel.films import drawing
from moodreel.films.drawing import BOX_RGB, Placement, Sheet
from moodreel.films.panel import GROUND_RGB
from moodreel.films.readings import Reading
from moodreel.report.overlay import BODY_RGB, MESH_RGB
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.extraction import MESH_POINTS
from moodreel.tables.face import ACTION_UNITS
from unit.report.test_overlay import body, coloured

GREY = np.full((240, 320, 3), 128, np.uint8)
ALL = ("mesh", "skeleton", "box", "units", "scores")
UNITS = drawing.units_group([12, 25], "facemesh")
SCORES = drawing.scores_group("mesh", unnamed=False)


def seen() -> Reading:
    mesh = np.full((MESH_POINTS, 2), 150.0)
    mesh[10], mesh[338] = (60, 90), (140, 90)
    return Reading(
        body=body(neck=(40, 200), nose=(280, 200)), mesh=mesh, box=np.array([50.0, 80.0, 110.0, 80.0]),
        units=np.array([2.5, np.nan]), scores=np.full(7, 0.1), body_status="ok", face_status="ok",
    )  # fmt: skip


def frame(sheet: Sheet, reading: Reading, picture: np.ndarray = GREY) -> np.ndarray:
    return sheet.frame(picture, index=3, time_s=0.12, reading=reading)


def test_points_land_where_they_were_read():
    shown = frame(Sheet((320, 240), layers=ALL, units=UNITS, scores=SCORES), seen())
    assert coloured(shown, BODY_RGB)[200, 60:260].all()
    assert coloured(shown, MESH_RGB)[90, 70:130].all()
    box = coloured(shown[:240, :320], BOX_RGB)
    assert box[80, 60:150].all() and box[160, 60:150].all() and box[95:150, 50].all() and box[95:150, 160].all()


def test_only_the_layers_that_are_asked_for_are_drawn():
    for layer, shades in {"mesh": {MESH_RGB}, "skeleton": {BODY_RGB}, "box": {BOX_RGB}}.items():
        shown = frame(Sheet((320, 240), layers=(layer,)), seen())[:240, :320]
        assert {shade for shade in (MESH_RGB, BODY_RGB, BOX_RGB) if coloured(shown, shade).sum() > 50} == shades


def test_nothing_is_drawn_where_nothing_was_seen():
    sheet = Sheet((320, 240), layers=ALL, units=UNITS, scores=SCORES)
    nothing = Reading(body=body(), units=np.full(2, np.nan), body_status="no_person", face_status="no_person")
    shown = frame(sheet, nothing)
    assert (shown[:240, :320] == 128).all()
    there = frame(sheet, Reading(body=body(), units=np.full(2, np.nan), body_status="ok", face_status="ok"))
    assert (shown[240:] != there[240:]).any() and (shown[:240] == there[:240]).all(), "the line below says why"


def test_a_status_is_reported_of_what_is_drawn_alone():
    reading = Reading(face_status="low_confidence", body_status="no_person")
    for layers, text in (
        (("skeleton",), "body: no person"),
        (("mesh",), "face: low confidence"),
        (("box", "skeleton"), "face: low confidence   body: no person"),
    ):
        assert Sheet((320, 240), layers=layers)._missing(reading) == text


def test_letters_and_bars_stand_next_to_the_picture():
    sheet = Sheet((320, 240), layers=ALL, units=UNITS, scores=SCORES)
    shown = frame(sheet, Reading(units=np.array([5.0, 1.0]), scores=np.full(7, 0.5)))
    assert (shown[:240, :320] == 128).all()
    assert sheet.size[0] > 320 and (shown[:200, 320:] != GROUND_RGB).any()


@pytest.mark.parametrize(("width", "height"), [(321, 241), (33, 17), (1920, 1080)])
def test_sizes_are_even_and_the_picture_is_whole(width, height):
    sheet = Sheet((width, height), layers=ALL)
    assert [side % 2 for side in sheet.size] == [0, 0]
    shown = frame(sheet, Reading(), np.full((height, width, 3), 128, np.uint8))
    assert shown.shape[1::-1] == sheet.size and (shown[:height, :width] == 128).all()


def test_a_smaller_picture_takes_its_points_along():
    size = drawing.picture_size(640, 480, 240)
    assert size == (320, 240) and drawing.picture_size(640, 480, 2000) == (640, 480)
    double = Reading(body=seen().body * 2 + 0.5)
    shown = frame(Sheet(size, layers=("skeleton",)), double, np.full((480, 640, 3), 128, np.uint8))
    assert coloured(shown, BODY_RGB)[200, 60:260].all()


def test_a_frame_of_another_shape_lies_in_the_middle():
    place = Placement.within(240, 240, (320, 240))
    assert (place.factor, place.left, place.top) == (1.0, 40, 0)
    sheet = Sheet((320, 240), layers=("skeleton",))
    shown = frame(sheet, Reading(body=body(neck=(20, 200), nose=(220, 200))), GREY[:, :240])
    assert (shown[:240, :40] == GROUND_RGB).all() and (shown[:240, 280:320] == GROUND_RGB).all()
    assert coloured(shown, BODY_RGB)[200, 70:250].all()


def test_scores_of_built_in_clips_have_no_names():
    named, unnamed = SCORES, drawing.scores_group("mesh", unnamed=True)
    assert [bar.name for bar in named.bars] == list(EMOTIONS)
    assert [bar.name for bar in unnamed.bars] == [f"class {n}" for n in range(7)]
    texts = " ".join([unnamed.title, unnamed.remark, *(bar.name for bar in unnamed.bars)])
    assert not [name for name in (*EMOTIONS, "emotion") if name in texts]


def test_units_of_which_little_is_known_are_hollow():
    group = drawing.units_group([4, 12, 25], "facemesh")
    assert [(bar.name, bar.hollow) for bar in group.bars] == [
        ("AU04 brow lowerer", True), ("AU12 lip corner puller", False), ("AU25 lips part", True),
    ]  # fmt: skip
    assert group.remark == "hollow: do not use or not judged (docs/trust.md)"
    assert drawing.units_group([12], "facemesh").remark == ""
    assert all(bar.hollow for bar in drawing.units_group(list(ACTION_UNITS), "openface").bars)
