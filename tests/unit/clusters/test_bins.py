"""The coarse grid under the windows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from moodreel.clusters.bins import bin_index, bin_means
from moodreel.errors import UserError


def windows(*first_rows: int) -> pl.DataFrame:
    return pl.DataFrame({"first_row": list(first_rows), "rows": [50] * len(first_rows)})


def test_a_window_of_two_seconds_is_ten_bins_of_a_fifth():
    bins = bin_index(windows(0, 100), 25.0, 5.0)
    assert bins.rows == 5
    assert bins.of_window.shape == (2, 10)
    assert bins.first_row[bins.of_window[1]].tolist() == list(range(100, 150, 5))


def test_overlapping_windows_share_bins():
    bins = bin_index(windows(0, 25), 25.0, 5.0)
    assert len(bins.first_row) == 15
    assert bins.of_window[0, 5:].tolist() == bins.of_window[1, :5].tolist()


def test_means_are_over_what_was_seen():
    values = np.arange(100, dtype=np.float32).reshape(50, 2)
    values[:2, 0] = np.nan
    values[:5, 1] = np.nan
    means = bin_means(values, bin_index(windows(0), 25.0, 5.0))
    assert means.dtype == np.float32
    assert means.shape == (10, 2)
    assert means[0, 0] == 6
    assert np.isnan(means[0, 1])
    assert means[1].tolist() == [14, 15]


@pytest.mark.parametrize("rate_hz", [4.0, 10.0, 50.0])
def test_rates_that_do_not_fit_are_named(rate_hz):
    with pytest.raises(UserError, match=r"embed\.rate_hz = .*windows\.rate_hz.*windows\.length_s"):
        bin_index(windows(0) if rate_hz != 10.0 else windows(0).with_columns(rows=pl.lit(25)), 25.0, rate_hz)
