from __future__ import annotations

import itertools
import statistics
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.report.published import read
from moodreel.settings.resolve import keys

EXPECTED = sorted(Path(__file__).parents[3].glob("workflow/papers/*/expected.yaml"))


def hsu_lee():
    (path,) = [p for p in EXPECTED if p.parent.name == "hsu-lee-2020"]
    return read(path)


@pytest.mark.parametrize("path", EXPECTED, ids=lambda p: p.parent.name)
def test_a_papers_numbers_can_be_read(path):
    published = read(path)
    assert published.paper == path.parent.name
    assert {parameter.setting for parameter in published.parameters} <= set(keys())


def test_what_hsu_and_lee_print():
    published = hsu_lee()
    figures = {name: (a.mean, a.sd) for name, a in published.accuracy.items()}
    assert figures == {"knn": (0.70238, 0.1031), "svm": (0.55952, 0.26163), "mlp": (0.10714, 0.11845)}
    assert (published.clusters, published.columns, published.webcam_frames) == (7, 788, 200)
    assert (published.videos.collected, published.videos.kept) == (366, 188)
    assert [p.videos for p in published.videos.playlists] == [22, 250]
    assert list(published.readings) == list(range(1, 8))


def test_the_inferred_folds_give_the_published_figures():
    """59, 47 and 9 of 84 in 4 folds of 21: some numbers of hits per fold have the printed standard deviation."""
    published = hsu_lee()
    inferred = published.inferences
    size = inferred.items // inferred.folds
    for name, figure in published.accuracy.items():
        correct = inferred.correct[name]
        assert round(correct / inferred.items, 5) == figure.mean
        deviations = {
            round(statistics.pstdev(hits) / size, 5)
            for hits in itertools.combinations_with_replacement(range(size + 1), inferred.folds)
            if sum(hits) == correct
        }
        assert figure.sd in deviations


def test_the_columns_as_described_are_counted_right():
    from moodreel.features.groups import GROUPS

    inferred = hsu_lee().inferences
    dropped = {"frame", "face_id", "timestamp", "confidence", "success"}
    assert inferred.columns_openface - len(dropped) + 50 == inferred.columns_described
    assert len(GROUPS["paper_face"].columns) + len(GROUPS["paper_pose"].columns) == inferred.columns_described


def test_what_does_not_fit_is_told(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path / "none.yaml")
    (tmp_path / "a.yaml").write_text("paper: x\nclusters: many\ntypo: 1\n")
    with pytest.raises(UserError) as caught:
        read(tmp_path / "a.yaml")
    assert "clusters" in str(caught.value) and "typo" in str(caught.value) and "accuracy" in str(caught.value)
    (tmp_path / "b.yaml").write_text("a: [")
    with pytest.raises(UserError, match="not YAML"):
        read(tmp_path / "b.yaml")
