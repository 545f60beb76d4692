import numpy as np
import pytest

from moodreel.classify.contents import ContentError
from moodreel.classify.estimators.trees import Summary, build, check
from moodreel.classify.training import train
from moodreel.settings.classify import ClassifySettings


def test_summary_of_a_ramp_and_of_a_zigzag():
    ramp, zigzag = np.array([0.0, 2, 4, 6]), np.array([1.0, -1, 1, -1])
    mean, sd, slope, span, change = Summary().transform(np.stack([ramp, zigzag], axis=1)[None]).reshape(5, 2)
    assert mean == pytest.approx([3, 0])
    assert sd == pytest.approx([ramp.std(), 1])
    assert slope == pytest.approx([2, np.polyfit(range(4), zigzag, 1)[0]])
    assert span == pytest.approx([6, 2])
    assert change == pytest.approx([2, 2])


def test_summary_of_a_single_bin_is_its_value():
    assert Summary().transform(np.array([[[3.0, -2.0]]])).tolist() == [[3, -2] + [0] * 8]


def test_motion_without_a_difference_in_means_is_distinguished():
    """Rising and falling windows: the same mean, spread and range."""
    labels = np.array(["rise", "fall"])[np.arange(80) % 2]
    ramp = np.linspace(-1, 1, 10) * np.where(labels == "rise", 1, -1)[:, None]
    series = ramp[:, :, None] + np.random.default_rng(0).normal(size=(80, 10, 1)) * 0.2
    trees = train("trees", series[:60], labels[:60], ClassifySettings())
    assert (trees.predict(series[60:]) == labels[60:]).mean() > 0.95


def test_probabilities_sum_to_one():
    rng = np.random.default_rng(0)
    series, codes = rng.normal(size=(60, 10, 4)), np.arange(60) % 3
    message = build(ClassifySettings(), 1, 60).fit(series, codes).predict_proba(series)
    assert message.shape == (60, 3)
    assert message.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("child", ["the node itself", "behind the last"])
def test_a_way_through_a_tree_always_ends(side, child):
    """Checked before anything is predicted, which would never end."""
    rng = np.random.default_rng(0)
    trees = build(ClassifySettings(), 1, 60).fit(rng.normal(size=(60, 10, 4)), np.arange(60) % 3)
    check(trees, (10, 4), 3)
    nodes = trees["boosting"]._predictors[0][0].nodes
    nodes[side][0] = 0 if child == "the node itself" else len(nodes)
    with pytest.raises(ContentError, match="points outside its tree, or back"):
        check(trees, (10, 4), 3)
