import dataclasses

import numpy as np
import pytest

from moodreel.classify.series import bin_features
from moodreel.errors import UserError


def test_a_bin_is_the_mean_of_its_rows(study):
    given = study()
    features = bin_features(given.matrix, given.windows, given.features, 5.0)
    assert features.of_window.shape == (len(given.windows), 10)
    first = given.windows["first_row"][3]
    expected = given.matrix.values[first + 10 : first + 15].mean(axis=0)
    assert features.means[features.of_window[3, 2]] == pytest.approx(expected, abs=1e-5)


def test_series_are_scaled_and_without_gaps(study):
    given = study()
    values = given.matrix.values.copy()
    values[:60, 2] = np.nan
    features = bin_features(dataclasses.replace(given.matrix, values=values), given.windows, given.features, 5.0)
    series = features.series(features.scaler(given.features, np.ones(len(given.windows), bool)))
    assert series.shape == (len(given.windows), 10, len(given.matrix.columns))
    assert np.isfinite(series).all()


def test_the_scaler_learns_nothing_from_other_windows(study):
    given = study()
    train = np.char.startswith(given.windows["video"].to_numpy().astype(str), "p0")
    strange = given.matrix.values.copy()
    strange[np.char.startswith(given.matrix.owners(given.windows, "performer").astype(str), "p1")] *= 1000
    usual, other = (
        bin_features(dataclasses.replace(given.matrix, values=values), given.windows, given.features, 5.0)
        for values in (given.matrix.values, strange)
    )
    series = [f.series(f.scaler(given.features, train)) for f in (usual, other)]
    assert np.array_equal(series[0][train], series[1][train])
    assert not np.array_equal(series[0][~train], series[1][~train])


def test_windows_of_no_whole_number_of_bins_name_the_setting(study):
    given = study()
    with pytest.raises(UserError, match=r"embed\.rate_hz"):
        bin_features(given.matrix, given.windows, given.features, 7.0)
