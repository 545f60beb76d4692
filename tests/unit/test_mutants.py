"""The list of mutants fits the code, a part of it is tried, and what tries it tells killed from survived and stale."""

import hashlib
import random
import subprocess
from pathlib import Path

import pytest
from benchmarks import mutants
from benchmarks.mutants import Mutant

ROOT = Path(__file__).parents[2]
SUBJECTS = {"evaluation", "clusters", "features", "emotions", "times", "limits", "pairing", "cache", "report"}
EVERYTHING = mutants.read(ROOT)

TRIED = 3
"""Mutants that each run of the tests tries, about three seconds each; `make mutants` tries all."""


def test_every_subject_has_five_at_least():
    count = {subject: sum(m.subject == subject for m in EVERYTHING) for subject in SUBJECTS}
    assert min(count.values()) >= 5, count


@pytest.mark.parametrize("mutant", EVERYTHING, ids=lambda m: m.id)
def test_the_old_text_is_there_and_so_are_the_tests(mutant):
    assert mutants.defect(mutant, ROOT) is None


def commit() -> str:
    """The commit's hash, or, where there is no repository, that of the lists."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or hashlib.sha256(repr(EVERYTHING).encode()).hexdigest()


def test_those_whose_turn_it_is_are_killed():
    """Which these are depends on the commit alone."""
    chosen = random.Random(commit()).sample(EVERYTHING, TRIED)
    results = list(mutants.try_all(chosen, ROOT, jobs=1))
    assert all(result.killed for result in results), "\n".join(map(str, results))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A small checkout: a module, and tests of it that notice one of its two constants."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "workflow").mkdir()
    (root / "workflow" / "small.py").write_text("LEFT = 1\nRIGHT = 2\n\n\ndef both():\n    return LEFT, RIGHT\n")
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["workflow"]\n')
    (root / "tests" / "mutants").mkdir(parents=True)
    (root / "tests" / "test_small.py").write_text(
        "import pytest\nimport small\n\n\n"
        "def test_left():\n    assert small.both()[0] == 1\n\n\n"
        "class TestRight:\n    def test_there(self):\n        assert small.RIGHT\n\n\n"
        "def test_wrong():\n    assert small.both() == 3\n\n\n"
        "def test_absent():\n    pytest.skip('nothing there')\n"
    )
    return root


def of(project: Path, old: str, new: str, *tests: str, **more) -> Mutant:
    names = tuple(f"tests/test_small.py::{test}" for test in tests)
    return Mutant("small", f"{old} {new} {tests}", "workflow/small.py", old, new, names, **more)


def content(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_noticed_is_killed_unnoticed_survives_and_the_checkout_stays_as_it_is(project):
    before = content(project)
    noticed = of(project, "LEFT = 1", "LEFT = 7", "test_left")
    # as long, and within the same second: bytecode of the one must not stand for the other
    unnoticed = of(project, "RIGHT = 2", "RIGHT = 7", "test_left", "TestRight::test_there")
    broken = of(project, "RIGHT = 2", "RIGHT = absent", "test_left")
    results = {r.mutant: r for r in mutants.try_all([unnoticed, noticed, broken], project, jobs=1)}
    assert [(results[m].killed, results[m].why) for m in (noticed, unnoticed)] == [(True, None), (False, None)]
    assert str(results[unnoticed]).startswith("SURVIVED")
    assert not results[broken].killed and "cannot be run with it" in results[broken].why
    assert content(project) == before


def test_tests_that_tell_nothing_kill_nothing(project):
    sound = of(project, "LEFT = 1", "LEFT = 7", "test_left")
    failing, skipped = (
        of(project, "LEFT = 1", "LEFT = 8", "test_left", test) for test in ("test_wrong", "test_absent")
    )
    results = {r.mutant: r for r in mutants.try_all([sound, failing, skipped], project)}
    assert results[sound].killed, "one mutant's tests do not spoil another's"
    for mutant, why in ((failing, "do not pass without it"), (skipped, "not all run")):
        assert not results[mutant].killed and why in results[mutant].why
        assert str(results[mutant]).startswith("STALE")


@pytest.mark.parametrize(
    ("old", "new", "tests", "times", "why"),
    [
        ("LEFT = 2", "LEFT = 7", ["test_left"], 1, "stands 0 times"),
        ("LEFT", "MIDDLE", ["test_left"], 1, "stands 2 times in workflow/small.py, not 1"),
        ("LEFT", "MIDDLE", ["test_left"], 2, None),
        ("LEFT = 1", "LEFT = (1)  # one", ["test_left"], 1, "changes nothing"),
        ("LEFT = 1", "LEFT = ", ["test_left"], 1, "no Python"),
        ("LEFT = 1", "LEFT = 7", ["test_right"], 1, "no test tests/test_small.py::test_right"),
        ("LEFT = 1", "LEFT = 7", ["TestRight::test_there[1]"], 1, None),
        ("LEFT = 1", "LEFT = 7", [], 1, "no test is named"),
    ],
)
def test_what_no_longer_fits_the_code_is_reported(project, old, new, tests, times, why):
    found = mutants.defect(of(project, old, new, *tests, times=times), project)
    assert found is None if why is None else why in found


def test_a_list_is_read_and_its_mistakes_are_reported(project):
    path = project / "tests" / "mutants" / "small.toml"
    entry = "[[mutant]]\nname = 'x'\nfile = 'f'\nold = 'o'\nnew = 'n'\ntests = ['t']\n"
    path.write_text(entry)
    assert mutants.read(project) == [Mutant("small", "x", "f", "o", "n", ("t",))]
    path.write_text(entry + "tets = ['u']\n")
    with pytest.raises(ValueError, match="tets"):
        mutants.read(project)
    path.write_text(entry + entry)
    with pytest.raises(ValueError, match="named twice: small/x"):
        mutants.read(project)
    path.unlink()


def test_parts_are_all_of_them_each_once():
    parts = [mutants.part_of(EVERYTHING, f"{number}/4") for number in range(1, 5)]
    assert sorted(m.id for part in parts for m in part) == sorted(m.id for m in EVERYTHING)
    assert all({m.subject for m in part} == SUBJECTS for part in parts)
    with pytest.raises(ValueError, match="0/4"):
        mutants.part_of(EVERYTHING, "0/4")


@pytest.mark.parametrize(("killed", "status"), [(2, 0), (1, 1)])
def test_the_last_line_counts_and_the_status_tells(monkeypatch, capsys, killed, status):
    given = [Mutant("small", str(n), "f", "o", "n", ("t",)) for n in range(2)]
    monkeypatch.setattr(mutants, "read", lambda _: given)
    monkeypatch.setattr(
        mutants, "try_all", lambda chosen, *_: (mutants.Result(m, n < killed, None, 0.0) for n, m in enumerate(chosen))
    )
    monkeypatch.setattr("sys.argv", ["mutants", "--only", "small"])
    with pytest.raises(SystemExit) as ended:
        mutants.main()
    assert capsys.readouterr().out.splitlines()[-1] == f"{killed} killed, {2 - killed} survived"
    assert int(ended.value.code) == status
