import polars as pl
import pytest

from moodreel.report import modalities
from unit.report import study

TABLE = study.of_classifiers()["modalities"]


def test_all_three_stand_with_their_intervals_and_counts():
    (sentence,) = modalities.says(TABLE)
    assert sentence.startswith(
        "On unseen videos svm reaches, in balanced accuracy, face 0.90 [0.80, 0.95], body 0.20 [0.10, 0.25], "
        "both 0.75 [0.65, 0.80] (80 windows of 12 people): "
    )


@pytest.mark.parametrize(
    ("less", "low", "high", "says"),
    [
        (-0.15, -0.2, -0.1, "the body lowers it: both minus the face alone is −15 points (95 % interval −20 to −10)."),
        (0.05, 0.01, 0.09, "both beat the face alone by +5 points (95 % interval +1 to +9)."),
        (0.05, -0.01, 0.09, "both do not beat the face alone beyond chance: +5 points (95 % interval −1 to +9)."),
        (0.05, None, None, "both minus the face alone is +5 points, with no interval"),
    ],
)
def test_whether_both_beat_the_face(less, low, high, says):
    figures = {"less_face": less, "less_face_low": low, "less_face_high": high}
    changed = (pl.when(part="both").then(pl.lit(v, pl.Float64)).otherwise(name) for name, v in figures.items())
    (sentence,) = modalities.says(TABLE.with_columns(**dict(zip(figures, changed, strict=True))))
    assert says in sentence


def test_clusters_in_place_of_labels_are_reported_and_of_one_part_alone_nothing_is():
    *_, last = modalities.says(TABLE.with_columns(labels=pl.lit("clusters")))
    assert last.startswith("No window has a label")
    assert modalities.says(TABLE.filter(part="face")) == []
    assert modalities.says(TABLE.clear()) == []
