"""`make env` says what is missing before it does anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ("env", "demo", "test", "lint")


@pytest.fixture
def checkout(tmp_path):
    """A copy of what `make env` needs, without an environment."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "envs", tmp_path / "envs")
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def python_that(folder: Path, case: str) -> str:
    """The variable for a Python that does something of its own in one `case` of its second argument."""
    path = folder / "python-of-the-test"
    path.write_text(f'#!/bin/bash\ncase "$2" in {case};; *) exec {shutil.which("python3")} "$@";; esac\n')
    path.chmod(0o755)
    return f"PYTHON={path}"


OLD = '*version_info*) exec python3 -c "${2/v = sys.version_info/v = (3, 9, 1)}"'
WITHOUT_VENV = "*ensurepip*) exit 1"


@pytest.mark.parametrize(
    ("target", "variable", "message"),
    [
        *((target, "PYTHON=no-such-python", "'no-such-python' was not found") for target in TARGETS),
        ("env", OLD, "needs Python 3.11 to 3.14"),
        ("env", WITHOUT_VENV, "python3-venv"),
        ("env", "ACCEL=tpu", "ACCEL is cpu or cuda"),
    ],
)
def test_what_is_missing_or_unknown_is_reported(checkout, target, variable, message):
    (checkout / "envs" / "tpu.lock.txt").touch()
    done = make(checkout, target, python_that(checkout, variable) if variable.startswith("*") else variable)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert not (checkout / ".venv").exists()


def test_make_alone_lists_the_targets(checkout):
    done = make(checkout)
    assert done.returncode == 0
    assert all(f"make {target}" in done.stdout for target in TARGETS)
