"""The console command: what its help teaches, what it takes, and the status it ends with."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from moodreel import cli
from moodreel.errors import UserError
from moodreel.workflow.cleanup import space
from moodreel.workflow.provenance import compare, reproduce, run_record

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "provenance": "how a file was made",
    "compare": "two runs",
    "reproduce": "again",
    "space": "the size of results/",
}


def moodreel(*words: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "moodreel", *words],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def status(monkeypatch, *words: str) -> int | str | None:
    """The status of the command, run in this process."""
    monkeypatch.setattr(sys, "argv", ["moodreel", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


def test_the_environment_has_the_command_and_alone_it_prints_its_help():
    script = Path(sys.executable).with_name("moodreel")
    done = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, moodreel("--help").stdout), done.stderr
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"moodreel": "moodreel.cli:main"}
    alone = moodreel()
    assert (alone.returncode, alone.stderr.strip()) == (2, done.stdout.strip())


def test_help_says_what_moodreel_is_and_how_to_begin():
    text = moodreel("--help").stdout
    assert "facial action units" in text
    for step in ("make demo", "--configfile my.yaml --dry-run", "snakemake --cores 8 --configfile my.yaml\n"):
        assert step in text
    assert "results/runs/mine/report.html" in text
    for name, purpose in COMMANDS.items():
        assert re.search(rf"^ +{name} .*{purpose}.*\.$", text, re.M), name


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_examples_are_calls_that_it_takes(name, tmp_path):
    done = moodreel(name, "--help")
    examples = re.findall(r"^ +moodreel (.+)$", done.stdout, re.M)
    assert done.returncode == 0 and examples
    for example in examples:
        assert example.split()[0] == name
        refused = moodreel(*example.split(), folder=tmp_path)
        assert refused.returncode == 2 and refused.stderr.startswith("moodreel: "), "there is nothing in the folder"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_explains_all_that_it_takes(name):
    text = moodreel(name, "--help", COLUMNS="80").stdout
    usage, _, rest = text.partition("\n\n")
    arguments = re.findall(r"[{[]((?:-- )?[A-Z]+)[}\]]", usage.replace("[OPTIONS]", ""))
    options = re.findall(r"^  (--[a-z-]+)", rest, re.M)
    assert all(re.search(rf"^  {argument} <.*>  +\S", rest, re.M) for argument in arguments)
    assert len(arguments) + len(options) > 0
    assert all(re.search(rf"^  {option}( [A-Z]+)?  +\S", rest, re.M) for option in options)


@pytest.mark.parametrize("columns", ["40", "200"])
def test_help_is_plain_text(columns):
    for words in ([], ["reproduce"]):
        text = moodreel(*words, "--help", COLUMNS=columns, FORCE_COLOR="1").stdout
        assert text.isascii() and "\x1b" not in text


def test_help_comes_at_once():
    """None of the libraries that read tables is imported for it, nor the one that draws boxes."""
    code = "import sys, moodreel.cli; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    slow = {"numpy", "polars", "pyarrow", "sklearn", "pydantic", "rich", "snakemake"}
    assert "typer" in done.stdout.split()
    assert slow.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    "words", [["prove"], ["compare", "one"], ["provenance", "file", "--", "-n"], ["space", "--all"]]
)
def test_a_call_that_it_does_not_take_is_reported(words):
    done = moodreel(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: moodreel") and "--help" in done.stderr


@pytest.fixture
def asked(monkeypatch, tmp_path) -> list:
    """What would be reproduced, and how; the runs agree."""
    calls = []
    monkeypatch.setattr(run_record, "locate", lambda path: path)
    monkeypatch.setattr(run_record, "read", lambda path: path)
    monkeypatch.setattr(compare, "compare", lambda *_: [])
    monkeypatch.setattr(compare, "report", lambda *_: (["the same"], True))
    monkeypatch.setattr(reproduce, "reproduce", lambda *given, **more: calls.append((*given, more)) or tmp_path)
    return calls


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (
            ["--cores", "2", "--", "--profile", "mine", "-n"],
            (None, {"cores": "2", "options": ["--profile", "mine", "-n"]}),
        ),
        (["--folder", "again"], (Path("again"), {"cores": "all", "options": ()})),
    ],
)
def test_options_of_snakemake_are_passed_on_and_by_itself_it_takes_all_cores(asked, monkeypatch, capsys, words, call):
    assert status(monkeypatch, "reproduce", "demo", *words) == 0
    assert asked == [(Path("demo"), *call)]
    assert capsys.readouterr().out == "\nthe same\n"


def test_options_of_snakemake_need_the_dashes(asked, monkeypatch, capsys):
    assert status(monkeypatch, "reproduce", "demo", "report.html") == 2
    assert "-- report.html" in capsys.readouterr().err
    assert asked == []


def test_every_kind_that_is_named_is_deleted(monkeypatch, capsys):
    monkeypatch.setattr(space, "delete", lambda kind: f"deleted {kind}")
    monkeypatch.setattr(space, "survey", list)
    assert status(monkeypatch, "space", "--delete", "meshes", "--delete", "clips") == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["deleted meshes", "deleted clips"]


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (UserError("no such record"), 2, "moodreel: no such record\n"),
        (PermissionError(13, "Permission denied", "a/b.tsv"), 2, "moodreel: a/b.tsv: Permission denied\n"),
        (OSError("strange"), 2, "moodreel: strange\n"),
        (KeyboardInterrupt(), 130, ""),
        (ZeroDivisionError(), None, ""),
    ],
)
def test_errors_are_no_difference_and_a_bug_keeps_its_traceback(monkeypatch, capsys, raised, code, message):
    def fail(path):
        raise raised

    monkeypatch.setattr(run_record, "read", fail)
    if code is None:
        with pytest.raises(type(raised)):
            status(monkeypatch, "compare", "a", "b")
    else:
        assert status(monkeypatch, "compare", "a", "b") == code
    assert capsys.readouterr().err == message
