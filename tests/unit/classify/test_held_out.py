import dataclasses

import numpy as np
import polars as pl
import pytest

from moodreel.classify import held_out
from moodreel.classify.replicate import Replicate, shuffle_features
from moodreel.errors import UserError
from moodreel.features.bins import BinIndex
from moodreel.features.matrix import FeatureMatrix
from moodreel.tables import base
from moodreel.tables.held_out import HELD_OUT
from unit.classify.evaluations import run

COLUMNS = ("AU01_r", "AU12_c", "AU12_r_per_s", "AU12_left_minus_right", "yaw_deg", "AU12_raw")
MADE = list(COLUMNS[:4])


def test_columns_made_of_units_are_known_and_raw_ones_are_not_among_them():
    assert held_out.unit_columns([*COLUMNS, "yaw_deg_per_s"]) == MADE


def test_a_neutral_face_comes_from_the_training_videos_of_the_same_performer():
    fold_of = {"a": 0, "b": 1, "c": 1, "x": 0, "y": 0, "alone": 1}
    owner_of = dict(zip(fold_of, ["p", "p", "p", "q", "q", "r"], strict=True))
    in_first = {**dict.fromkeys("abc", ("b", "c")), "x": ("x",), "y": ("y",)}
    assert held_out.neutral_videos(fold_of, owner_of, 0) == in_first
    assert held_out.neutral_videos(fold_of, owner_of, 1) == dict.fromkeys("abc", ("a",))


def test_means_are_over_the_bins_within_the_video():
    features = pl.DataFrame({"AU01_r": [0.0, 2, 4, None, 8, 9]}, schema={"AU01_r": pl.Float32})
    bins = BinIndex(np.array([0, 2, 10, 12, 14, 20]), 2, np.empty((0, 1), int))
    rows = held_out.rows_of(features, ["AU01_r"], 10, bins)
    assert rows.rows() == [(10, 1.0), (12, 4.0), (14, 8.5)]
    with pytest.raises(UserError, match="have changed since"):
        held_out.rows_of(features[:5], ["AU01_r"], 10, bins)


def _matrix(columns: tuple[str, ...] = COLUMNS) -> FeatureMatrix:
    values = np.arange(6.0 * len(columns), dtype=np.float32).reshape(6, len(columns))
    video = np.repeat(np.arange(3, dtype=np.int32), 2)
    return FeatureMatrix(values, columns, video, ("a", "b", "c"), np.arange(6) / 5, 25.0, np.arange(0, 60, 10), 5)


@pytest.fixture
def written(tmp_path):
    """A file with two rows of fold 0, one of them without a value, and more of fold 2 than a row group holds."""
    path, rows = tmp_path / "held_out.parquet", base.ROW_GROUP_ROWS + 5
    with base.writer(path, HELD_OUT, {"notes": ["what was done"]}) as append:
        append(pl.DataFrame({"fold": [0, 0], "first_row": [20, 30], **{name: [-1.0, None] for name in MADE}}))
        append(pl.DataFrame({"fold": 2, "first_row": np.full(rows, 50), **dict.fromkeys(MADE, np.full(rows, -2.0))}))
    return held_out.open_held_out(path)


def test_a_fold_sees_its_own_columns_and_everything_else_as_it_is(written):
    assert written.notes == ("what was done",)
    given = _matrix()
    found = written.matrix(given, 0)
    assert found.values[2, :4].tolist() == [-1] * 4
    assert np.isnan(found.values[3, :4]).all()
    assert (found.values[:, 4:] == given.values[:, 4:]).all()
    assert (found.values[[0, 1, 4, 5]] == given.values[[0, 1, 4, 5]]).all()
    assert written.matrix(given, 2).values[5, :4].tolist() == [-2] * 4
    assert written.matrix(given, 1) is given
    assert given.values[2, 0] == 12


def test_a_file_of_other_features_or_none_is_refused(written, tmp_path):
    with pytest.raises(UserError, match="another features.parquet"):
        written.matrix(_matrix((*COLUMNS, "AU02_r")), 0)
    given = _matrix()
    given.first_row[:] += 1
    with pytest.raises(UserError, match="another features.parquet"):
        written.matrix(given, 0)
    with pytest.raises(UserError, match="there is no such file"):
        held_out.open_held_out(tmp_path / "none.parquet")


class _Jumbled:
    """In place of a file: folds by video see the rows in another order, so that features have nothing to do with labels."""

    notes = ("jumbled",)

    def matrix(self, matrix: FeatureMatrix, fold: int) -> FeatureMatrix:
        order = np.random.default_rng(fold).permutation(len(matrix.values))
        return dataclasses.replace(matrix, values=matrix.values[order])


@pytest.mark.parametrize(("group", "jumbled"), [("window", False), ("video", True), ("performer", False)])
def test_folds_by_video_and_no_others_see_their_own_features(study, group, jumbled):
    given = dataclasses.replace(study(), held_out=_Jumbled())
    outcome = run(given, group)
    scores = pl.DataFrame(outcome.scores).filter(classifier="knn", metric="accuracy")
    assert (scores.filter(labels="truth")["value"].mean() < 0.6) == jumbled
    assert (scores.filter(labels="clusters")["value"].mean() < 0.9) == jumbled
    assert ("jumbled" in outcome.notes) == jumbled


def test_nulls_shuffle_what_the_fold_sees_by_the_same_seed(study):
    given = dataclasses.replace(study(), held_out=_Jumbled())
    draw = Replicate(given, 2)
    assert draw.of_fold("performer", 1) is draw
    seen = draw.of_fold("video", 1)
    expected = shuffle_features(given.held_out.matrix(given.matrix, 1), given.windows, given.settings.seed + 2)
    assert np.array_equal(seen.matrix.values, expected.values)
    assert not np.array_equal(seen.matrix.values, draw.matrix.values)
    draw = Replicate(dataclasses.replace(given, held_out=None), 2)
    assert draw.of_fold("video", 1) is draw
