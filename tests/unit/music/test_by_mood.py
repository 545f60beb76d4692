import numpy as np
import polars as pl
import pytest

from moodreel.music.by_mood import ByMood
from moodreel.music.library import Library


def _library(tables):
    return Library.of(tables, dict.fromkeys(tables, (0.0, float("inf"))))


def test_the_nearest_mood_comes_first(make_clusters, soundtracks):
    """A smiling, moving face; one with lowered lip corners and no motion."""
    tables = {v: soundtracks[f"{v}-1"] for v in ("joyful", "sad", "fierce", "calm")}
    clusters = make_clusters([("joyful", 0, 1), ("sad", 0, 2)])
    method = ByMood(clusters, np.array([1.0, -1.0]), np.array([0.6, -0.9]), _library(tables))
    assert [found.track[found.distance.argmin()] for found in map(method.candidates, (0, 1))] == ["joyful", "sad"]
    assert "cluster 1 at valence +1.00, arousal +0.60, track at valence" in method.candidates(0).reason(0)


def test_places_are_relative_to_the_run(make_clusters, soundtracks):
    """Of two lively pieces the less lively one goes with the calmer faces."""
    tables = {v: soundtracks[v] for v in ("joyful-1", "triumphant-1", "fierce-1")}
    clusters = make_clusters([("joyful-1", 0, 1), ("fierce-1", 0, 2)])
    found = ByMood(clusters, np.array([1.0, -1.0]), np.array([0.0, 0.0]), _library(tables)).candidates(1)
    assert found.track[found.distance.argmin()] == "fierce-1"


def test_the_scale_of_the_musics_moods_does_not_matter(make_clusters, soundtracks):
    tables = {v: soundtracks[v] for v in ("joyful-1", "triumphant-1", "fierce-1", "calm-1")}
    fainter = {"valence": 0.1 * pl.col("valence") + 0.8, "arousal": 0.2 * pl.col("arousal") - 0.5}
    faint = {v: table.with_columns(**fainter) for v, table in tables.items()}
    clusters = make_clusters([("joyful-1", 0, 1), ("fierce-1", 0, 2)])
    moods = np.array([1.0, -1.0]), np.array([0.3, -0.3])
    strong, weak = (ByMood(clusters, *moods, _library(each)).candidates(0) for each in (tables, faint))
    assert weak.track.tolist() == strong.track.tolist()
    np.testing.assert_allclose(weak.distance, strong.distance, atol=1e-4)


def test_the_passage_is_the_nearest_one(make_clusters, soundtracks):
    valence, arousal = pl.Series([0, -1, -1, 1, -1], dtype=pl.Float32), pl.lit(0, pl.Float32)
    changing = soundtracks["calm-1"].with_columns(valence=valence, arousal=arousal)
    tables = {"a": changing, "b": soundtracks["sad-1"], "c": soundtracks["joyful-1"]}
    method = ByMood(make_clusters([("b", 0, 1), ("c", 0, 2)]), np.array([5.0, -5.0]), np.zeros(2), _library(tables))
    assert dict(zip(*method.candidates(0)[:2], strict=True))["a"] == 2
    assert dict(zip(*method.candidates(1)[:2], strict=True))["a"] == 0, "of passages as near, the first"


def test_a_cluster_is_the_mean_of_the_windows_that_are_known(make_clusters, soundtracks):
    clusters = make_clusters([("a", 0, 1), ("a", 1, 1), ("a", 2, 1), ("b", 0, 2)])
    library = _library({"a": soundtracks["calm-1"], "b": soundtracks["joyful-1"]})
    method = ByMood(clusters, np.array([1.0, 3.0, np.nan, np.nan]), np.array([0, 0, 1, np.nan]), library)
    assert "cluster 1 at valence +2.00, arousal +0.00" in method.candidates(2).reason(0)
    assert len(method.candidates(3).track) == 0


def test_tracks_without_a_key_are_not_placed(make_clusters, soundtracks):
    noise = soundtracks["calm-1"].with_columns(valence=pl.lit(None, pl.Float32))
    for table, distances in ((noise, []), (soundtracks["sad-1"], [0])):
        method = ByMood(make_clusters([("a", 0, 1)]), np.zeros(1), np.zeros(1), _library({"b": table}))
        assert method.candidates(0).distance.tolist() == pytest.approx(distances)


def test_why_a_window_has_no_candidate(make_clusters, soundtracks):
    clusters, nothing = make_clusters([("a", 0, 1)]), np.array([np.nan])
    one = ByMood(clusters, nothing, nothing, _library({"a": soundtracks["calm-1"]}))
    none = ByMood(clusters, np.zeros(1), np.zeros(1), _library({"a": soundtracks["calm-1"].head(0)}))
    assert (one.lack(0), none.lack(0)) == ("no_mood", "no_track")
    assert not len(one.candidates(0).track) and not len(none.candidates(0).track)
