import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.features import matrix
from moodreel.features.bins import bin_index, bin_means, bins_of, read
from moodreel.tables import base
from moodreel.tables.features import FEATURES


def windows(*first_rows: int) -> pl.DataFrame:
    return pl.DataFrame({"first_row": list(first_rows), "rows": [50] * len(first_rows)})


def test_a_window_of_two_seconds_is_ten_bins_of_a_fifth_and_overlapping_ones_share_them():
    bins = bin_index(windows(0, 100), 25.0, 5.0)
    assert (bins.rows, bins.of_window.shape) == (5, (2, 10))
    assert bins.first_row[bins.of_window[1]].tolist() == list(range(100, 150, 5))
    bins = bin_index(windows(0, 25), 25.0, 5.0)
    assert len(bins.first_row) == 15
    assert bins.of_window[0, 5:].tolist() == bins.of_window[1, :5].tolist()


def test_means_are_over_what_was_seen():
    values = np.arange(100, dtype=np.float32).reshape(50, 2)
    values[:2, 0] = np.nan
    values[:5, 1] = np.nan
    means = bin_means(values, bin_index(windows(0), 25.0, 5.0))
    assert means.dtype == np.float32 and means.shape == (10, 2)
    np.testing.assert_array_equal(means[:2], [[6, np.nan], [14, 15]])


@pytest.mark.parametrize(("rate_hz", "rows"), [(4.0, 50), (10.0, 25), (50.0, 50)])
def test_rates_that_do_not_fit_are_named(rate_hz, rows):
    with pytest.raises(UserError, match=r"embed\.rate_hz = .*windows\.rate_hz.*windows\.length_s"):
        bin_index(windows(0).with_columns(rows=pl.lit(rows)), 25.0, rate_hz)


def test_windows_that_end_within_a_bin_are_named():
    with pytest.raises(UserError, match=r"windows\.length_s \(2\.08 s\) a whole number of bins of 0\.2 s"):
        bin_index(windows(0).with_columns(rows=pl.lit(52)), 25.0, 5.0)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Two videos of 6,000 and 5,000 rows, some values not seen: more rows than are read at a time."""
    path, rng = tmp_path_factory.mktemp("bins") / "features.parquet", np.random.default_rng(0)
    with base.writer(path, FEATURES, {"rate_hz": 25.0}) as append:
        for video, rows in (("0012", 6000), ("b", 5000)):
            values = rng.normal(size=(rows, 2)).astype(np.float32)
            values[rng.random(values.shape) < 0.3] = np.nan
            columns = {"time_s": np.arange(rows) / 25, "pitch_deg": values[:, 0], "AU12_r": values[:, 1]}
            append(pl.DataFrame({"video": video, "valid": True, **columns}, nan_to_null=True))
    return path


@pytest.mark.parametrize(
    "first_rows",
    [range(0, 11_000, 50), range(0, 6000, 25), range(3, 10_900, 61), [8150, 8180], range(0, 5900, 17)],
    ids=["all", "overlapping", "apart", "across what is read at a time", "bins that overlap"],
)
def test_bins_read_are_those_of_the_grid(file, first_rows):
    groups = ["action_units", "head_pose"]
    grid, table = matrix.read(file, groups), windows(*first_rows)
    found = read(file, groups, table, 5.0)
    wanted, again = bins_of(grid, table, 5.0), bins_of(found, table, 5.0)
    assert (found.columns, found.rate_hz) == (("AU12_r", "pitch_deg"), 25)
    np.testing.assert_array_equal(found.values, wanted.values)
    np.testing.assert_array_equal(np.array(found.videos)[found.video], np.array(grid.videos)[grid.video[wanted.row]])
    np.testing.assert_array_equal(found.time_s, grid.time_s[wanted.row])
    np.testing.assert_array_equal(again.of_window, wanted.of_window)
    assert again.values is found.values


def test_some_windows_of_bins_that_were_read(file):
    grid, table = matrix.read(file), windows(*range(0, 11_000, 50))
    found, some = read(file, ["action_units", "head_pose"], table, 5.0), table[::7]
    again = bins_of(found, some, 5.0)
    wanted = bins_of(grid.select(["action_units", "head_pose"]), some, 5.0)
    np.testing.assert_array_equal(again.values, wanted.values)
    np.testing.assert_array_equal(found.first_row[again.row], wanted.row)
    for other, rate_hz in ((windows(7), 5.0), (some, 12.5)):
        with pytest.raises(ValueError, match="other bins"):
            bins_of(found, other, rate_hz)
