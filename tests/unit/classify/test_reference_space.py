import numpy as np
import pytest

from moodreel.classify.reference_space import ReferenceSpace

COLUMNS = ("AU01_r", "AU12_r", "pitch_deg")


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    """40 windows (4 bins, 3 columns), the even ones near 0, the odd ones near 5."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(40, 4, 3)) + 5 * (np.arange(40) % 2)[:, None, None]).astype(np.float32)


@pytest.fixture(scope="module")
def space(series) -> ReferenceSpace:
    return ReferenceSpace.of(series, np.array([3, 8])[np.arange(40) % 2], COLUMNS, seed=0)


def test_centres_are_the_means_of_their_windows_and_the_unit_is_the_spread_of_all(space, series):
    np.testing.assert_allclose(space.centres[1], series[1::2].mean(axis=0), atol=1e-5)
    assert space.numbers.tolist() == [3, 8]
    assert space.unit == pytest.approx(np.sqrt(series.var(axis=0).sum()), rel=1e-5)


def test_the_nearest_centre_and_how_far_it_is(space, series):
    cluster, distance, far = space.nearest(series)
    assert cluster.tolist() == [3, 8] * 20
    expected = np.linalg.norm((series[0] - series[::2].mean(axis=0)).ravel()) / space.unit
    assert distance[0] == pytest.approx(expected, rel=1e-4)
    others = np.array([np.delete(series[::2], i, axis=0).mean(axis=0) for i in range(20)])
    lonely = np.sort(np.linalg.norm((series[::2] - others).reshape(20, -1), axis=1)) / space.unit
    assert space.reach[0] == pytest.approx(lonely[-1], rel=1e-4)  # the 95th percentile of twenty, the higher
    assert not far.any()
    assert space.nearest(series[:1] + 20)[2].tolist() == [True]


def test_components_keep_which_window_is_nearest(space, series):
    new = series[7] + np.float32(0.1)
    by_components = np.linalg.norm(space.places(series) - space.places(new[None]), axis=1)
    by_features = np.linalg.norm((series - new).reshape(40, -1), axis=1) / space.unit
    assert by_components.argsort().tolist() == by_features.argsort().tolist()
    np.testing.assert_allclose(by_components, by_features, rtol=1e-3)


def test_a_space_comes_back_from_its_table(space, series):
    reach = dict(zip(space.numbers.tolist(), space.reach.tolist(), strict=True))
    again = ReferenceSpace.from_table(space.table(), reach, space.unit)
    assert again.columns == COLUMNS
    assert [part.tolist() for part in again.nearest(series)] == [part.tolist() for part in space.nearest(series)]
    assert np.array_equal(again.places(series), space.places(series))
