"""What real runs say to a pipe and to a terminal: where a step ends well, and where it fails."""

import re

import pytest

import pseudo_terminal
from workflow.workplace import Workplace

CLIP = "results/sources/builtin-0/clip.mp4"


@pytest.fixture
def place(models_folder, tmp_path) -> Workplace:
    """One built-in clip that is still to be rendered."""
    (tmp_path / "videos.tsv").write_text("video\tsource\tperformer\nclip\tbuiltin:hopper/smile/1\t\n")
    return Workplace(tmp_path, {"run": "mine", "videos": "videos.tsv", "models": {"folder": str(models_folder)}})


@pytest.fixture
def broken(tmp_path, monkeypatch) -> None:
    """Steps fail: their shells take a function for Python."""
    (tmp_path / "shell").write_text("broken() { echo broken on purpose; return 3; }\nMOODREEL_PYTHON=broken\n")
    monkeypatch.setenv("BASH_ENV", str(tmp_path / "shell"))


def output(place: Workplace, *, terminal: bool, status: int = 0) -> str:
    """The output of a run that renders the clip and has to end with `status`."""
    if not terminal:
        return place.snakemake("--", CLIP, status=status)
    ended, text = pseudo_terminal.run(place.command("--", CLIP), folder=place.folder)
    assert ended == status, text
    return pseudo_terminal.plain(text)


def log(place: Workplace) -> str:
    """Snakemake's own."""
    (path,) = (place.folder / ".snakemake" / "log").iterdir()
    return path.read_text()


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_a_run_is_short_and_its_log_is_not(place, terminal):
    text = output(place, terminal=terminal)
    line = r"^\d\d:\d\d:\d\d  0 of 1  Rendering the built-in clip clip$"
    assert bool(re.search(line, text, re.M)) is not terminal
    assert ("Workflow Progress" in text) is terminal
    assert "Reason: Missing output files" in log(place) and "Reason:" not in text
    assert "Complete log" in text
    assert "Results:" not in text, "it has made a clip and no more"


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_a_failed_step_is_reported_with_its_log(place, broken, terminal):
    text = output(place, terminal=terminal, status=1)
    assert "Error in rule actor:" in text and "log: results/logs/actor/clip.log" in text
    assert "\nbroken on purpose\n" in text and "exit status 3" in text
    assert "set -euo pipefail" not in text, "which stands in the log"
    assert "set -euo pipefail" in log(place)


def test_a_dry_run_says_why(place):
    text = place.snakemake("--dry-run", "--", CLIP)
    assert "Job stats:" in text and "Reason: Missing output files" in text
