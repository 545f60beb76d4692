"""What every classifier of the registry owes, whichever there are."""

import os
import subprocess
import sys
import typing

import numpy as np
import pytest
import skops.io

from moodreel.classify.estimators import BASELINE, CLASSIFIERS, DUMMIES, TRUSTED, module
from moodreel.classify.search import grid
from moodreel.classify.training import train
from moodreel.errors import UserError
from moodreel.settings.classify import ClassifySettings

SETTINGS = ClassifySettings()
ALLOWED = {*TRUSTED, "moodreel.classify.training.Classifier"}
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.fixture(params=CLASSIFIERS)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    """Windows of three patterns: (60, 10, 8)."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(3, 1, 8)) * 2)[np.arange(60) % 3] + rng.normal(size=(60, 10, 8)) * 0.3


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.array(["joy", "calm", "0012"])[np.arange(60) % 3]


def test_settings_offer_just_what_the_registry_has_and_an_unknown_name_lists_it():
    (choices,) = typing.get_args(ClassifySettings.model_fields["classifiers"].annotation)
    assert {*typing.get_args(choices), BASELINE} == set(CLASSIFIERS)
    with pytest.raises(UserError, match=r"classify\.classifiers.*svm"):
        module("svn")


def test_labels_of_text_come_back(name, series, labels):
    """Also of one window and of none; the windows themselves are left alone."""
    before = series.copy()
    classifier = train(name, series[:45], labels[:45], SETTINGS)
    predicted = classifier.predict(series[45:])
    assert (classifier.name, classifier.n_train) == (name, 45)
    assert (predicted.shape, predicted.dtype.kind) == ((15,), "U") and set(predicted) <= set(labels)
    assert (predicted == labels[45:]).mean() > (0.1 if name in DUMMIES else 0.9)
    assert (classifier.predict(series[:1]).shape, classifier.predict(series[:0]).shape) == ((1,), (0,))
    assert np.array_equal(series, before)


def test_same_seed_same_answers(name, series, labels):
    hard = series + np.random.default_rng(1).normal(size=series.shape) * 3
    first, again = (train(name, hard[:40], labels[:40], SETTINGS).predict(hard[40:]).tolist() for _ in range(2))
    assert first == again


def test_how_long_training_takes_grows_with_the_windows(name):
    of = module(name).fit_seconds
    assert 0 <= of(SETTINGS, 100, 200) <= of(SETTINGS, 1000, 200)
    assert (of(SETTINGS, 1000, 200) > 0) == (name not in DUMMIES)


VARIANTS = {"svm": [{}, {"kernel": "linear"}], "knn": [{}, {"neighbours": 4}, {"metric": "dtw"}], "minirocket": [{}]}
"""Settings of each classifier that shares its work among orders of the labels."""


@pytest.mark.parametrize(("name", "own"), [(name, own) for name, each in VARIANTS.items() for own in each])
def test_what_is_shared_gives_what_training_again_gives(name, own, series):
    """Labels in four orders, hard to tell, some of which lack a class."""
    given = ClassifySettings(**{name: own})
    rng = np.random.default_rng(2)
    hard = series + rng.normal(size=series.shape) * 2
    assert module(name).shares(given)
    predict = module(name).share_fit(given, hard[:40], hard[40:])
    orders = [np.arange(40) % 3, *(rng.integers(low, 3, 40) for low in (0, 1)), rng.permutation(np.arange(40) % 2) * 2]
    for codes in orders:
        alone = train(name, hard[:40], codes.astype(str), given).predict(hard[40:])
        assert predict(codes).astype(str).tolist() == alone.tolist()


def test_every_sharing_classifier_is_tried():
    assert {name for name in CLASSIFIERS if hasattr(module(name), "share_fit")} == set(VARIANTS)
    assert not module("svm").shares(ClassifySettings(svm={"kernel": "gak"}))


def test_no_windows_and_one_class_are_refused(name, series):
    """The class with its name; the baseline takes it."""
    with pytest.raises(UserError, match="no windows"):
        train(name, series[:0], np.empty(0, str), SETTINGS)
    same = np.full(len(series), "calm")
    if name == BASELINE:
        assert set(train(name, series, same, SETTINGS).predict(series)) == {"calm"}
    else:
        with pytest.raises(UserError, match=f"{name}.*'calm'"):
            train(name, series, same, SETTINGS)


def test_a_class_with_one_window_and_constant_columns_do_no_harm(name, series, labels):
    odd = np.where(np.arange(30) == 0, "once", labels[:30])
    assert train(name, series[:30], odd, SETTINGS).predict(series[30:]).shape == (30,)
    half = series * (np.arange(8) % 2)
    assert train(name, half, labels, SETTINGS).predict(half).shape == (60,)


def test_saved_without_pickle_it_says_the_same(name, series, labels):
    classifier = train(name, series, labels, SETTINGS)
    data = skops.io.dumps(classifier)
    assert b"_MDSM" not in data, "a method was saved"
    assert set(skops.io.get_untrusted_types(data=data)) <= ALLOWED
    again = skops.io.loads(data, trusted=[*ALLOWED])
    assert again.predict(series).tolist() == classifier.predict(series).tolist()
    if hasattr(classifier.estimator, "predict_proba") and getattr(classifier.estimator, "probability", True):
        assert np.array_equal(again.estimator.predict_proba(series), classifier.estimator.predict_proba(series))


def test_a_grid_holds_valid_settings_and_the_configured_ones_first(name):
    candidates = grid(name, SETTINGS)
    assert candidates[0][1] == SETTINGS and (len(candidates) == 1) == (name in DUMMIES)
    for values, settings in candidates:
        assert ClassifySettings(**settings.model_dump()) == settings
        for key, value in values.items():
            assert getattr(getattr(settings, name), key) == value


def test_a_searched_one_says_what_was_tried(name, series, labels):
    settings = ClassifySettings(search=True, mlp={"iterations": 20}, trees={"iterations": 5})
    found = train(name, series[:45], labels[:45], settings, groups=np.arange(45) // 5)
    assert found.note.startswith(f"{name}: ") and set(found.searched) == set(module(name).GRID)
    assert found.predict(series[45:]).shape == (15,)
    assert set(skops.io.get_untrusted_types(data=skops.io.dumps(found))) <= ALLOWED


def test_importing_one_does_not_import_another():
    script = """
import importlib, sys
registry = "moodreel.classify.estimators"
ours = lambda: {m for m in sys.modules if m.startswith(registry + ".")}
importlib.import_module(registry)
assert not ours(), "the registry imports a classifier"
assert not {"tslearn", "sklearn"} & set(sys.modules), "the registry is heavy"
for name in sys.argv[1:]:
    for other in ours():
        del sys.modules[other]
    importlib.import_module(name)
    assert ours() == {name}, ours()
"""
    command = [sys.executable, "-W", "ignore", "-c", script, *CLASSIFIERS.values()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
