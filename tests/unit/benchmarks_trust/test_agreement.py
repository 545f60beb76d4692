"""What is reported of a unit, on series whose agreement is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.trust import agreement as trust
from benchmarks.trust.agreement import Pair
from scipy.stats import pearsonr, spearmanr, t

from moodreel.face.trust import Verdict

RANDOM = np.random.default_rng(0)


def agreement(*pairs: Pair) -> SimpleNamespace:
    return SimpleNamespace(**trust.agreement(pairs))


def pair(ours, reference, clip="a", person="p", rate_hz=25) -> Pair:
    times_s = 3.397 + np.arange(len(reference)) / rate_hz
    return Pair(12, clip, person, times_s, np.asarray(ours, float), np.asarray(reference, float))


def waves(n: int = 500) -> np.ndarray:
    return 2.5 + 2 * np.sin(np.arange(n) / 20)


def noisy(reference: np.ndarray, noise: float = 1.0, seed: int = 0) -> np.ndarray:
    return reference + np.random.default_rng(seed).normal(0, noise, len(reference))


def test_correlations_are_pearsons_and_spearmans():
    reference = RANDOM.uniform(0, 5, 200).round()
    ours = (reference + RANDOM.normal(0, 2, 200)).round()
    assert trust.correlation(ours, reference) == pytest.approx(pearsonr(ours, reference).statistic)
    assert trust.rank_correlation(ours, reference) == pytest.approx(spearmanr(ours, reference).statistic)
    assert trust.correlation(1e4 + 1e-2 * ours, reference) == pytest.approx(trust.correlation(ours, reference))


def test_more_that_reads_as_more_is_monotone_whatever_the_scale():
    assert trust.monotonicity(np.exp(3 * waves()), waves()) == pytest.approx(1)
    assert trust.correlation(np.exp(3 * waves()), waves()) < 0.9
    assert trust.monotonicity(noisy(waves(), 0.2), waves()) == pytest.approx(1)
    assert trust.monotonicity(-waves(), waves()) == pytest.approx(-1)
    assert trust.monotonicity(np.minimum(waves(), 2), waves()) < 0.95
    assert trust.monotonicity(np.zeros(500), waves()) == 0
    # mostly neutral, then a rise: frame by frame the ranks of the noise before it count most
    reference = np.maximum(0, np.arange(500) / 50 - 5)
    assert trust.monotonicity(noisy(reference, 0.1), reference) == pytest.approx(1)
    assert trust.rank_correlation(noisy(reference, 0.1), reference) < 0.95


def test_a_constant_unit_counts_as_nothing_and_a_constant_reference_tells_nothing():
    assert trust.correlation(np.zeros(500), waves()) == 0
    found = agreement(pair(np.zeros(500), waves(), "a"), pair(waves(), waves(), "b"))
    assert (found.correlation, found.slope) == (pytest.approx(0.5), pytest.approx(0.5))
    assert np.isnan(trust.correlation(waves(), np.ones(500)))
    assert np.isnan(trust.slope(waves(), np.ones(500)))
    found = agreement(pair(waves(), np.ones(500)))
    assert (found.correlation, found.ci_low, found.slope, found.span) == (None, None, None, 0)
    assert (found.clips, found.verdict) == (1, "not judged")
    assert found.mae == pytest.approx(np.abs(waves() - 1).mean())


def test_slope_and_error_are_in_levels():
    found = agreement(pair(0.5 * waves() + 1, waves()))
    assert found.slope == pytest.approx(0.5)
    assert found.mae == pytest.approx(np.abs(1 - 0.5 * waves()).mean())
    assert found.span == pytest.approx(np.subtract(*np.percentile(waves(), (95, 5))))


def test_clips_are_averaged_not_pooled():
    """Two clips that each disagree, one far above the other: pooled they would agree."""
    low, high = waves() / 2, waves() / 2 + 2.5
    found = agreement(pair(5 - low, low, "a"), pair(8 - high, high, "b", "q"))
    assert (found.correlation, found.people, found.clips, found.frames) == (pytest.approx(-1), 2, 2, 1000)


def test_clips_in_which_the_reference_rests_do_not_count_next_to_others():
    still = waves() / 10
    found = agreement(pair(-still, still, "still", "q"), pair(waves(), waves(), "moving"))
    assert (found.correlation, found.people, found.clips) == (pytest.approx(1), 1, 1)
    alone = agreement(pair(-still, still))
    assert (alone.correlation, alone.verdict) == (pytest.approx(-1), "not judged")


@pytest.mark.parametrize(("ours", "reference"), [(waves(24) * 5, waves(24) * 5), (np.full(500, np.nan), waves() / 10)])
def test_a_handful_of_frames_says_nothing_and_neither_does_what_rests_and_is_not_read(ours, reference):
    found = vars(agreement(pair(ours, reference)))
    assert {name for name, value in found.items() if value == 0} == {"people", "clips", "unread", "frames"}
    assert found.pop("verdict") == "not judged" and not any(found.values())


def partly_read(reference: np.ndarray, frames: int) -> np.ndarray:
    """Ours as the reference in the first `frames`, and nothing after."""
    return np.where(np.arange(len(reference)) < frames, reference, np.nan)


def test_a_clip_that_is_not_read_counts_as_nothing_and_is_reported():
    read, unread = pair(waves(), waves(), "a"), pair(partly_read(waves(), 24), waves(), "b", "q")
    found = agreement(read, unread)
    assert (found.correlation, found.read_correlation) == (pytest.approx(0.5), pytest.approx(1))
    assert (found.people, found.clips, found.unread, found.frames) == (2, 2, 1, 500)
    assert ((found.ci_low, found.ci_high), found.slope) == (pytest.approx((0.5, 0.5)), pytest.approx(1))
    alone = agreement(unread)
    assert (alone.correlation, alone.read_correlation, alone.slope) == (0, None, None)
    assert (alone.clips, alone.unread, alone.frames, alone.verdict) == (1, 1, 0, "do not use")


def test_frames_that_are_not_read_do_not_make_a_clip_one_that_rests():
    """The reference moves after our reading ends: it counts, as a failure."""
    late = np.concatenate([np.zeros(100), waves(400)])
    found = agreement(pair(partly_read(late, 100), late))
    assert (found.clips, found.unread, found.correlation) == (1, 1, 0)
    some = agreement(pair(partly_read(late, 300), late))
    assert (some.unread, some.frames, some.correlation) == (0, 300, pytest.approx(1))


def test_from_five_people_on_there_is_an_interval_of_what_others_would_show():
    """With fewer than ten and a value each it is the t interval of the mean."""
    values, people = [0.1, 0.9, 0.5, 0.4, 0.3, 0.2], ["a", "b", "c", "d", "d", "d"]
    assert trust.people_interval(values, people) is None
    low, high = trust.people_interval([*values, 0.6], [*people, "e"])
    assert low < np.mean([*values, 0.6]) < high
    values = RANDOM.normal(0.5, 0.2, 6)
    expected = t.interval(0.95, 5, values.mean(), values.std(ddof=1) / np.sqrt(6))
    assert trust.people_interval(values, [*"abcdef"]) == pytest.approx(expected)


def test_values_of_one_person_stay_together():
    """Ten people, one value each, or twenty copies of it: the same is known of others."""
    values, people = RANDOM.normal(0.5, 0.2, 10), list("abcdefghij")
    once = trust.people_interval(values, people)
    assert trust.people_interval(np.repeat(values, 20), np.repeat(people, 20)) == pytest.approx(once)
    assert once[1] - once[0] == pytest.approx(2 * 1.96 * values.std() / np.sqrt(10), rel=0.25)


@pytest.mark.parametrize("people", [6, 12])
def test_the_interval_over_people_holds_the_true_mean_about_as_often_as_it_says(people):
    random, held, names = np.random.default_rng(2), 0, np.repeat(np.arange(people), 4)
    for _ in range(200):
        levels = random.normal(0.5, 0.2, people)
        low, high = trust.people_interval(levels[names] + random.normal(0, 0.1, len(names)), names, replicates=300)
        held += low <= 0.5 <= high
    assert 0.86 <= held / 200 <= 0.99


def test_the_interval_holds_what_is_true_about_as_often_as_it_says():
    """Noise that is new in each block of 1 s, as the blocks suppose: 95 of 100 intervals hold the true correlation."""
    random, held, frames, blocks = np.random.default_rng(1), 0, 5, 40
    for _ in range(100):
        signal, noise = np.repeat(random.normal(size=(2, blocks)), frames, axis=1)
        low, high = trust.interval([pair(signal + noise, signal, rate_hz=frames)], replicates=300)
        held += low <= np.sqrt(0.5) <= high
    assert 85 <= held <= 99


def test_blocks_by_the_frames_times_and_not_frames_are_drawn():
    """Five frames a second tell no more than one, where they say the same."""
    assert trust._blocks(np.array([3.397, 3.9, 4.396, 4.398, 9.0, 9.1])).tolist() == [0, 0, 0, 1, 2, 2]
    signal, noise = RANDOM.normal(size=(2, 60))
    once = trust.interval([pair(signal + noise, signal, rate_hz=1)])
    copied = trust.interval([pair(np.repeat(signal + noise, 5), np.repeat(signal, 5), rate_hz=5)])
    assert copied == pytest.approx(once)


def test_the_interval_narrows_with_clips_and_is_the_same_each_time():
    pairs = [pair(noisy(waves(), 3, seed), waves(), str(seed)) for seed in range(8)]
    one, many = trust.interval(pairs[:1]), trust.interval(pairs)
    assert many[1] - many[0] < 0.6 * (one[1] - one[0]) and trust.interval(pairs) == many


@pytest.mark.parametrize(
    ("r", "low", "people", "moves", "message"),
    [
        (0.9, 0.8, 5, True, "use"),
        (0.9, 0.8, 4, True, "careful"),
        (0.9, 0.29, 9, True, "careful"),
        (0.49, 0.4, 9, True, "careful"),
        (0.31, None, 9, True, "careful"),
        (0.29, 0.2, 9, True, "do not use"),
        (-0.9, -1.0, 1, True, "do not use"),
        (0.9, 0.8, 9, False, "not judged"),
        (None, None, 9, True, "not judged"),
    ],
)
def test_the_verdict_follows_its_rules(r, low, people, moves, message):
    assert trust.verdict(r, low, people=people, moves=moves) == message and message in [*Verdict]


def test_from_five_people_on_the_interval_is_that_of_other_people():
    """Each clip is read steadily, but people differ: within the clips it is narrow, over people it is wide."""
    pairs = [pair(noisy(waves(), 0.2 + 2 * n, n), waves(), str(n), f"person {n}") for n in range(6)]
    found, values = agreement(*pairs), [trust.correlation_of(one) for one in pairs]
    assert (found.ci_low, found.ci_high) == pytest.approx(trust.people_interval(values, [*"abcdef"]))
    assert found.ci_high - found.ci_low > 2 * np.subtract(*trust.interval(pairs)[::-1])
    few = agreement(*pairs[:4])
    assert (few.ci_low, few.ci_high) == pytest.approx(trust.interval(pairs[:4]))
    # five who agree may be used
    pairs = [pair(noisy(waves(), 0.5, seed), waves(), str(seed), f"person {seed}") for seed in range(5)]
    assert (agreement(*pairs).verdict, agreement(*pairs[:4]).verdict) == ("use", "careful")
