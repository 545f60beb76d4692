"""Judges on a made-up folder, whose labels are random: nothing is claimed of the portraits."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.faces import __main__ as program
from benchmarks.faces import page, study
from benchmarks.faces.judges import JUDGES, Judge, Pictures, fer_scores
from benchmarks.faces.labelled import draw, read

from moodreel.networks import catalogue
from moodreel.tables.emotions import EMOTIONS
from unit.emotions.pictures import pictures

SEEN = ("hopper", "astronaut", "dark", "edge", "wide", "small")
NOBODY = "nobody"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both portraits as they are, dark, cut out, stretched and small, a picture of nobody, one that is none, and one
    that is lacking; one picture has two raters."""
    made = tmp_path_factory.mktemp("labelled")
    rng = np.random.default_rng(11)
    lines = ["picture,label,person,rater"]
    for name in (*SEEN, NOBODY):
        cv2.imwrite(str(made / f"{name}.png"), pictures()[name])
        lines.append(f"{name}.png,{rng.choice(EMOTIONS)},person of {name},rater of labels")
    (made / "broken.png").write_text("no picture")
    lines += ["broken.png,sad,,rater of labels", "lacking.png,sad,,rater of labels"]
    lines += [f"{SEEN[0]}.png,{rng.choice(EMOTIONS)},person of {SEEN[0]},second rater"]
    (made / "labels.csv").write_text("\n".join(lines) + "\n")
    return made


def test_a_folder_is_judged_and_nobody_is_named(folder, emotion_models, tmp_path, monkeypatch, capsys) -> None:
    out = tmp_path / "faces.json"
    judges = ["fer-haar", "fer-mesh", "units-facemesh"]
    arguments = [f"{folder}/", "--models", str(emotion_models), "--out", str(out), "--judges", *judges]
    monkeypatch.setattr(sys, "argv", ["faces", *arguments])
    program.main()
    text = out.read_text(encoding="utf-8")
    found = json.loads(text)
    assert (list(found["judges"]), found["labelled"]["pictures"]) == (judges, 8)
    assert found["labelled"]["set_aside"] == {"no such file": 1}
    assert found["sample"]["set_aside"] == {"no picture that can be read": 1}
    assert (found["sample"]["pictures"], found["sample"]["people"], found["labelled"]["named_people"]) == (7, 7, 7)
    for name in ("person of", "rater of", ".png", "labels.csv/", str(folder)):
        assert name not in text, f"{name} is nobody's business"
    assert "FOLDER" in found["command"]
    for of in found["judges"].values():
        whole = of["emotions"]
        assert whole["pictures"] == 7
        assert 1 <= whole["missed"] <= 4, "there is a picture of nobody"
        assert whole["with_face"]["pictures"] == 7 - whole["missed"]
        assert sum(sum(row) for row in whole["all"]["confusion"]) == 7
        assert sum(row[-1] for row in whole["all"]["confusion"]) == whole["missed"]
    assert found["twice"]["pictures"] == 1
    printed = capsys.readouterr().out
    assert page.parts(found)["figures"] in printed and "| `fer-haar` | all 7 |" in printed


def test_boxes_are_those_of_the_face(folder: Path, emotion_models: Path, tmp_path: Path) -> None:
    shown = Pictures([folder / f"{name}.png" for name in (*SEEN[:3], NOBODY)], emotion_models, tmp_path)
    haar, mesh = (fer_scores(shown, detector) for detector in ("haar", "mesh"))
    assert mesh["status"].to_list() == ["ok", "ok", "ok", "no_face"]
    for one, other in zip(haar.iter_rows(named=True), mesh.head(3).iter_rows(named=True), strict=False):
        middle, theirs = ((row["x"] + row["width"] / 2, row["y"] + row["height"] / 2) for row in (one, other))
        assert np.hypot(*np.subtract(middle, theirs)) < 0.3 * other["width"]


def test_what_a_picture_says_does_not_hang_on_the_one_before(folder, emotion_models, tmp_path: Path) -> None:
    names = [folder / f"{name}.png" for name in SEEN[:3]]
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    forwards = fer_scores(Pictures(names, emotion_models, tmp_path / "a"), "mesh")
    backwards = fer_scores(Pictures(names[::-1], emotion_models, tmp_path / "b"), "mesh")
    assert forwards.select("x", "y", "neutral").rows() == backwards.select("x", "y", "neutral").rows()[::-1]


def test_another_judge_is_one_entry(folder: Path, tmp_path: Path) -> None:
    def always(shown: Pictures) -> np.ndarray:
        return np.full(len(shown), EMOTIONS.index("neutral"))

    labelled, judges = read(folder), [Judge("constant", "says one thing", (), always)]
    drawn = draw(labelled.pictures, 5, 0)
    found = study.judge(labelled, drawn, judges, models=tmp_path, folder=tmp_path, seed=0)
    own = found["judges"]["constant"]["emotions"]["all"]
    assert own["balanced_accuracy"] <= own["constant_balanced_accuracy"]
    assert own["exchanged"]["accuracy"]["mean"] == pytest.approx(own["accuracy"])


def test_every_judge_names_networks_that_there_are() -> None:
    assert len({one.name for one in JUDGES}) == len(JUDGES)
    for one in JUDGES:
        assert all(catalogue.find(name) for name in one.networks)
