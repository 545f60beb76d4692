import itertools
import statistics
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.report.comparison.published import read
from moodreel.settings.resolve import keys

EXPECTED = sorted(Path(__file__).parents[3].glob("workflow/papers/*/expected.yaml"))
PAPERS = {path.parent.name: read(path) for path in EXPECTED}
HSU_LEE, CS640 = PAPERS["hsu-lee-2020"], PAPERS["cs640-2020"]

WRONG = """
paper: x
title: x
authors: x
study: films
data: {buildin: x}
counts: {clips: 3}
not_rerun: {speeed: why}
inferences: [{correct: 9, of: 8}, {correct: 9}, {quantity: x}]
figures:
  - {quantity: speed, published: 25}
"""


@pytest.mark.parametrize("name", PAPERS)
def test_a_papers_numbers_can_be_read(name):
    published = PAPERS[name]
    assert published.paper == name
    for parameter in published.parameters:
        assert {parameter.setting, parameter.setting.rpartition(".")[0]} & set(keys()), "a setting, or a part of one"


def test_what_hsu_and_lee_print():
    published = HSU_LEE
    figures = {name: (a.published, a.sd) for name, a in published.of("fidelity").items()}
    assert figures == {"knn": (0.70238, 0.1031), "svm": (0.55952, 0.26163), "mlp": (0.10714, 0.11845)}
    counts = {"clusters": 7, "columns": 788, "webcam_frames": 200, "videos_collected": 366, "videos_kept": 188}
    assert published.counts == counts
    assert [p.videos for p in published.playlists] == [22, 250]
    assert [f.published for f in published.figures if f.quantity == "speed"] == [25]
    assert list(published.readings) == list(range(1, 8))


def test_the_inferred_folds_give_the_published_figures():
    """59, 47 and 9 of 84 in 4 folds of 21: some numbers of hits per fold have the printed standard deviation."""
    published = HSU_LEE
    folds = int(published.inference("folds").value)
    for name, figure in published.of("fidelity").items():
        inferred = published.inference(f"fidelity/{name}")
        correct, size = inferred.correct, inferred.of // folds
        assert round(correct / inferred.of, 5) == figure.published
        deviations = {
            round(statistics.pstdev(hits) / size, 5)
            for hits in itertools.combinations_with_replacement(range(size + 1), folds)
            if sum(hits) == correct
        }
        assert figure.sd in deviations


def test_the_columns_as_described_are_counted_right():
    from moodreel.features.groups import GROUPS

    described, of_openface = (HSU_LEE.inference(f"columns_{name}").value for name in ("described", "openface"))
    dropped = {"frame", "face_id", "timestamp", "confidence", "success"}
    assert of_openface - len(dropped) + 50 == described
    assert len(GROUPS["paper_face"].columns) + len(GROUPS["paper_pose"].columns) == described


def test_what_does_not_fit_is_told(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path / "none.yaml")
    (tmp_path / "a.yaml").write_text("paper: x\ncounts: {clusters: many}\ntypo: 1\n")
    with pytest.raises(UserError) as caught:
        read(tmp_path / "a.yaml")
    assert "clusters" in str(caught.value) and "typo" in str(caught.value) and "figures" in str(caught.value)
    (tmp_path / "c.yaml").write_text(WRONG)
    with pytest.raises(UserError) as caught:
        read(tmp_path / "c.yaml")
    messages = str(caught.value).splitlines()[1:]
    for line in (
        "study: 'films' is not a kind of study. Allowed: expressions, emotions",
        "not_rerun: speeed: neither a figure nor a count of this file. Allowed: speed, clips",
        "inferences.1: `correct` is a number from 0 to `of`, and 9 of 8 is not",
        "inferences.2: a fraction needs both `correct` and `of`",
        "inferences.3: it is empty",
        "data.buildin: Extra inputs",
    ):
        assert sum(line in one for one in messages) == 1, (line, messages)
    assert len(messages) == 6
    (tmp_path / "d.yaml").write_text(WRONG.replace("films", "emotions") + "  - {quantity: speed, published: 3}\n")
    with pytest.raises(UserError, match="figures: each quantity may occur once, and speed occur more often"):
        read(tmp_path / "d.yaml")
    (tmp_path / "b.yaml").write_text("a: [")
    with pytest.raises(UserError, match="not YAML"):
        read(tmp_path / "b.yaml")


def test_what_cs640_prints():
    published = CS640
    figures = {figure.quantity: figure.published for figure in published.figures}
    assert figures == {"2019/mtcnn": 0.6005, "2019/haar": 0.5394, "2020/mtcnn": 0.5535, "2020/haar": 0.5775}
    assert (published.counts["clips_2019"], published.counts["clips_2020"]) == (1320, 1506)
    assert len(published.rows) == 9
    assert sorted(one.also for one in published.contradictions) == [0.5374, 0.6004]


def test_the_inferred_clips_are_the_most_that_give_the_printed_figures():
    published = CS640
    figures = {figure.quantity: figure.published for figure in published.figures}
    for one in published.inferences:
        if one.correct is None:
            continue
        clips = published.counts[f"clips_{one.quantity[:4]}"]
        fitting = [
            n
            for n in range(1, clips + 1)
            for right in [round(figures[one.quantity] * n)]
            if round(right / n, 4) == figures[one.quantity]
        ]
        assert (fitting[-1], round(one.correct / one.of, 4)) == (one.of, figures[one.quantity])


@pytest.mark.parametrize("row", CS640.rows, ids=lambda row: row["clip"])
def test_the_papers_rule_gives_its_own_rows(row):
    from moodreel.emotions.votes import winner

    assert winner([row["pos"], row["neg"], row["neut"]]) == row["predicted"]


def test_what_the_conclusion_says_is_no_fraction_of_the_clips():
    """Rounded to four digits, of at least 1,311 clips of 2019."""
    for one in CS640.contradictions:
        near = [n for n in range(1311, 1321) if round(round(one.also * n) / n, 4) == one.also]
        assert not near, (one.also, near)
