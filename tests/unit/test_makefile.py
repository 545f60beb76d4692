"""`make env` says what is missing before it does anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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


def python_that(folder: Path, script: str) -> str:
    path = folder / "python-of-the-test"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"PYTHON={path}"


@pytest.mark.parametrize("target", ["env", "demo", "test", "lint"])
def test_a_missing_python_is_told(checkout, target):
    done = make(checkout, target, "PYTHON=no-such-python")
    assert done.returncode != 0
    assert "'no-such-python' was not found" in done.stdout
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_told(checkout):
    real = shutil.which("python3")
    old = python_that(
        checkout,
        f"""case "$2" in *version_info*) exec {real} -c "${{2/v = sys.version_info/v = (3, 9, 1)}}";; *) exec {real} "$@";; esac""",
    )
    (checkout / "python-of-the-test").write_text(
        (checkout / "python-of-the-test").read_text().replace("#!/bin/sh", "#!/bin/bash")
    )
    done = make(checkout, "env", old)
    assert done.returncode != 0
    assert "needs Python 3.11 to 3.14" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_told(checkout):
    real = shutil.which("python3")
    bare = python_that(checkout, f'case "$2" in *ensurepip*) exit 1;; *) exec {real} "$@";; esac')
    done = make(checkout, "env", bare)
    assert done.returncode != 0
    assert "python3-venv" in done.stdout


def test_an_unknown_accelerator_is_told(checkout):
    (checkout / "envs" / "tpu.lock.txt").write_text("")
    done = make(checkout, "env", "ACCEL=tpu")
    assert done.returncode != 0
    assert "ACCEL is cpu or cuda" in done.stdout


def test_make_alone_lists_the_targets(checkout):
    done = make(checkout)
    assert done.returncode == 0
    for target in ("env", "demo", "test", "lint"):
        assert f"make {target}" in done.stdout
