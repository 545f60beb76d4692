import numpy as np
import polars as pl
import pytest

from moodreel.music.agreement import agreement, proposed_moods
from moodreel.tables.base import polars_schema
from moodreel.tables.music import PAIRS

MOODS = {f"{mood}{n}": mood for mood in "stuvwxy" for n in range(6)}


def _pairs(*rows):
    names = ("video", "start_s", "rank", "track", "score")
    fill = {"track_start_s": 0.0, "reason": "", "preview": None}
    return pl.from_dicts([dict(zip(names, r, strict=True)) | fill for r in rows], schema=polars_schema(PAIRS))


def _best(tracks):
    """One pair for each video, in the order of `MOODS`."""
    return _pairs(*((video, 0.0, 1, track, 0.5) for video, track in zip(MOODS, tracks, strict=True)))


def _turned(step):
    return np.roll(list(MOODS), -step).tolist()


def test_right_everywhere_and_wrong_everywhere():
    share, shuffled = agreement(_best(v[0] + str((int(v[1]) + 1) % 6) for v in MOODS), MOODS, shuffles=200, seed=1)
    assert share == 1 and shuffled.shape == (200,) and shuffled.max() < 3 / 7
    assert shuffled.mean() == pytest.approx(1 / 7, abs=0.02)
    assert agreement(_best(_turned(6)), MOODS)[0] == 0


def test_one_mood_for_all_is_no_better_than_shuffled():
    share, shuffled = agreement(_best(["s0"] * len(MOODS)), MOODS, shuffles=20)
    assert share == pytest.approx(1 / 7) and (shuffled == share).all()


def test_a_clip_s_proposal_is_that_of_most_windows():
    pairs = _pairs(
        ("s0", 0.0, 1, "t1", 0.9), ("s0", 1.0, 1, "s2", 0.1), ("s0", 2.0, 1, "s1", 0.1), ("s0", 2.0, 2, "t1", 0.1),
        ("t0", 0.0, 1, "s1", 0.3), ("t0", 1.0, 1, "t1", 0.4),
        ("u0", 0.0, 1, "t1", 0.4), ("u0", 1.0, 1, "s1", 0.4),
    )  # fmt: skip
    assert proposed_moods(pairs, MOODS) == {"s0": "s", "t0": "t", "u0": "s"}


def test_a_clip_without_a_pair_is_missed():
    share, _ = agreement(_pairs(("s0", 0.0, 1, "s1", 0.5)), {"s0": "s", "s1": "s", "t0": "t", "t1": "t"})
    assert share == 0.25


def test_the_seed_decides_the_shuffles():
    first, again, other = (agreement(_best(_turned(3)), MOODS, seed=s)[1] for s in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_nothing_to_agree_with():
    with pytest.raises(ValueError, match="no clip has a mood"):
        agreement(_pairs(("s0", 0.0, 1, "s1", 0.5)), {})
    with pytest.raises(KeyError):
        agreement(_pairs(("s0", 0.0, 1, "other", 0.5)), {"s0": "s"})
