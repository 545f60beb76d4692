import numpy as np

from moodreel.report.overlay import BODY_RGB, CONTOURS, MESH_RGB, draw
from moodreel.tables.extraction import BODY_25, MESH_POINTS

GREY = np.full((100, 100, 3), 128, np.uint8)


def body(**places: tuple[float, float]) -> np.ndarray:
    return np.array([places.get(point, (np.nan, np.nan)) for point in BODY_25], float)


def coloured(picture: np.ndarray, shade: tuple[int, int, int]) -> np.ndarray:
    return (np.abs(picture.astype(int) - shade) < 30).all(axis=2)


def test_a_stick_joins_points_that_were_both_seen():
    drawn = draw(GREY, body(neck=(20, 50), nose=(80, 50), right_eye=(np.nan, np.nan), left_wrist=(50, 90)), None)
    assert coloured(drawn, BODY_RGB)[50, 25:75].all()
    assert not (drawn[10:40] != GREY[10:40]).any()
    assert coloured(drawn, BODY_RGB)[90, 50], "a point alone is a dot"
    assert (GREY == 128).all(), "the picture itself stays as it is"


def test_the_face_is_drawn_where_there_is_a_mesh():
    mesh = np.full((MESH_POINTS, 2), 10.0)
    mesh[10], mesh[338] = (20, 30), (80, 30)
    drawn = draw(GREY, body(), mesh)
    assert coloured(drawn, MESH_RGB)[30, 25:75].all()
    assert (draw(GREY, body(), np.full((MESH_POINTS, 2), np.nan)) == GREY).all()


def test_contours_are_points_of_the_mesh_and_mirror_each_other():
    assert max(max(line) for line in CONTOURS) < MESH_POINTS
    assert len({tuple(line) for line in CONTOURS}) == len(CONTOURS)
    assert sorted(map(len, CONTOURS)) == [5, 5, 5, 5, 5, 5, 5, 6, 17, 17, 21, 21, 37]
