import numpy as np
import polars as pl
import pytest

from moodreel.music.by_cluster import ByCluster
from moodreel.music.library import Library
from moodreel.music.ranking import LACKS, Candidates, lacks_in_words, rank, unpaired_windows
from moodreel.tables.music import PAIRS, UNPAIRED


class Given:
    """A method that answers every window with the same candidates."""

    def __init__(self, *rows):
        track, start_s, distance = zip(*rows, strict=True) if rows else ((), (), ())
        arrays = np.array(track, str), np.array(start_s), np.array(distance, float)
        self._found = Candidates(*arrays, lambda n: f"r{track[n]}")

    def candidates(self, window):
        return self._found

    def lack(self, window):
        return "no_sound"


SOUNDS = {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}


@pytest.fixture
def ranked(make_clusters):
    """Ranks candidates for a window of the video a."""

    def ranked(*rows, sounds=SOUNDS):
        pairs = rank(make_clusters([("a", 0, 1)]), Given(*rows), sounds, 3)
        PAIRS.conform(pairs)
        return pairs.select("rank", "track", "track_start_s").rows()

    return ranked


def test_the_best_come_first_each_track_once(ranked):
    found = ranked(("b", 0.0, 0.5), ("b", 1.0, 0.2), ("c", 3.0, 0.3), ("d", 2.0, 0.1), ("e", 0.0, 0.9))
    assert found == [(1, "d", 2.0), (2, "b", 1.0), (3, "c", 3.0)]
    found = ranked(("b", 1.0, 0.2 + 1e-13), ("b", 2.0, 0.2), ("c", 0.0, 0.2), ("d", 0.0, 0.1))
    assert found == [(1, "d", 0.0), (2, "b", 1.0), (3, "c", 0.0)], "ties go by track, then time"
    assert ranked() == []


def test_own_sound_and_its_duplicate_are_left_out(ranked):
    assert ranked(("a", 0.0, 0.0), ("b", 0.0, 0.1), ("c", 0.0, 0.2), sounds=SOUNDS | {"b": 0}) == [(1, "c", 0.0)]


def test_one_sound_takes_one_rank(ranked):
    found = ranked(("b", 0.0, 0.2), ("c", 0.0, 0.1), ("d", 0.0, 0.3), sounds=SOUNDS | {"c": 1})
    assert found == [(1, "c", 0.0), (2, "d", 0.0)]


def test_as_many_ranks_as_asked_for_and_scores_of_one_at_best(make_clusters):
    method = Given(("b", 0.0, 0.0), ("c", 0.0, 1.0))
    pairs = rank(make_clusters([("a", 0, 1), ("e", 4, 1)]), method, SOUNDS, 1)
    found = pairs.select("video", "start_s", "track", "score", "reason").rows()
    assert found == [("a", 0.0, "b", 1.0, "rb"), ("e", 4.0, "b", 1.0, "rb")]
    assert rank(make_clusters([("a", 0, 1)]), method, SOUNDS, 3)["score"].to_list() == pytest.approx([1, np.exp(-1)])


def test_same_take_duplicates_of_two_people(make_clusters, make_folds, soundtracks):
    """As in the built-in clips: both people's clips of a take have the same music."""
    tables = {f"{p}-{take}": soundtracks[f"calm-{take}"] for p in ("p", "q") for take in (1, 2, 3)}
    library = Library.of(tables, dict.fromkeys(tables, (0.0, float("inf"))))
    clusters = make_clusters([(v, 0, 1) for v in tables])
    series = np.random.default_rng(0).normal(size=(6, 10, 2))
    pairs = rank(clusters, ByCluster(clusters, series, make_folds({}), library), library.sounds, 3)
    takes = [(video, video[-1], track[-1]) for video, track in pairs.select("video", "track").iter_rows()]
    assert all(take != other for _, take, other in takes)
    assert len(set(takes)) == len(takes) == 12


def test_a_window_without_a_pair_has_a_reason(make_clusters):
    clusters = make_clusters([("a", 0, 1), ("b", 0, 1), ("b", 1, 1)])
    duplicates = Given(("b", 0.0, 0.5))
    pairs = rank(clusters, duplicates, {"a": 0, "b": 1}, 1)
    without = unpaired_windows(clusters, duplicates, pairs)
    assert without.rows() == [("b", 0, 0.0, "own_sound"), ("b", 1, 1.0, "own_sound")]
    silent = unpaired_windows(clusters, Given(), pairs.clear())
    assert silent["reason"].to_list() == ["no_sound"] * 3
    words = lacks_in_words(pl.concat([without, silent]))
    assert words == [f"3: {LACKS['no_sound']}", f"2: {LACKS['own_sound']}"]
    assert unpaired_windows(clusters.head(1), duplicates, pairs).is_empty()


def test_every_reason_stands_in_the_table_s_description():
    (meaning,) = (column.meaning for column in UNPAIRED.columns if column.name == "reason")
    assert all(f"`{reason}`" in meaning for reason in LACKS)
