import ast
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from moodreel.storage import fingerprint
from moodreel.storage.stamps import make_stamp
from unit import golden_package


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package to edit: step `steps.a` uses `stage.used`; `stage.other` is nobody's."""
    root = tmp_path / "moodreel"
    for folder in ("", "steps", "stage"):
        (root / folder).mkdir()
        (root / folder / "__init__.py").write_text("")
    (root / "steps" / "a.py").write_text("from moodreel.stage import used\n\ndef main():\n    return used.f(1)\n")
    (root / "stage" / "used.py").write_text(
        '"""Doc."""\n\nGAIN = 2\n"""Meaning."""\n\ndef f(x):\n    """Doc."""\n    return GAIN * x\n'
    )
    (root / "stage" / "other.py").write_text("GAIN = 3\n")
    monkeypatch.setattr(fingerprint, "ROOT", root)
    _forget()
    yield root
    _forget()


def _modules():
    """The names of all of the package's modules."""
    for path in fingerprint.ROOT.rglob("*.py"):
        parts = path.relative_to(fingerprint.ROOT).with_suffix("").parts
        yield ".".join(("moodreel", *[p for p in parts if p != "__init__"]))


def _steps():
    return sorted(p.stem for p in (fingerprint.ROOT / "steps").glob("*.py") if p.stem != "__init__")


def _forget():
    for cached in (fingerprint._tree, fingerprint._imports, fingerprint._module_hash, fingerprint._reading):
        cached.cache_clear()


def _after(path, old, new):
    path.write_text(path.read_text().replace(old, new))
    _forget()
    return fingerprint.fingerprint("steps.a")


def test_comments_docstrings_and_layout_change_nothing(package):
    before = fingerprint.fingerprint("steps.a")
    used = package / "stage" / "used.py"
    assert _after(used, '"""Doc."""\n    return', "# why\n    return") == before
    assert _after(used, '"""Meaning."""', '"""Another meaning."""') == before
    assert _after(used, "GAIN * x", "(GAIN\n            * x)") == before


def test_code_changes_it_wherever_it_is_used(package):
    before = fingerprint.fingerprint("steps.a")
    assert _after(package / "stage" / "used.py", "GAIN = 2", "GAIN = 4") != before


def test_other_code_leaves_it_alone(package):
    before = fingerprint.fingerprint("steps.a")
    assert _after(package / "stage" / "other.py", "3", "4") == before
    assert _after(package / "__init__.py", "", "__version__ = '9'") == before


def test_numbers_that_a_module_reads_count_others_next_to_it_do_not(package):
    (package / "stage" / "points.json").write_text("[1]")
    before = fingerprint.fingerprint("steps.a")
    named = _after(package / "stage" / "used.py", "GAIN = 2", 'GAIN = len("points.json")')
    assert named != before
    (package / "stage" / "points.json").write_text("[2]")
    (package / "stage" / "others.json").write_text("[2]")
    _forget()
    assert fingerprint.fingerprint("steps.a") not in (before, named)
    (package / "stage" / "others.json").write_text("[3]")
    after = fingerprint.fingerprint("steps.a")
    _forget()
    assert fingerprint.fingerprint("steps.a") == after


def test_of_a_module_and_a_package_of_one_name_python_runs_the_package(package):
    before = fingerprint.fingerprint("steps.a")
    (package / "stage" / "used").mkdir()
    shutil.copy(package / "stage" / "used.py", package / "stage" / "used" / "__init__.py")
    assert _after(package / "stage" / "used.py", "GAIN = 2", "GAIN = 4") == before
    assert _after(package / "stage" / "used" / "__init__.py", "GAIN = 2", "GAIN = 4") != before


def test_the_top_package_holds_the_version_and_what_no_step_uses():
    """It stands in no fingerprint, else each release would make everything again: other code in it would be seen by
    nobody."""
    functions = [node for node in fingerprint._tree(fingerprint.PACKAGE).body if isinstance(node, ast.FunctionDef)]
    assert [function.name for function in functions] == ["open_run"]
    calls = [path.name for path in fingerprint.ROOT.rglob("*.py") if "open_run(" in path.read_text(encoding="utf-8")]
    assert calls == ["__init__.py"]


def test_a_relative_import_and_a_module_that_does_not_exist_are_refused(package):
    with pytest.raises(ValueError, match="steps.nothing"):
        fingerprint.fingerprint("steps.nothing")
    with pytest.raises(ValueError, match="relative"):
        _after(package / "steps" / "a.py", "from moodreel.stage import used", "from ..stage import used")


def test_what_is_remembered_gives_the_same_fingerprints(package, tmp_path, monkeypatch):
    """Also after an edit, and where the memory is no JSON."""
    memory, kept = tmp_path / "cache" / "memory.json", []
    monkeypatch.setattr(fingerprint.atexit, "register", kept.append)

    def again():
        monkeypatch.setattr(fingerprint, "_remembered", {})
        _forget()
        fingerprint.remember(memory)
        return fingerprint.fingerprint("steps.a")

    first = again()
    kept[-1]()
    assert len(json.loads(memory.read_text())) == len(fingerprint._remembered) > 2
    monkeypatch.setattr(fingerprint, "_canonical", None)  # nothing has to be read again
    assert again() == first
    monkeypatch.undo()
    monkeypatch.setattr(fingerprint, "ROOT", package)
    changed = _after(package / "stage" / "used.py", "GAIN = 2", "GAIN = 5")
    assert changed != first
    monkeypatch.setattr(fingerprint.atexit, "register", kept.append)
    assert again() == changed, "what the memory holds is of the code before the edit"
    for spoilt in ("{", "null", "[1, 2]", '"text"'):
        memory.write_text(spoilt)
        assert again() == changed, spoilt


def test_the_canonical_tree_is_a_golden_text():
    """The same text on every Python version; a change here reruns everything that anybody has."""
    tree = ast.parse('def f(a, *, b: int = 1):\n    "doc"\n    return [a, f"{b!r}"]\n')
    assert fingerprint._canonical(tree) == (
        "Module(body=[FunctionDef(name='f',args=arguments(args=[arg(arg='a')],kwonlyargs=[arg(arg='b',"
        "annotation=Name(id='int',ctx=Load()))],kw_defaults=[Constant(value=1)]),body=[Return(value=List(elts="
        "[Name(id='a',ctx=Load()),JoinedStr(values=[FormattedValue(value=Name(id='b',ctx=Load()),conversion=114)])],"
        "ctx=Load()))])])"
    )


def test_the_table_of_videos_is_not_written_again_for_a_setting_of_another_step(tmp_path, monkeypatch):
    copy = tmp_path / "moodreel"
    shutil.copytree(fingerprint.ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "ROOT", copy)
    steps = ("table", "describe", "windows")
    before = [fingerprint.fingerprint(f"steps.{step}") for step in steps]
    for name in ("settings/windows.py", "workflow/plan/runs.py"):
        (copy / name).write_text((copy / name).read_text() + "\nANOTHER = 1\n")
    _forget()
    after = [fingerprint.fingerprint(f"steps.{step}") for step in steps]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, False]


def test_every_step_has_a_fingerprint_and_modules_that_do_not_count_are_there():
    hashes = {fingerprint.fingerprint(f"steps.{step}") for step in _steps()}
    assert len(hashes) == len(_steps()) > 10
    assert all(fingerprint._path(module) for module in fingerprint.WITHOUT_EFFECT)


def test_nothing_imports_steps_and_no_stage_imports_a_later_one():
    order = ["video", "pose", "face", "features", "clusters", "classify", "music", "report", "films"]
    for module in _modules():
        stage = module.removeprefix("moodreel.").split(".")[0]
        imported = {i.split(".")[1] for i in fingerprint._imports(module) if "." in i}
        if stage != "steps":
            assert "steps" not in imported, module
        if stage in order:
            assert imported.isdisjoint(order[order.index(stage) + 1 :]), module


def test_stamp_names_versions():
    stamp = make_stamp(code="abc", settings={"a": 1}, libraries=["numpy"], models={"m": "ff"}, rotation_deg=90)
    assert stamp["libraries"]["numpy"] and stamp["libraries"]["python"].startswith("3.")
    assert stamp["rotation_deg"] == 90 and stamp["models"] == {"m": "ff"}


def test_data_next_to_the_code_is_named_where_it_is_read():
    """A file counts as code of the modules next to it that name it. One that nobody names, or that a module of another
    folder names, could change without a rerun."""
    sources = {path: path.read_text(encoding="utf-8") for path in fingerprint.ROOT.rglob("*.py")}
    data = [
        path
        for path in fingerprint.ROOT.rglob("*.*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
        and not any(part.startswith(".") for part in path.relative_to(fingerprint.ROOT).parts)
    ]  # fmt: skip
    assert len(data) >= 5
    for path in data:
        named_in = {source.parent for source, text in sources.items() if path.name in text}
        assert named_in == {path.parent}, path


DYNAMIC = {
    ("moodreel.pose", "importlib.import_module(BACKENDS[name])"),
    ("moodreel.face.mesh", "importlib.import_module(BACKENDS[name])"),
    ("moodreel.classify.estimators", "importlib.import_module(CLASSIFIERS[name])"),
    ("moodreel.report.comparison", "importlib.import_module(KINDS[name].module)"),
    ("moodreel.formats", "importlib.import_module(f'moodreel.formats.{program}')"),
    ("moodreel.face_crops", "importlib.import_module(KINDS[name])"),
    ("moodreel", "importlib.import_module(f'{__name__}.workflow.results')"),
    ("moodreel.workflow.step", "importlib.import_module(f'moodreel.steps.{name}')"),
    ("moodreel.workflow.step", "importlib.import_module(f'moodreel.settings.{name}')"),
    # these look for no code of a step: data inside another package, and tables for a page of the documentation
    ("moodreel.demo.portraits", "importlib.util.find_spec(package)"),
    ("moodreel.tables.document", "pkgutil.iter_modules(moodreel.tables.__path__)"),
    ("moodreel.tables.document", "importlib.import_module(f'moodreel.tables.{module.name}')"),
}
"""Imports that no reading of the syntax follows. For each of the first six Plan.code_of names the modules that the
settings choose; a new one needs the same there. (Extraction gets the fingerprint of the crops that it makes.)"""

REGISTRIES = {
    "moodreel.pose": {"extract", "extract_shard"},
    "moodreel.face.mesh": {"extract", "extract_shard"},
    "moodreel.classify.estimators": {"evaluate", "train", "apply"},
    "moodreel.report.comparison": {"compare"},
    "moodreel.formats": {"import_face"},
    "moodreel.face_crops": {"face_crops", "extract", "extract_shard"},
}
"""By registry, the steps that load something from it; others read no more than its names."""

LOADS = {
    "__import__", "import_module", "reload", "find_spec", "exec", "eval", "exec_module", "load_module",
    "spec_from_file_location", "run_module", "run_path", "iter_modules", "walk_packages", "resolve_name",
    "entry_points",
}  # fmt: skip


def test_an_import_that_cannot_be_followed_is_one_that_the_plan_names():
    found = set()
    for module in _modules():
        calls = (node for node in ast.walk(fingerprint._tree(module)) if isinstance(node, ast.Call))
        loads = (call for call in calls if ast.unparse(call.func).rpartition(".")[2] in LOADS)
        found |= {(module, ast.unparse(call)) for call in loads}
    assert found == DYNAMIC


def test_anyone_who_loads_from_a_registry_is_known_to_the_plan():
    """Each function that loads from one is called by nobody but the steps of which the plan names the choice."""
    for registry, steps in REGISTRIES.items():
        assert all(registry in closure(f"moodreel.steps.{step}") for step in steps)
    plan = (fingerprint.ROOT / "workflow" / "plan" / "__init__.py").read_text(encoding="utf-8")
    for step in set().union(*REGISTRIES.values()) - {"extract_shard"}:  # its rule has the code of extract
        assert f'"{step}": lambda:' in plan, step


def closure(*modules):
    """These modules and all that they import, directly or not."""
    seen, waiting = set(), [*modules]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += fingerprint._imports(module)
    return frozenset(seen)


@pytest.mark.parametrize("line", ["from moodreel.stage import *", "import_module('moodreel.stage.other')"])
def test_what_cannot_be_followed_is_refused(package, line):
    with pytest.raises(ValueError, match="cannot be resolved|in full"):
        _after(package / "stage" / "used.py", "GAIN = 2", f"from importlib import import_module\n{line}\nGAIN = 2")


def test_the_fingerprint_of_a_package_is_golden(tmp_path, monkeypatch):
    """The same on every Python version; a change here reruns everything that anybody has."""
    monkeypatch.setattr(fingerprint, "ROOT", golden_package.write(tmp_path))
    _forget()
    assert fingerprint.fingerprint("steps.golden") == golden_package.FINGERPRINT
    _forget()


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_another_python_takes_the_same_fingerprints(version, tmp_path):
    """Of the golden package and of every step of the real one, by this file alone: it needs no other package."""
    python = _interpreter(version)
    if python is None:
        pytest.skip(f"no python{version} on PATH or in pyenv")
    script = tmp_path / "fingerprints.py"
    script.write_text(
        "import importlib.util, json, pathlib, sys\n"
        "spec = importlib.util.spec_from_file_location('fingerprint', sys.argv[1])\n"
        "fingerprint = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(fingerprint)\n"
        "fingerprint.ROOT = pathlib.Path(sys.argv[2])\n"
        "print(json.dumps({step: fingerprint.fingerprint(f'steps.{step}') for step in sys.argv[3:]}))\n"
    )

    def fingerprints(root, *steps):
        command = [python, "-I", script, fingerprint.__file__, root, *steps]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)

    assert fingerprints(golden_package.write(tmp_path), "golden") == {"golden": golden_package.FINGERPRINT}
    ours = {step: fingerprint.fingerprint(f"steps.{step}") for step in _steps()}
    assert fingerprints(fingerprint.ROOT, *ours) == ours


def _interpreter(version):
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for candidate in (shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python{version}"))):
        if candidate:  # pyenv's stand-ins on PATH may lead nowhere
            shown = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False, timeout=60)
            if shown.returncode == 0 and shown.stdout.startswith(f"Python {version}."):
                return candidate
    return None
