"""Verdicts on action units: read from the package's table, put together over several backends."""

import polars as pl
import pytest

from moodreel.face import trust
from moodreel.face.mesh import BACKENDS
from moodreel.face.trust import Verdict
from moodreel.settings.face import FROM_FILES
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.tables.trust import UNIT_TRUST

WORDS = {"one": {4: "do not use", 12: "use", 14: "not read"}, "two": {4: "careful", 12: "careful"}}


@pytest.fixture
def judged(monkeypatch, tmp_path):
    """Verdicts on two backends that are made up: `WORDS`, all other units not judged."""
    rows = [
        {"unit": f"AU{unit:02d}", "backend": backend, "verdict": words.get(unit, "not judged"), "people": 1, "clips": 2}
        for backend, words in WORDS.items()
        for unit in ACTION_UNITS
    ]
    base.write_tsv(tmp_path / "trust.tsv", UNIT_TRUST, pl.DataFrame(rows, base.polars_schema(UNIT_TRUST)))
    monkeypatch.setattr(trust, "FILE", tmp_path / "trust.tsv")
    _forget()
    yield
    _forget()


def _forget():
    trust._table.cache_clear()
    trust._verdicts.cache_clear()


def test_a_unit_has_the_verdict_of_its_backend(judged):
    assert trust.verdict("one", 4) is Verdict.DO_NOT_USE and trust.verdict("two", 4) is Verdict.CAREFUL
    assert trust.verdict("two", 5) is Verdict.NOT_JUDGED
    with pytest.raises(KeyError):
        trust.verdict("one", 3)


def test_over_several_backends_the_worst_verdict_counts(judged):
    assert trust.worst_verdict(["one", "two"], 4) is Verdict.DO_NOT_USE
    assert trust.worst_verdict(["two", "one"], 12) is Verdict.CAREFUL
    assert trust.worst_verdict(["one", "openface"], 12) is Verdict.NOT_JUDGED
    assert trust.unusable_units(["two", "one"]) == [4]
    assert trust.unusable_units(["two"]) == trust.unusable_units([]) == []
    # one that does not read a unit says nothing of another's reading
    assert trust.worst_verdict(["one"], 14) is Verdict.NOT_READ
    assert trust.worst_verdict(["one", "openface"], 14) is Verdict.NOT_JUDGED


def test_a_table_has_each_unit_of_one_backend(judged):
    assert trust.table("one").filter(verdict="do not use")["unit"].to_list() == ["AU04"]
    assert set(trust.table("one")["backend"]) == {"one"}
    assert set(trust.table("elsewhere")["verdict"]) == {"not judged"}
    assert len(trust.table("one")) == len(trust.table("elsewhere")) == len(ACTION_UNITS)


def test_what_other_programs_have_read_is_not_judged():
    assert {trust.verdict(backend, unit) for backend in FROM_FILES for unit in ACTION_UNITS} == {Verdict.NOT_JUDGED}


def test_the_packages_table_judges_every_unit_of_every_backend_that_reads_videos():
    for backend in BACKENDS:
        assert trust.table(backend)["unit"].to_list() == [f"AU{unit:02d}" for unit in ACTION_UNITS]
        assert Verdict.NOT_READ in trust.table(backend)["verdict"].to_list()  # 14 and 23 cannot be seen


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("AU04_r", 4), ("AU04_raw", 4), ("AU12_c", 12), ("AU12_left_minus_right", 12), ("AU45_r_per_s", 45),
        ("openface_AU06_r", 6), ("pitch_deg", None), ("nose_x", None),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_unit(column, unit):
    assert trust.unit_of(column) == unit
