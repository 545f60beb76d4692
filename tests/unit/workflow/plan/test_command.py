import os
import subprocess
import sys

from moodreel.workflow.plan.command import PACKAGES, export, step


def test_a_command_runs_the_step_with_its_log_and_the_screen_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("MOODREEL_PYTHON", "")
    python = tmp_path / "it's a python"
    monkeypatch.setattr(sys, "executable", str(python))
    python.write_text('#!/bin/sh\necho "$@"; echo "$PYTHONPATH"; echo shown >&3\n')
    python.chmod(0o755)
    for _ in range(2):
        export(software_deployed=False)
    log = tmp_path / "log of it"
    command = step("no_pose", face=None, mesh=None, code=None).format(output=_Quoted("a b"), log=_Quoted(log))
    done = subprocess.run(["bash", "-c", command], env=dict(os.environ), capture_output=True, text=True, check=True)
    assert log.read_text().splitlines() == ["-m moodreel.steps.no_pose --out a b", str(PACKAGES)]
    assert (done.stdout, done.stderr) == ("", "shown\n")


def test_where_software_is_deployed_its_own_python_runs(monkeypatch):
    monkeypatch.setenv("MOODREEL_PYTHON", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("other", str(PACKAGES))))
    export(software_deployed=True)
    assert os.environ["MOODREEL_PYTHON"] == "python"
    assert os.environ["PYTHONPATH"].split(os.pathsep) == [str(PACKAGES), "other"]


class _Quoted:
    """A path that is filled in as Snakemake does with `:q`."""

    def __init__(self, path) -> None:
        self.path = path

    def __format__(self, how: str) -> str:
        assert how == "q"
        return f"'{self.path}'"
