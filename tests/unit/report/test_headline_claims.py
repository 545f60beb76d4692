"""What the page begins with: one figure that was chosen beforehand, and called a success only where it is one."""

from __future__ import annotations

import pytest

from moodreel.classify.verdict import Verdict
from moodreel.report.summary import Figures, headline
from moodreel.settings.classify import ClassifySettings

SETTINGS = ClassifySettings()


def figures(classifier: str = SETTINGS.headline_classifier, **changed: object) -> Figures:
    given = {
        "classifier": classifier, "protocol": "grouped", "group": SETTINGS.headline.group, "labels": "truth",
        "balanced": 0.8, "low": 0.7, "high": 0.9, "interval": "bootstrap", "accuracy": 0.8, "accuracy_low": 0.7,
        "accuracy_high": 0.9, "macro_f1": 0.8, "calibration_error": None, "majority": 0.4, "chance": 0.5,
        "shuffles": 99, "p_value": 0.01, "p_corrected": 0.01, "windows": 200, "videos": 40, "people": 12,
        "fold_mean": 0.8, "fold_sd": 0.1, "folds": 5, "fold_windows": "40 to 40", "n_train": 160,
        "verdict": Verdict.ABOVE_CHANCE,
    }  # fmt: skip
    return Figures(**given | changed)


def test_label_accuracy_above_chance_is_a_success():
    found = headline([figures()], SETTINGS)
    assert found.good
    assert "better than chance" in found.says


def test_fidelity_is_never_a_success():
    found = headline([figures(labels="clusters")], SETTINGS)
    assert not found.good
    assert found.tone == "open"


@pytest.mark.parametrize("few", [{"windows": 2}, {"people": 1}])
def test_too_few_windows_or_people_are_no_success(few):
    found = headline([figures(**few)], SETTINGS)
    assert found.verdict is Verdict.TOO_FEW
    assert not found.good
    assert found.says.startswith("Too few ")


def test_it_is_not_the_best_classifiers():
    best = figures("another", balanced=0.99, accuracy=0.99)
    mine = figures(verdict=Verdict.NOT_ABOVE_CHANCE, p_corrected=0.3)
    assert headline([best, mine], SETTINGS).figure is mine
    assert headline([best], SETTINGS) is None
