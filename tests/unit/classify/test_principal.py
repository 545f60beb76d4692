import numpy as np
import pytest

from moodreel.classify import principal
from moodreel.classify.principal import PrincipalSeries


def test_hidden_dimensions_are_found_and_distances_kept():
    rng = np.random.default_rng(0)
    series = rng.normal(size=(40, 10, 3)) @ rng.normal(size=(3, 50))
    reduced = PrincipalSeries(3).fit_transform(series)
    assert reduced.shape == (40, 10, 3)
    assert np.linalg.norm(reduced[0] - reduced[7]) == pytest.approx(np.linalg.norm(series[0] - series[7]))
    assert np.abs(np.corrcoef(reduced.reshape(-1, 3).T) - np.eye(3)).max() < 1e-6


def test_few_columns_stay_as_they_are_and_fewer_bins_than_components_give_as_many():
    series = np.random.default_rng(0).normal(size=(2, 3, 50))
    few = series[..., :3]
    assert PrincipalSeries(3).fit_transform(few) is few
    assert PrincipalSeries(30).fit_transform(series).shape == (2, 3, 6)


def test_windows_that_were_not_learnt_do_not_matter():
    series = np.random.default_rng(0).normal(size=(40, 10, 20))
    fitted = PrincipalSeries(5).fit(series[:20])
    assert np.array_equal(fitted.transform(series[20:])[:3], fitted.transform(series[20:23]))


def test_components_of_many_windows_are_fitted_on_some(monkeypatch):
    monkeypatch.setattr(principal, "FITTED_BINS", 500)
    rng = np.random.default_rng(0)
    series = (rng.normal(size=(400, 10, 3)) @ rng.normal(size=(3, 50))).astype(np.float32)
    reduced = PrincipalSeries(3).fit_transform(series)
    apart, found = (np.linalg.norm(rows[5] - rows[321]) for rows in (series, reduced))
    assert found == pytest.approx(apart, rel=1e-5) and reduced.dtype == np.float64
