"""What each file in envs/ pins is enough to run the steps of the rules that name it, and is no more than that."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from environments import imports
from moodreel import face_crops, pose
from moodreel.classify import estimators
from moodreel.demo.portraits import FRAMINGS
from moodreel.face import mesh
from moodreel.report import comparison
from moodreel.settings.face import FROM_FILES
from moodreel.storage import fingerprint
from unit.storage.test_fingerprint import REGISTRIES, closure
from unit.test_profiles import DERIVED, RULES

ROOT = Path(__file__).parents[2]
FILES = sorted(path.name for path in (ROOT / "envs").glob("*.yaml"))
WITHOUT_GPU = [name for name in FILES if "cuda" not in name]
BY_DEVICE = ("extraction.yaml", "extraction-cuda.yaml")
"""What `plan.extraction_env` names."""

CHOSEN = {
    "moodreel.pose": pose.BACKENDS.values(),
    "moodreel.face.mesh": mesh.BACKENDS.values(),
    "moodreel.classify.estimators": estimators.CLASSIFIERS.values(),
    "moodreel.report.comparison": [kind.module for kind in comparison.KINDS.values()],
    "moodreel.formats": [f"moodreel.formats.{name}" for name in FROM_FILES],
    "moodreel.face_crops": face_crops.KINDS.values(),
}
"""By registry, the modules of which the settings choose."""

PICTURES = {"matplotlib": "matplotlib", "skimage": "scikit-image"}
"""By package, the distribution whose pictures the built-in clips are made from; nothing of it is imported."""


@cache
def steps_of(file: str) -> frozenset[str]:
    """The steps that rules run in the environment of this file."""
    steps = set()
    for rule, block in RULES.items():
        named = re.search(r'conda:\n\s+(?:"../../envs/([\w.-]+)"|(plan\.extraction_env))\n', block)
        assert named, f"{rule} names no environment"
        if named[1] == file or (named[2] and file in BY_DEVICE):
            steps.add(re.search(r'step\(\s*"(\w+)"', block)[1])
    return frozenset(steps)


@cache
def modules_of(file: str) -> frozenset[str]:
    """The modules of the package that these steps import, directly or not, and those that the settings may choose."""
    used = (registry for registry, steps in REGISTRIES.items() if steps & steps_of(file))
    chosen = [module for registry in used for module in CHOSEN[registry]]
    return closure(*(f"moodreel.steps.{step}" for step in steps_of(file)), *chosen)


@cache
def statements_of(file: str) -> frozenset[str]:
    """The import statements of these modules."""
    trees = (fingerprint._tree(module) for module in modules_of(file))
    return frozenset(
        ast.unparse(node) for tree in trees for node in imports(tree) if "__future__" not in ast.unparse(node)
    )


def distributions_of(file: str) -> set[str]:
    """The distributions whose packages these modules import, or take pictures from."""
    owners = {**metadata.packages_distributions(), "onnxruntime": ["onnxruntime"]}
    tops = {re.match(r"(?:import|from) (\w+)", statement)[1] for statement in statements_of(file)}
    found = {canonicalize_name(owners[top][0]) for top in tops if top in owners and top != "moodreel"}
    return found | ({*PICTURES.values()} if "actor" in steps_of(file) else set())


def pins(file: str) -> list[str]:
    """The pip pins of this file."""
    dependencies = yaml.safe_load((ROOT / "envs" / file).read_text(encoding="utf-8"))["dependencies"]
    return next(found["pip"] for found in dependencies if isinstance(found, dict))


def make(file: str, folder: Path) -> Path:
    """Make an environment of the pins of this file and what they need. Returns its Python. Raises CalledProcessError,
    with uv's message in `stderr`, where it cannot be had."""
    uv("venv", "--quiet", str(folder), "--python", sys.executable)
    install(file, folder / "bin" / "python")
    return folder / "bin" / "python"


def install(file: str, python: Path, *options: str) -> str:
    """Add the pins of this file, and what they need in the versions of the lock. Returns uv's message."""
    lock = ROOT / "envs" / f"{'cuda' if 'cuda' in file else 'cpu'}.lock.txt"
    constraints = ["--require-hashes", "--constraints", str(lock), "--requirement", "-"]
    return uv("pip", "install", "--python", str(python), *options, *constraints, requirements="\n".join(pins(file)))


def uv(*arguments: str, requirements: str = "") -> str:
    program = Path(sys.executable).with_name("uv")
    return subprocess.run([program, *arguments], input=requirements, capture_output=True, text=True, check=True).stderr


def test_the_registries_are_those_that_the_plan_knows():
    assert CHOSEN.keys() == REGISTRIES.keys()
    assert {framing.file[0] for framing in FRAMINGS.values()} == PICTURES.keys()


def test_every_step_has_a_file_and_every_file_steps():
    assert DERIVED.keys() & RULES.keys() == set(), "they take over the environment of their rule"
    run = set(re.findall(r'step\(\s*"(\w+)"', "".join(RULES.values())))
    assert set().union(*map(steps_of, FILES)) == run
    assert all(steps_of(file) for file in FILES)
    assert len(statements_of("analysis.yaml")) > 300 and "import umap" in statements_of("analysis.yaml")


@pytest.mark.parametrize("file", WITHOUT_GPU)
def test_a_file_pins_what_its_steps_import_and_nothing_else(file):
    """What comes along with another package only is not pinned, and may be another one tomorrow."""
    pinned = {canonicalize_name(Requirement(pin).name) for pin in pins(file)}
    assert pinned == distributions_of(file)


def test_the_file_for_gpus_has_another_onnxruntime_and_is_else_the_same():
    cpu, cuda = (set(pins(file)) for file in BY_DEVICE)
    assert {pin.partition("==")[0] for pin in cpu - cuda} == {"onnxruntime"}
    assert {pin.partition("==")[0] for pin in cuda - cpu} == {"onnxruntime-gpu[cuda,cudnn]"}


@contextmanager
def skipped_without_index() -> Iterator[None]:
    """Skip the test where uv reaches no package index, and let its message be the failure otherwise."""
    try:
        yield
    except subprocess.CalledProcessError as error:
        if re.search(r"error sending request|dns error|timed out|Failed to fetch", error.stderr):
            pytest.skip(f"no package index can be reached: {error.stderr.strip().splitlines()[-1]}")
        raise AssertionError(error.stderr) from error


@pytest.fixture(scope="module")
def environments(tmp_path_factory) -> Iterator[dict[str, Path]]:
    """By file, the Python of an environment that is made from it alone."""
    folder = tmp_path_factory.mktemp("environments")
    try:
        with skipped_without_index():
            made = {file: make(file, folder / Path(file).stem) for file in WITHOUT_GPU}
        yield made
    finally:
        shutil.rmtree(folder)  # gigabytes, where they are no links


ONCE = {"NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""Nothing is compiled for an environment that is thrown away."""

IMPORT_ALL = """
import json, sys
failed = {}
for statement in json.load(sys.stdin):
    try:
        exec(statement, {})
    except Exception as error:
        failed[statement] = repr(error)
json.dump(failed, sys.stdout)
"""


@pytest.mark.parametrize("file", WITHOUT_GPU)
def test_all_that_the_steps_import_is_there(environments, file):
    """Of the file for GPUs, which takes gigabytes, the one without stands for it."""
    done = subprocess.run(
        [environments[file], "-W", "ignore", "-c", IMPORT_ALL],
        input=json.dumps(sorted(statements_of(file))),
        env={**os.environ, **ONCE, "PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


@pytest.mark.parametrize("file", WITHOUT_GPU)
def test_nothing_else_is_there(environments, file):
    """Else the test before this one could not fail."""
    other = {"analysis.yaml": "onnxruntime", "extraction.yaml": "sklearn"}[file]
    assert subprocess.run([environments[file], "-c", f"import {other}"], capture_output=True, check=False).returncode
    assert subprocess.run([environments[file], "-c", "import snakemake"], capture_output=True, check=False).returncode


def test_the_file_for_gpus_can_be_resolved(environments):
    """Nothing but the runtime and NVIDIA's libraries would be installed next to what the one without takes."""
    with skipped_without_index():
        plan = install("extraction-cuda.yaml", environments["extraction.yaml"], "--dry-run")
    added = re.findall(r"^ \+ ([\w.-]+)==", plan, re.M)
    assert {name for name in added if not name.startswith("nvidia-")} == {"onnxruntime-gpu"}
