"""The pins of pyproject.toml, the locks and the conda files say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCKS = {"cpu": ROOT / "envs" / "cpu.lock.txt", "cuda": ROOT / "envs" / "cuda.lock.txt"}


def pins(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", path.read_text(), re.M):
        found.setdefault(name, set()).add(version)
    return found


def _split(requirement: str) -> tuple[str, str]:
    name, version = requirement.split("==")
    return re.sub(r"\[.*\]", "", name).lower(), version


def unlocked(requirements, lock: dict[str, set[str]]) -> set[str]:
    """Those whose version is not in the lock."""
    return {one for one in requirements if _split(one)[1] not in lock.get(_split(one)[0], ())}


@pytest.mark.parametrize("accel", LOCKS)
def test_the_lock_holds_the_pins_of_pyproject(accel):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"][accel] + project["optional-dependencies"]["dev"]
    assert unlocked(wanted, pins(LOCKS[accel])) == set()


@pytest.mark.parametrize("path", [*LOCKS.values(), ROOT / "envs" / "installer.lock.txt"], ids=lambda p: p.name)
def test_locks_hold_hashes_and_no_addresses(path):
    text = path.read_text()
    assert "://" not in text and "index" not in text
    blocks = re.split(r"^(?=\S)", text, flags=re.M)[1:]
    assert blocks and all("--hash=sha256:" in block for block in blocks)


def test_the_pinned_uv_builds_the_package_by_itself():
    """Another one would look for a build backend that no lock pins."""
    (uv,) = pins(ROOT / "envs" / "installer.lock.txt")["uv"]
    (needed,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert Requirement(needed).name == "uv_build"
    assert uv in Requirement(needed).specifier


def test_the_two_locks_differ_in_the_accelerator_only():
    cpu, cuda = pins(LOCKS["cpu"]), pins(LOCKS["cuda"])
    assert "onnxruntime-gpu" not in cpu and "onnxruntime" not in cuda
    assert {n for n in cpu.keys() ^ cuda.keys() if not n.startswith(("onnxruntime", "nvidia-"))} == set()
    assert {n for n in cpu.keys() & cuda.keys() if not cpu[n] & cuda[n]} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda p: p.name)
def test_conda_files_repeat_the_locks_pins(path):
    packages = next(d["pip"] for d in yaml.safe_load(path.read_text())["dependencies"] if isinstance(d, dict))
    assert packages
    assert unlocked(packages, pins(LOCKS["cuda" if "cuda" in path.name else "cpu"])) == set()


def test_pages_name_the_locks_versions():
    pages = "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    named = re.findall(r"pip install ([a-z0-9-]+==[0-9.]+[0-9])", pages)
    assert named
    assert unlocked(named, pins(LOCKS["cpu"])) == set()


def test_every_conda_file_that_a_rule_names_exists():
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    named = re.findall(r'"\.\./\.\./(envs/[^"]+)"', rules)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
