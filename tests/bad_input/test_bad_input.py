"""A sample of the corpus of bad inputs, the same each time; `make bad-input` reads all of it."""

import random
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from benchmarks import bad_input, pages
from tests.bad_input import pictures, runner
from tests.bad_input.case import Case, Outcome, Refused, Rows, judge
from tests.bad_input.corpus import cases
from tests.bad_input.runner import Judged, read, run

PER_KIND = 9
"""Cases of each kind, about 170 in all."""


def sample() -> list[Case]:
    """Cases of each kind, drawn at random, always the same."""
    by_kind = groupby(sorted(cases(), key=lambda case: case.kind), lambda case: case.kind)
    chosen = []
    for kind, of in by_kind:
        some = list(of)
        chosen += random.Random(kind).sample(some, min(PER_KIND, len(some)))
    return chosen


@pytest.fixture(scope="module")
def judged():
    """The sample, read on two cores."""
    return {(one.case.kind, one.case.name): one for one in run(sample(), workers=2, hang_s=30)}


@pytest.mark.parametrize("case", sample(), ids=lambda case: f"{case.kind}: {case.name}")
def test_the_outcome_is_right(judged, case):
    one = judged[case.kind, case.name]
    assert one.verdict == "as_expected", f"{one.mistake}\n{one.outcome}"


def test_names_are_unique_and_most_kinds_have_good_inputs():
    named = [(case.kind, case.name) for case in cases()]
    assert len(named) == len(set(named)) >= 300
    clean = [
        c
        for c in cases()
        for e in c.expect
        if isinstance(e, Rows) and (e.twin or e.times_s or e.values) and len(c.expect) == 1
    ]
    assert len(clean) >= 120


def test_the_corpus_is_made_the_same_each_time(tmp_path):
    """Files of ten cases, made twice."""
    for case in random.Random(1).sample([c for c in cases() if c.kind in ("damage", "times", "imports")], 10):
        made = []
        for name in ("a", "b"):
            folder = tmp_path / name / case.name.replace("/", "-")
            folder.mkdir(parents=True)
            path = case.make(folder)
            made.append(path.read_bytes() if path.is_file() else sorted(child.name for child in path.glob("*")))
        assert made[0] == made[1], case.name


def test_pictures_tell_their_number_and_which_side_is_up():
    for number in range(64):
        picture = pictures.coded(number)
        assert pictures.number_of(picture) == number
        assert pictures.number_of(picture[::2, ::3] // 2 + 60) == number
        assert pictures.number_of(picture[::-1, ::-1]) is None
    assert pictures.number_of(pictures.coded(0) * 0) is None


TRUE_S = tuple(k / 25 for k in range(4))
GOOD = {"rows": 4, "times_s": list(TRUE_S), "numbers": [0, 1, 2, 3]}


@pytest.mark.parametrize(
    ("expect", "found", "verdict"),
    [
        (Rows(4, TRUE_S), GOOD, "as_expected"),
        (Rows(5), GOOD, "wrong"),
        (Rows(4, TRUE_S), GOOD | {"times_s": [0, 0.04, 0.082, 0.12]}, "wrong"),
        (Rows(4, TRUE_S), GOOD | {"numbers": [0, 2, 1, 3]}, "wrong"),
        (Rows(4), GOOD | {"times_s": [0, 0.04, 0.04, 0.12]}, "wrong"),
        (Rows(4, TRUE_S, whole=False), GOOD | {"numbers": [0, None, 0, 3]}, "as_expected"),
        (Rows(4, TRUE_S, whole=False), GOOD | {"numbers": [0, None, 1, 3]}, "wrong"),
        (Rows(4, told={"said": "line 2"}), GOOD, "silent"),
        (Rows(4, told={"said": "line 2"}), GOOD | {"values": {"said": "see line 2"}}, "as_expected"),
        (Rows(values={"width": (64, 0)}), GOOD | {"values": {"width": 65}}, "wrong"),
        (Refused(), GOOD, "silent"),
        (Refused(("unreadable",)), {"kind": "reason", "reason": "unreadable"}, "as_expected"),
        (Refused(("unreadable",)), {"kind": "reason", "reason": "no_frames"}, "wrong"),
        (Refused(words=("line 3",)), {"kind": "refused", "message": "line 2: no number"}, "wrong"),
        (Refused(words=("line 2",)), {"kind": "refused", "message": "Line 2: no number"}, "as_expected"),
        (Refused(), {"kind": "exception"}, "traceback"),
        (Refused(), {"kind": "crash"}, "traceback"),
        (Rows(), {"kind": "hang"}, "hang"),
        (Rows(), {"kind": "memory"}, "hang"),
    ],
)
def test_verdicts(expect, found, verdict):
    case = Case("name", "kind", Path, "video", (expect,))
    assert judge(case, Outcome(**{"kind": "rows", **found}))[0] == verdict


def test_a_table_unlike_its_twin_is_wrong():
    case = Case("name", "kind", Path, "videos", (Rows(twin=Path),))
    found = Outcome("rows", content="a")
    assert judge(case, found, Outcome("rows", content="a"))[0] == "as_expected"
    assert judge(case, found, Outcome("rows", content="b"))[0] == "wrong"


def test_the_page_shows_every_case_as_it_is_called():
    case = Case("a|b <c> *.mp4", "names", Path, "video", (Rows(),))
    bad = Judged(case, Outcome("hang", seconds=60.0, peak_mb=210.4), "hang", "no end")
    good = Judged(replace(case, name="plain"), Outcome("rows", rows=24, seconds=0.5, peak_mb=200.0), "as_expected", "")
    each = [bad_input.as_row(one) for one in (bad, good)]
    made_by = {"command": "x", "cores": 2, "processor": "y", "minutes": 1.0}
    parts = bad_input.parts({**made_by, **bad_input.count(each), "each": each})
    assert "| 2 | 1 | 0 | 1 | 0 | 0 |" in parts["figures"]
    assert "### Names" in parts["cases"]
    assert r"| a\|b \<c\> \*.mp4 | hang: **hang** | 60.00 | 210 |" in parts["cases"]
    assert "| plain | 24 rows | 0.50 | 200 |" in parts["cases"]
    pages.insert((Path(__file__).parents[2] / "docs" / "bad-input.md").read_text(), parts)


@pytest.mark.parametrize(
    ("how", "kind"), [("hang", "hang"), ("exit", "crash"), ("raise", "exception"), ("fill", "memory")]
)
def test_what_a_reader_does_is_told_apart(tmp_path, monkeypatch, how, kind):
    monkeypatch.setattr(runner, "MEMORY_MB", 1200)
    found = read(lambda folder: folder / "x", "misbehave", {"how": how}, hang_s=5 if how == "hang" else 60)
    assert found.kind == kind, found
