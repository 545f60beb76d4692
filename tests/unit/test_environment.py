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


@pytest.mark.parametrize("accel", LOCKS)
def test_the_lock_holds_the_pins_of_pyproject(accel):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"][accel] + project["optional-dependencies"]["dev"]
    locked = pins(LOCKS[accel])
    assert {r for r in wanted if _split(r)[1] not in locked.get(_split(r)[0], ())} == set()


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


def test_only_one_onnxruntime():
    assert "onnxruntime-gpu" not in pins(LOCKS["cpu"]) and "onnxruntime" not in pins(LOCKS["cuda"])


def test_the_two_locks_differ_in_the_accelerator_only():
    cpu, cuda = pins(LOCKS["cpu"]), pins(LOCKS["cuda"])
    other = {n for n in cpu.keys() ^ cuda.keys() if not n.startswith(("onnxruntime", "nvidia-"))}
    assert other == set()
    assert {n for n in cpu.keys() & cuda.keys() if not cpu[n] & cuda[n]} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda p: p.name)
def test_conda_files_repeat_the_locks_pins(path):
    lock = pins(LOCKS["cuda" if "cuda" in path.name else "cpu"])
    packages = next(d["pip"] for d in yaml.safe_load(path.read_text())["dependencies"] if isinstance(d, dict))
    assert packages
    assert {p for p in packages if _split(p)[1] not in lock.get(_split(p)[0], ())} == set()


def test_pages_name_the_locks_versions():
    lock = pins(LOCKS["cpu"])
    named = {
        pin
        for page in (ROOT / "docs").glob("*.md")
        for pin in re.findall(r"pip install ([a-z0-9-]+==[0-9.]+[0-9])", page.read_text())
    }
    assert named
    assert {pin for pin in named if _split(pin)[1] not in lock.get(_split(pin)[0], ())} == set()


def test_every_conda_file_that_a_rule_names_exists():
    named = {
        n
        for smk in (ROOT / "workflow" / "rules").glob("*.smk")
        for n in re.findall(r'"\.\./\.\./(envs/[^"]+)"', smk.read_text())
    }
    assert named
    assert {n for n in named if not (ROOT / n).is_file()} == set()
