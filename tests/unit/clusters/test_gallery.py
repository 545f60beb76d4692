"""Which frames the gallery shows, and how they are cut."""

import cv2
import numpy as np
import polars as pl

from moodreel.clusters.gallery import PICTURE_PX, in_thumbnail, jpeg, nearest_bins, person_region, thumbnail


def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cluster 1: videos a (two windows) and b (one); cluster 2: a window of c. Four bins of 0.5 s per window."""
    places = [0.0, 0.1, 2.0, 1.0, 0.5, 0.3, 9.0, 9.0, 6.0, -4.0, 6.0, 5.5, 50.0, 51.0, 52.0, 53.0]
    times_s = [*np.arange(8) / 2, *np.arange(4) / 2, *np.arange(4) / 2]
    embedding = pl.DataFrame({"video": list("aaaaaaaabbbbcccc"), "time_s": times_s, "e0": places, "e1": 0.0})
    clusters = pl.DataFrame({"video": list("aabc"), "window": [0, 1, 0, 0], "cluster": [1, 1, 1, 2]})
    return embedding, clusters.with_columns(start_s=pl.col("window") * 2.0, end_s=pl.col("window") * 2.0 + 2)


def test_nearest_bins_of_different_videos_come_first():
    embedding, clusters = tables()
    centre = embedding["e0"].head(12).mean()
    found = nearest_bins(embedding, clusters, most=3).filter(cluster=1)
    shown = found.select("rank", "video", "window", "time_s").rows()
    assert shown == [(1, "a", 0, 1.0), (2, "b", 0, 1.5), (3, "a", 1, 2.0)]
    np.testing.assert_allclose(found["distance"], [abs(2 - centre), abs(5.5 - centre), abs(0.5 - centre)])
    assert found["distance"][1] > found["distance"][2], "the other video comes first although it is farther"


def test_no_more_pictures_than_asked_for_and_every_cluster_has_its_own():
    assert nearest_bins(*tables(), most=1).select("cluster", "video").rows() == [(1, "a"), (2, "c")]


def test_a_bin_in_two_windows_is_shown_once():
    embedding, clusters = tables()
    overlapping = clusters.with_columns(start_s=pl.when(pl.col("window") == 1).then(1.0).otherwise("start_s"))
    found = nearest_bins(embedding, overlapping, most=9)
    assert found.select("video", "time_s").is_unique().all()


def test_the_region_is_a_square_about_the_person_within_the_picture():
    points = np.array([[500, 300], [600, 500], [np.nan, np.nan]])
    assert person_region(points, 1280, 720) == (420, 270, 680, 530)
    assert person_region(points, 640, 480) == (420, 270, 640, 480)
    assert person_region(np.full((25, 2), np.nan), 640, 480) == (0, 0, 640, 480)
    assert person_region(np.array([[-900.0, -900.0]]), 640, 480) == (0, 0, 640, 480)


def test_a_thumbnail_keeps_shape_and_colour():
    cut = thumbnail(np.full((480, 640, 3), (200, 40, 10), np.uint8), (100, 0, 420, 480))
    assert cut.shape == (PICTURE_PX, PICTURE_PX * 2 // 3, 3)
    back = cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg(cut), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    np.testing.assert_allclose(back.mean(axis=(0, 1)), (200, 40, 10), atol=3)


def test_a_point_stays_on_what_it_marks():
    picture = np.zeros((400, 600, 3), np.uint8)
    picture[110:114, 210:214] = 255
    region = (100, 50, 400, 250)
    cut = thumbnail(picture, region)
    ((x, y),) = in_thumbnail(np.array([[211.5, 111.5]]), region)
    rows, columns = np.nonzero(cut[..., 0] > 127)
    assert (columns.mean(), rows.mean()) == (x, y)
    assert np.isnan(in_thumbnail(np.array([[np.nan, 1.0]]), region)[0, 0])
