from dataclasses import replace

import pytest

from moodreel.face import trust
from moodreel.face.trust import Verdict
from moodreel.report import unit_trust
from moodreel.report.page import render
from unit.report import study


@pytest.fixture(autouse=True)
def judged(monkeypatch):
    known = {4: Verdict.DO_NOT_USE, 17: Verdict.DO_NOT_USE, 12: Verdict.CAREFUL, 6: Verdict.USE, 14: Verdict.NOT_READ}
    monkeypatch.setattr(trust, "_verdicts", lambda: {("facemesh", unit): found for unit, found in known.items()})


def test_each_verdict_has_its_units_and_those_left_out_are_counted_apart():
    lines = unit_trust.sentences([4, 6, 12, 15], ["facemesh"])
    assert lines[0] == "How far 4 action units read by facemesh can be trusted (docs/trust.md)."
    assert [sentence.split(",")[0] for sentence in lines[1:-1]] == [
        "Use: AU06 cheek raiser", "Careful: AU12 lip corner puller", "Not judged: AU15 lip corner depressor",
        "Do not use: AU04 brow lowerer",
    ]  # fmt: skip
    assert lines[-1].startswith("Left out of features, clusters and classifiers (1 unit, do not use): AU17 chin raiser")
    assert len(unit_trust.sentences([4, 17], ["facemesh"])) == 2


def test_units_of_other_programs_are_not_judged():
    lines = unit_trust.sentences([4, 12], ["openface"])
    assert lines[1].startswith("Not judged: AU04 brow lowerer and AU12 lip corner puller") and len(lines) == 2
    assert unit_trust.sentences([], ["facemesh"]) == []


def test_the_page_says_which_units_were_left_out(tmp_path):
    page = study.page(tmp_path)
    run = replace(page.run, features=page.run.features.drop("AU04_r"), face_backends=("facemesh",))
    text = render(replace(page, run=run))
    assert "classifiers (2 units, do not use): AU04 brow lowerer and AU17 chin raiser" in text
    assert "Left out, as not to be used: AU04 brow lowerer and AU17 chin raiser." in text
    assert "Careful: AU12 lip corner puller" in text
