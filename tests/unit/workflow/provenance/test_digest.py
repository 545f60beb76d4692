"""A column's digest notices what changed, and says so no more surely than it knows."""

import math

import numpy as np
import pyarrow as pa
import pytest

from moodreel.workflow.provenance.digest import TOLERANCE, Exact, Numbers, judge, spread

GOLDEN = (9.500353719, 11.005156333, -1.553733586, 2.257222613, 25.199561265, -11.604582246, 41.594189121, 19.24514468)
RNG = np.random.default_rng(0)


def digest(values: np.ndarray, *, pieces: int = 1):
    numbers = Numbers(["x"], ["double"])
    for piece in np.array_split(np.asarray(values, float)[:, None], pieces):
        numbers.add(piece, np.zeros_like(piece, bool))
    return numbers.digests()[0]


def verdict(one: np.ndarray, other: np.ndarray) -> str:
    return judge(digest(one), digest(other)).verdict


def test_how_a_column_is_cut_into_pieces_does_not_matter():
    values = RNG.normal(size=5000)
    whole, cut = digest(values), digest(values, pieces=7)
    assert cut.projections == pytest.approx(whole.projections, abs=1e-9)
    assert (cut.mean, cut.std, cut.min, cut.max) == pytest.approx((whole.mean, whole.std, whole.min, whole.max))
    assert whole.mean == pytest.approx(values.mean())
    assert whole.std == pytest.approx(values.std())


def test_the_weights_are_the_same_for_ever():
    """A record outlives the machine and the versions that wrote it."""
    assert digest(np.ones(600)).projections == pytest.approx(GOLDEN, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 300.0])
@pytest.mark.parametrize("rows", [1, 125, 5000])
def test_one_value_that_changes_beyond_the_tolerance_is_noticed(scale, rows):
    values = RNG.normal(size=rows) * scale
    changed = values.copy()
    changed[rows // 2] += 4 * TOLERANCE * max(1.0, abs(values[rows // 2]))
    judged = judge(digest(values), digest(changed))
    assert judged.verdict != "same"
    moved = abs(spread(changed) - spread(values)).max()
    assert judged.at_least <= moved <= judged.at_most


def test_rounding_is_no_difference_and_many_changes_within_the_tolerance_are_left_open():
    """Together these are as long as one that is not within it: only the values themselves can tell."""
    values = RNG.normal(size=5000) * 300
    assert verdict(values, values * (1 + 1e-12)) == verdict(values, values) == "same"
    assert verdict(values / 300, values / 300 + RNG.normal(size=5000) * 1e-6) == "undecided"


def test_values_that_all_change_beyond_the_tolerance_differ_for_sure():
    values = RNG.normal(size=5000)
    judged = judge(digest(values), digest(values + RNG.choice([-1, 1], 5000) * 1e-3))
    assert judged.verdict == "differs"
    assert judged.at_least <= 1e-3 <= judged.at_most


@pytest.mark.parametrize("touched", [1, 2, 50, 512])
def test_a_difference_just_beyond_the_tolerance_is_hardly_ever_missed(touched):
    """The docstring of UNSURE: about one in 1,000 where many values change, 2 where two change alike."""
    rows, missed, tries = 512, 0, 400
    for _ in range(tries):
        change = np.zeros(rows)
        places = RNG.choice(rows, touched, replace=False)
        change[places] = 1.0 if touched <= 2 else RNG.normal(size=touched)
        change *= 1.01 * TOLERANCE / np.linalg.norm(change)
        missed += verdict(np.zeros(rows), change) == "same"
    assert missed <= 4


def test_null_nan_and_infinite_are_distinguished_and_placed():
    values = np.zeros(20)
    found = set()
    for place, odd in ((3, np.nan), (4, np.nan), (3, np.inf), (3, -np.inf), (3, 1e300)):
        changed = values.copy()
        changed[place] = odd
        found.add(tuple(np.round(digest(changed).projections, 6)))
        assert verdict(values, changed) == "differs"
    assert len(found) == 5
    numbers = Numbers(["x"], ["double"])
    numbers.add(values[:, None], np.arange(20)[:, None] == 3)
    assert judge(digest(values), numbers.digests()[0]).why == "nulls 0 and 1"


def test_other_lengths_and_types_differ():
    assert judge(digest(np.ones(3)), digest(np.ones(4))).why == "values 3 and 4"
    assert math.isinf(judge(digest(np.ones(3)), digest(np.ones(4))).at_most)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["ab", ""]), ([1, 2], [2, 1]), ([None, 1], [1, None]), ([True, False], [False, True]),
        (["a", None], ["a", ""]), ([["a"], ["b"]], [["a", "b"], []]), ([100_000], [100_001]),
    ],
)  # fmt: skip
def test_what_is_no_decimal_number_has_to_be_equal(one, other):
    def of(values, cut):
        exact = Exact("x", "any")
        for part in (values[:cut], values[cut:]):
            exact.add(pa.array(part, pa.array(values).type))
        return exact.digest()

    assert of(one, 1) == of(one, 2)
    assert judge(of(one, 1), of(one, 2)).verdict == "same"
    assert judge(of(one, 1), of(other, 1)).verdict == "differs"
