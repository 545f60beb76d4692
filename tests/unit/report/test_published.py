import itertools
import statistics
from pathlib import Path

import pytest

from moodreel.emotions.votes import winner
from moodreel.errors import UserError
from moodreel.features.groups import GROUPS
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
    assert PAPERS[name].paper == name
    for parameter in PAPERS[name].parameters:
        assert {parameter.setting, parameter.setting.rpartition(".")[0]} & set(keys()), "a setting, or a part of one"


def test_what_hsu_and_lee_print():
    figures = {name: (a.published, a.sd) for name, a in HSU_LEE.of("fidelity").items()}
    assert figures == {"knn": (0.70238, 0.1031), "svm": (0.55952, 0.26163), "mlp": (0.10714, 0.11845)}
    counts = {"clusters": 7, "columns": 788, "webcam_frames": 200, "videos_collected": 366, "videos_kept": 188}
    assert HSU_LEE.counts == counts
    assert [p.videos for p in HSU_LEE.playlists] == [22, 250]
    assert [f.published for f in HSU_LEE.figures if f.quantity == "speed"] == [25]
    assert list(HSU_LEE.readings) == list(range(1, 8))


def test_the_inferred_folds_give_the_published_figures():
    """59, 47 and 9 of 84 in 4 folds of 21: some numbers of hits per fold have the printed standard deviation."""
    folds = int(HSU_LEE.inference("folds").value)
    for name, figure in HSU_LEE.of("fidelity").items():
        inferred = HSU_LEE.inference(f"fidelity/{name}")
        correct, size = inferred.correct, inferred.of // folds
        assert round(correct / inferred.of, 5) == figure.published
        ways = itertools.combinations_with_replacement(range(size + 1), folds)
        assert figure.sd in {round(statistics.pstdev(hits) / size, 5) for hits in ways if sum(hits) == correct}


def test_the_columns_as_described_are_counted_right():
    described, of_openface = (HSU_LEE.inference(f"columns_{name}").value for name in ("described", "openface"))
    dropped = {"frame", "face_id", "timestamp", "confidence", "success"}
    assert of_openface - len(dropped) + 50 == described
    assert len(GROUPS["paper_face"].columns) + len(GROUPS["paper_pose"].columns) == described


def refused(path: Path, text: str | None) -> str:
    """The message about a file of this text, or about none."""
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError) as caught:
        read(path)
    return str(caught.value)


def test_what_does_not_fit_is_reported(tmp_path):
    path = tmp_path / "expected.yaml"
    assert "no such file" in refused(path, None)
    message = refused(path, "paper: x\ncounts: {clusters: many}\ntypo: 1\n")
    assert "clusters" in message and "typo" in message and "figures" in message
    messages = refused(path, WRONG).splitlines()[1:]
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
    message = refused(path, WRONG.replace("films", "emotions") + "  - {quantity: speed, published: 3}\n")
    assert "figures: each quantity may occur only once; repeated: speed" in message
    assert "not YAML" in refused(path, "a: [")


def test_what_cs640_prints():
    figures = {figure.quantity: figure.published for figure in CS640.figures}
    assert figures == {"2019/mtcnn": 0.6005, "2019/haar": 0.5394, "2020/mtcnn": 0.5535, "2020/haar": 0.5775}
    assert (CS640.counts["clips_2019"], CS640.counts["clips_2020"], len(CS640.rows)) == (1320, 1506, 9)
    assert sorted(one.also for one in CS640.contradictions) == [0.5374, 0.6004]


def fitting(figure: float, clips: range) -> list[int]:
    """Of how many clips a whole number is this share, rounded to four digits."""
    return [n for n in clips if round(round(figure * n) / n, 4) == figure]


def test_the_inferred_clips_are_the_most_that_give_the_printed_figures():
    figures = {figure.quantity: figure.published for figure in CS640.figures}
    for one in CS640.inferences:
        if one.correct is not None:
            clips = range(1, CS640.counts[f"clips_{one.quantity[:4]}"] + 1)
            assert fitting(figures[one.quantity], clips)[-1] == one.of
            assert round(one.correct / one.of, 4) == figures[one.quantity]


@pytest.mark.parametrize("row", CS640.rows, ids=lambda row: row["clip"])
def test_the_papers_rule_gives_its_own_rows(row):
    assert winner([row["pos"], row["neg"], row["neut"]]) == row["predicted"]


def test_what_the_conclusion_says_is_no_fraction_of_the_clips():
    """Of at least 1,311 clips of 2019."""
    for one in CS640.contradictions:
        assert fitting(one.also, range(1311, 1321)) == [], one.also
