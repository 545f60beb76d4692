"""Which part of the features carries the recognition."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from moodreel.classify.evaluation_input import EvaluationInput
from moodreel.classify.modalities import compare_parts, parts_of
from moodreel.features.groups import GROUPS
from moodreel.settings.features import FeaturesSettings
from moodreel.tables.classify import MODALITIES
from unit.classify.evaluations import fold_by


@pytest.fixture(scope="module")
def with_body(study) -> EvaluationInput:
    """Twelve people whose faces show three expressions, as in `study`, and whose bodies move like anything else."""
    given = study(performers=12, takes=2, permutations=19, folds=3)
    body = GROUPS["body"].columns[:4]
    noise = np.random.default_rng(1).normal(size=(len(given.matrix.values), len(body))).astype(np.float32)
    values, columns = np.hstack([given.matrix.values, noise]), (*given.matrix.columns, *body)
    matrix = dataclasses.replace(given.matrix, values=values, columns=columns)
    features = FeaturesSettings(groups=["action_units", "head_pose", "body"])
    return dataclasses.replace(given, matrix=matrix, features=features)


def comparison(study: EvaluationInput, *groups: str) -> tuple[pl.DataFrame, list[str]]:
    return compare_parts(study, {group: fold_by(study, group) for group in groups}, "knn")


def test_parts_are_face_body_both_and_each_group_once():
    units, body, head = (GROUPS[name].columns for name in ("action_units", "body", "head_pose"))
    assert {part.name: part.groups for part in parts_of([*units, *body, *head])} == {
        "face": ("action_units", "head_pose"), "body": ("body",), "both": ("action_units", "body", "head_pose"),
        "action_units": ("action_units",), "head_pose": ("head_pose",),
    }  # fmt: skip
    assert [part.name for part in parts_of(units)] == ["face"]
    assert [part.name for part in parts_of(body)] == ["body"]


def test_the_part_that_shows_the_labels_is_reported_from_the_one_that_does_not(with_body):
    table, notes = comparison(with_body, "video", "performer")
    MODALITIES.conform(table)
    assert table["part"].to_list() == ["face", "body", "both", "action_units", "head_pose"] * 2
    rows = {row["part"]: row for row in table.filter(group="performer").iter_rows(named=True)}
    assert rows["face"]["value"] > 0.95 and rows["face"]["verdict"] == "above_chance"
    assert rows["body"]["value"] < 0.5 and rows["body"]["verdict"] == "not_above_chance"
    assert rows["body"]["less_face"] == pytest.approx(rows["body"]["value"] - rows["face"]["value"])
    assert rows["body"]["less_face_low"] < rows["body"]["less_face"] < rows["body"]["less_face_high"] < -0.3
    assert rows["face"]["less_face"] is None
    assert (rows["both"]["columns"], rows["face"]["columns"], rows["body"]["columns"]) == (25, 21, 4)
    assert {(row["windows"], row["videos"], row["people"]) for row in rows.values()} == {(216, 72, 12)}
    assert rows["head_pose"]["shuffles"] == 0 and rows["both"]["shuffles"] == 19
    assert any(note.startswith("face: grouped/video: labels are exchanged") for note in notes)
    assert table["majority"].unique().to_list() == [pytest.approx(1 / 3)], "of the windows, each counted once"


def test_what_cannot_be_learnt_is_left_out_with_a_note(with_body):
    values = with_body.matrix.values.copy()
    values[:, -4:] = 0
    still = dataclasses.replace(with_body, matrix=dataclasses.replace(with_body.matrix, values=values))
    table, notes = comparison(still, "video")
    assert "body" not in table["part"].to_list() and "both" in table["part"].to_list()
    assert any(note.startswith("body:") and "nothing moves" in note for note in notes)
