from collections.abc import Sequence

import numpy as np
import pytest

from moodreel.errors import UserError
from moodreel.features.groups import GROUPS
from moodreel.features.scaling import FULL_GROUP, FeatureScaler
from moodreel.settings.features import FeaturesSettings

COLUMNS = ("AU12_r", "pitch_deg", "yaw_deg", "nose_x")


def data() -> tuple[np.ndarray, np.ndarray]:
    """Performers a and b, who sit 30 degrees and half a shoulder width apart; AU12 spreads by 1, the head by 10 deg."""
    values = np.random.default_rng(0).normal(size=(400, 4)) * [1, 10, 10, 0.2]
    owners = np.repeat(np.array(["a", "b"], object), 200)
    values[owners == "b"] += [0, 30, -30, 0.5]
    return values.astype(np.float32), owners


def scale(values: np.ndarray, owners: np.ndarray, columns: Sequence[str] = COLUMNS, **settings) -> np.ndarray:
    return FeatureScaler(FeaturesSettings(**settings)).fit(values, columns, owners).transform(values, owners)


def apart(scaled: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """By how much the mean of b is above that of a, for each column."""
    return scaled[owners == "b"].mean(axis=0) - scaled[owners == "a"].mean(axis=0)


def test_performers_offsets_vanish_where_they_are_no_movement_and_all_columns_spread_alike():
    values, owners = data()
    scaled = scale(values, owners)
    assert (np.abs(apart(scaled, owners)) < 0.2).all()
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=0.02)
    assert apart(scale(values, owners, center="none"), owners)[1] > 1


def test_action_units_are_not_centred():
    values, owners = data()
    values[owners == "b", 0] += 2
    assert apart(scale(values, owners), owners)[0] > 1


def test_many_keypoints_weigh_no_more_than_a_full_group():
    columns = GROUPS["body"].columns
    values = np.random.default_rng(0).normal(size=(500, len(columns))).astype(np.float32)
    scaled = scale(values, np.full(500, "a", object), columns)
    assert scaled.var(axis=0).sum() == pytest.approx(FULL_GROUP, rel=0.01)


def test_a_column_that_hardly_moves_stays_small():
    values, owners = data()
    values[:, 0] *= 0.01
    assert scale(values, owners)[:, 0].std() == pytest.approx(0.01 / GROUPS["action_units"].floor, rel=0.1)


def test_what_was_not_seen_becomes_the_performers_median():
    values, owners = data()
    values[:20, :2] = np.nan
    scaler = FeatureScaler(FeaturesSettings()).fit(values, COLUMNS, owners)
    scaled = scaler.transform(values, owners)
    assert np.isfinite(scaled).all() and (scaled[:20, 1] == 0).all()
    median = np.nanmedian(values[owners == "a", 0])
    np.testing.assert_allclose(scaled[:20, 0], median / scaler.scale_[0], rtol=1e-5)


def test_a_performer_who_never_shows_a_column_gets_everybodys_middle():
    values, owners = data()
    values[owners == "b", 3] = np.nan
    assert (scale(values, owners)[owners == "b", 3] == 0).all()


def test_rarely_seen_columns_are_left_out():
    values, owners = data()
    values[5:, 2] = np.nan
    assert FeatureScaler(FeaturesSettings()).fit(values, COLUMNS, owners).columns_ == ("AU12_r", "pitch_deg", "nose_x")


def test_transform_uses_what_was_learnt_and_a_newcomers_own_middle():
    values, owners = data()
    scaler = FeatureScaler(FeaturesSettings()).fit(values, COLUMNS, owners)
    rows = np.array([3, 250])
    np.testing.assert_array_equal(scaler.transform(values[rows], owners[rows]), scaler.transform(values, owners)[rows])
    newcomer = scaler.transform(values + np.float32(5), np.full(len(values), "c", object))
    np.testing.assert_allclose(np.median(newcomer[:, 1:], axis=0), 0, atol=1e-5)


def test_owners_whose_rows_are_scattered():
    values, owners = data()
    order = np.random.default_rng(3).permutation(len(values))
    np.testing.assert_allclose(scale(values[order], owners[order]), scale(values, owners)[order], rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "words"), [(np.full((9, 4), 2.0), "nothing moves"), (np.full((9, 4), np.nan), "min_seen_share")]
)
def test_nothing_to_scale_is_reported(values, words):
    with pytest.raises(UserError, match=words):
        FeatureScaler(FeaturesSettings()).fit(values.astype(np.float32), COLUMNS, np.full(9, "a", object))


def test_the_papers_columns_become_z_scores_anyone_who_is_visible():
    columns = (*GROUPS["paper_face"].columns[:60], "pitch_deg")
    values = np.random.default_rng(4).normal(500, size=(300, 61)) * np.geomspace(0.01, 500, 61)
    values[:, 7] = 0.1  # never moves
    owners = np.repeat(np.array(["a", "b"], object), 150)
    values[owners == "b", 60] += 2000
    scaled = scale(values.astype(np.float32), owners, columns, set="paper")
    moving = np.delete(scaled, 7, axis=1)
    np.testing.assert_allclose(moving[:, :-1].mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(moving.std(axis=0), 1, atol=1e-3)
    assert scaled[:, 7].std() < 1e-3
    assert apart(scaled, owners)[60] > 1  # not centred
