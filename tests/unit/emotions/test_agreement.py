import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn import metrics

from moodreel.emotions.agreement import clip_accuracy, mcnemar, other_classes
from moodreel.settings.emotions import EmotionsSettings


def table(rows: list[tuple[str, str, str | None]]) -> pl.DataFrame:
    """Videos of performer, label and class."""
    return pl.DataFrame(rows, schema={"performer": pl.String, "label": pl.String, "class": pl.String}, orient="row")


def random_videos(seed: int, *, right: float = 0.6) -> pl.DataFrame:
    """120 videos of 12 people; of so large a share the class is not by chance."""
    rng = np.random.default_rng(seed)
    names = np.array(["Pos", "Neg", "Neut"])
    labels = names[rng.integers(0, 3, 120)]
    classes = np.where(rng.random(120) < right, labels, names[rng.integers(0, 3, 120)])
    return table([(f"p{n // 10}", label, own) for n, (label, own) in enumerate(zip(labels, classes, strict=True))])


def test_figures_are_scikit_learns() -> None:
    videos = random_videos(0)
    found = clip_accuracy(videos)
    truth, predicted = videos["label"].to_list(), videos["class"].to_list()
    for figure in ("accuracy", "balanced_accuracy", "cohen_kappa"):
        score = getattr(metrics, f"{figure}_score")(truth, predicted)
        assert found[figure.removeprefix("cohen_")] == pytest.approx(score)
    assert found["majority"] == max(truth.count(label) for label in truth) / len(truth)
    assert (found["videos"], found["people"], found["correct"]) == (120, 12, round(found["accuracy"] * 120))


def test_the_interval_is_over_people() -> None:
    """Of six people three are always read rightly and three never: 60 videos say no more than six."""
    rows = [(f"p{n}", "Pos", "Pos" if n < 3 else "Neg") for n in range(6) for _ in range(10)]
    found = clip_accuracy(table(rows))
    expected = stats.t.interval(0.95, 5, 0.5, stats.sem([1, 1, 1, 0, 0, 0]))
    assert (found["low"], found["high"]) == pytest.approx((max(expected[0], 0), min(expected[1], 1)))
    few = clip_accuracy(table(rows[:40]))
    assert (few["people"], few["low"]) == (4, None)


def test_a_video_without_a_face_is_wrong_and_takes_nothing_from_the_rest() -> None:
    rows = [("p", "Pos", "Pos"), ("p", "Neg", "Neg"), ("p", "Neut", None), ("p", "Neut", None)]
    assert clip_accuracy(table(rows))["accuracy"] == 0.5
    assert clip_accuracy(table(rows[:2]))["accuracy"] == 1.0


def test_labels_are_exchanged_within_people_alone() -> None:
    """Everybody is taken for what they usually show: right in three of four videos, and no better than chance."""
    usual = [(f"p{person}", ("Neg", "Pos")[person % 2]) for person in range(8)]
    rows = [(p, shown, own) for p, own in usual for shown in (own, own, own, "Neg" if own == "Pos" else "Pos")]
    found = clip_accuracy(table(rows))
    chance = ("chance_mean", "chance_max", "p_value")
    assert (found["accuracy"], *(found[name] for name in chance)) == (0.75, 0.75, 0.75, 1.0)


def test_chance_is_found_at_its_level_and_skill_is_found() -> None:
    p_values = [clip_accuracy(random_videos(seed, right=0.0), seed)["p_value"] for seed in range(40)]
    assert sum(p <= 0.05 for p in p_values) <= 6, "the 99 % point of the binomial at 0.05 is 6 of 40"
    assert clip_accuracy(random_videos(1))["p_value"] == pytest.approx(1 / 1000)


def test_always_the_same_has_no_kappa() -> None:
    assert clip_accuracy(table([("p", "Pos", "Pos")] * 3))["kappa"] is None
    with pytest.raises(ValueError, match="no video"):
        clip_accuracy(table([]))


def test_mcnemar_by_hand() -> None:
    """Ten videos that only the first has right and two that only the second: 2 (1 + 12 + 66) / 4096."""
    first, second = (np.repeat([*own, True, False], [10, 2, 30, 5]) for own in ((True, False), (False, True)))
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (10, 2)
    assert found.p_value == pytest.approx(2 * (1 + 12 + 66) / 4096) and mcnemar(first, first).p_value == 1.0


def test_other_classes_have_names() -> None:
    classes = EmotionsSettings().classes
    assert other_classes(classes) == {"settings": classes, "negative": classes | {"fear": "Neg", "sad": "Neg"}}
