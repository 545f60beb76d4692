import polars as pl
import pytest

from moodreel.report import modalities
from unit.report import study

TABLE = study.of_classifiers()["modalities"]


def both(**changes: float | None) -> pl.DataFrame:
    """The table with other figures of `both`."""
    mine = pl.col("part") == "both"
    return TABLE.with_columns(
        pl.when(mine).then(pl.lit(value, pl.Float64)).otherwise(name).alias(name) for name, value in changes.items()
    )


def test_all_three_stand_with_their_intervals_and_counts():
    (sentence,) = modalities.says(TABLE)
    assert sentence.startswith(
        "On unseen videos svm reaches, in balanced accuracy, face 0.90 [0.80, 0.95], body 0.20 [0.10, 0.25], "
        "both 0.75 [0.65, 0.80] (80 windows of 12 people): "
    )


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (
            (-0.15, -0.2, -0.1),
            "the body lowers it: both minus the face alone is −15 points (95 % interval −20 to −10).",
        ),
        ((0.05, 0.01, 0.09), "both beat the face alone by +5 points (95 % interval +1 to +9)."),
        ((0.05, -0.01, 0.09), "both do not beat the face alone beyond chance: +5 points (95 % interval −1 to +9)."),
        ((0.05, None, None), "both minus the face alone is +5 points, with no interval"),
    ],
)
def test_whether_both_beat_the_face(figures, says):
    names = ("less_face", "less_face_low", "less_face_high")
    (sentence,) = modalities.says(both(**dict(zip(names, figures, strict=True))))
    assert says in sentence


def test_clusters_in_place_of_labels_are_told():
    *_, last = modalities.says(TABLE.with_columns(labels=pl.lit("clusters")))
    assert last.startswith("No window has a label")


def test_of_one_part_alone_nothing_is_said():
    assert modalities.says(TABLE.filter(part="face")) == []
    assert modalities.says(TABLE.clear()) == []
