"""From candidates to pairs."""

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
        self._found = Candidates(
            np.array(track, str), np.array(start_s), np.array(distance, float), lambda n: f"r{track[n]}"
        )

    def candidates(self, window):
        return self._found

    def lack(self, window):
        return "no_sound"


def _ranked(clusters, method, sounds, ranks=3):
    pairs = rank(clusters, method, sounds, ranks)
    PAIRS.conform(pairs)
    return pairs.select("rank", "track", "track_start_s").rows()


SOUNDS = {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}


def test_the_best_come_first_each_track_once(make_clusters):
    method = Given(("b", 0.0, 0.5), ("b", 1.0, 0.2), ("c", 3.0, 0.3), ("d", 2.0, 0.1), ("e", 0.0, 0.9))
    assert _ranked(make_clusters([("a", 0, 1)]), method, SOUNDS) == [(1, "d", 2.0), (2, "b", 1.0), (3, "c", 3.0)]


def test_own_sound_and_its_duplicate_are_left_out(make_clusters):
    method = Given(("a", 0.0, 0.0), ("b", 0.0, 0.1), ("c", 0.0, 0.2))
    assert _ranked(make_clusters([("a", 0, 1)]), method, SOUNDS | {"b": 0}) == [(1, "c", 0.0)]


def test_one_sound_takes_one_rank(make_clusters):
    method = Given(("b", 0.0, 0.2), ("c", 0.0, 0.1), ("d", 0.0, 0.3))
    assert _ranked(make_clusters([("a", 0, 1)]), method, SOUNDS | {"c": 1}) == [(1, "c", 0.0), (2, "d", 0.0)]


def test_ties_go_by_track_then_time(make_clusters):
    method = Given(("b", 1.0, 0.2 + 1e-13), ("b", 2.0, 0.2), ("c", 0.0, 0.2), ("d", 0.0, 0.1))
    expected = [(1, "d", 0.0), (2, "b", 1.0), (3, "c", 0.0)]
    assert _ranked(make_clusters([("a", 0, 1)]), method, SOUNDS) == expected


def test_as_many_ranks_as_asked_for_and_scores_of_one_at_best(make_clusters):
    method = Given(("b", 0.0, 0.0), ("c", 0.0, 1.0))
    pairs = rank(make_clusters([("a", 0, 1), ("e", 4, 1)]), method, SOUNDS, 1)
    assert pairs.select("video", "start_s", "track", "score", "reason").rows() == [
        ("a", 0.0, "b", 1.0, "rb"),
        ("e", 4.0, "b", 1.0, "rb"),
    ]
    assert rank(make_clusters([("a", 0, 1)]), method, SOUNDS, 3)["score"].to_list() == pytest.approx([1, np.exp(-1)])


def test_no_candidate_is_no_row(make_clusters):
    pairs = rank(make_clusters([("a", 0, 1)]), Given(), SOUNDS, 3)
    assert (pairs.height, pairs.columns) == (0, PAIRS.names)


def test_same_take_duplicates_of_two_people(make_clusters, make_folds, soundtracks):
    """As in the built-in clips: both people's clips of a take have the same music."""
    tables = {f"{p}-{take}": soundtracks[f"calm-{take}"] for p in ("p", "q") for take in (1, 2, 3)}
    library = Library.of(tables, dict.fromkeys(tables, (0.0, float("inf"))))
    clusters = make_clusters([(v, 0, 1) for v in tables])
    series = np.random.default_rng(0).normal(size=(6, 10, 2))
    pairs = rank(clusters, ByCluster(clusters, series, make_folds({}), library), library.sounds, 3)
    takes = pairs.with_columns(take=pl.col("video").str.tail(1), given=pl.col("track").str.tail(1))
    assert takes.filter(pl.col("take") == pl.col("given")).height == 0
    assert takes.group_by("video").agg(pl.col("given").n_unique())["given"].to_list() == [2] * 6
    assert takes.height == 12


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
