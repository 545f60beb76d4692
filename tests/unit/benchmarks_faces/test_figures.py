"""Figures next to an independent recomputation, and nulls that keep what they have to keep."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from benchmarks.faces import figures

from moodreel.emotions.frames import NO_FACE

NAMES = ("angry", "happy", "sad")


def made_up(seed: int = 3, n: int = 240, people: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, answers right in about half of the pictures, no face in some, and people of one to many pictures."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=[0.2, 0.5, 0.3])
    predicted = np.where(rng.random(n) < 0.4, truth, rng.integers(0, 3, n))
    predicted[rng.random(n) < 0.1] = NO_FACE
    return truth, predicted, np.array([f"p{who}" for who in rng.choice(people, n, p=np.arange(1, people + 1) / 820)])


def by_hand(truth: list[int], predicted: list[int]) -> dict[str, float]:
    """The same figures from counts of pairs."""
    pairs, n = Counter(zip(truth, predicted, strict=True)), len(truth)
    classes = sorted(set(truth))
    recall = [pairs[c, c] / truth.count(c) for c in classes]
    f1 = [2 * pairs[c, c] / (truth.count(c) + predicted.count(c)) for c in classes]
    accuracy = sum(pairs[c, c] for c in classes) / n
    due = sum(truth.count(c) * predicted.count(c) for c in {*truth, *predicted}) / n**2
    return {
        "accuracy": accuracy,
        "balanced_accuracy": sum(recall) / len(classes),
        "macro_f1": sum(f1) / len(classes),
        "kappa": (accuracy - due) / (1 - due),
        "majority": max(map(truth.count, classes)) / n,
    }


def test_figures_are_those_that_counting_gives() -> None:
    truth, predicted, people = made_up()
    found = figures.accuracy_figures(truth, predicted, people, NAMES, 0)
    there = predicted != NO_FACE
    assert found["missed"] == int((~there).sum()) > 0
    for counted, rows in (("all", np.full(len(truth), True)), ("with_face", there)):
        own, (of, by) = found[counted], (truth[rows], predicted[rows])
        due = by_hand(of.tolist(), by.tolist()) | {"pictures": len(of), "people": len(set(people[rows].tolist()))}
        assert {name: own[name] for name in due} == pytest.approx(due)
        for code, name in enumerate(NAMES):
            assert own["labels"][name]["said"] == pytest.approx((by == code).mean())
            assert own["labels"][name]["recall"] == pytest.approx((by[of == code] == code).mean())
            assert own["confusion"][code] == [int(((of == code) & (by == s)).sum()) for s in (0, 1, 2, -1)]
        low, high = own["intervals"]["accuracy"]
        assert low < own["accuracy"] < high
        chance = sum((of == c).mean() * (by == c).mean() for c in range(3))
        assert own["exchanged"]["accuracy"]["mean"] == pytest.approx(chance, abs=0.005)
        assert own["exchanged"]["balanced_accuracy"]["p_value"] == 1 / 1000
    assert found["all"]["accuracy"] < found["with_face"]["accuracy"]


def test_answers_at_random_are_not_better_than_exchanged_labels() -> None:
    truth, _, people = made_up()
    predicted = np.random.default_rng(9).integers(0, 3, len(truth))
    own = figures.accuracy_figures(truth, predicted, people, NAMES, 0)["all"]
    assert own["exchanged"]["accuracy"]["p_value"] > 0.05
    assert own["exchanged_by_people"]["accuracy"]["p_value"] > 0.05
    assert own["within_people"]["p_value"] > 0.05


def test_who_merely_knows_people_is_better_only_where_people_are_mixed() -> None:
    """Each of many people shows one label in two thirds of their pictures, and the judge says that one of them always."""
    people = np.repeat([f"p{n:02d}" for n in range(30)], 9)
    usual = np.repeat(np.arange(30) % 3, 9)
    truth = np.where(np.arange(270) % 9 < 6, usual, (usual + 1) % 3)
    own = figures.accuracy_figures(truth, usual, people, NAMES, 0)["all"]
    assert own["accuracy"] == pytest.approx(2 / 3) and own["exchanged"]["accuracy"]["p_value"] == 1 / 1000
    assert own["exchanged_by_people"]["accuracy"]["p_value"] == 1 and own["within_people"]["p_value"] == 1
    assert own["within_people"]["mean"] == pytest.approx(2 / 3)


def test_people_are_never_split() -> None:
    truth, predicted, people = made_up()
    counts = figures.per_person(truth, np.where(predicted == NO_FACE, 3, predicted), people, 4)
    for who, own in zip(sorted(set(people.tolist())), counts, strict=True):
        rows = people == who
        assert own[0].tolist() == np.bincount(truth[rows], minlength=4).tolist()
        assert own[1].sum() == rows.sum() and own[2].sum() == (truth == predicted)[rows].sum()
    several = np.array([len(set(truth[people == who].tolist())) > 1 for who in people])
    for order in figures.among_people(truth, people, 0)[:20]:
        for who in set(people[several].tolist()):
            assert Counter(order[people == who].tolist()) == Counter(truth[people == who].tolist())
        for who in set(people[~several].tolist()):
            assert len(set(order[people == who].tolist())) == 1, "a person of one label keeps to one"


def test_pictures_of_one_person_widen_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "SHUFFLES", 9)
    truth, predicted, _ = made_up()
    # sorted by whether they are right, twelve people are each right or wrong throughout
    order = np.argsort(truth == predicted)
    together = np.empty(len(truth), object)
    together[order] = np.repeat([f"p{n:02d}" for n in range(12)], 20)
    alone = np.array([f"p{n:03d}" for n in range(len(truth))])
    found = [figures.accuracy_figures(truth, predicted, who.astype(str), NAMES, 0)["all"] for who in (together, alone)]
    wide, narrow = (np.ptp(own["intervals"]["accuracy"]) for own in found)
    assert wide > 2 * narrow


def test_a_judge_that_sees_nobody_has_no_figures_of_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "SHUFFLES", 9)
    truth, predicted, people = made_up()
    found = figures.accuracy_figures(truth, np.full_like(predicted, NO_FACE), people, NAMES, 0)
    assert (found["with_face"], found["missed"], found["all"]["accuracy"]) == (None, len(truth), 0)


def test_two_raters_agree_as_counting_says() -> None:
    first, second = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 0])
    due = by_hand(first.tolist(), second.tolist())
    assert figures.agreement(first, second) == pytest.approx({name: due[name] for name in ("accuracy", "kappa")})
    assert figures.agreement(np.zeros(3, int), np.zeros(3, int)) == {"accuracy": 1.0, "kappa": None}


def test_orders_are_repeatable_and_differ() -> None:
    truth, _, people = made_up()
    for made in (lambda seed: figures.anywhere(truth, seed), lambda seed: figures.among_people(truth, people, seed)):
        one, again, other = made(1), made(1), made(2)
        assert (one == again).all() and (one != other).any() and len(one) == figures.SHUFFLES
        assert all((a != b).any() for a, b in pairwise(one[:10]))
