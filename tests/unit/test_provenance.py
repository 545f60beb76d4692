from __future__ import annotations

import ast

import pytest

from moodreel import provenance


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
    monkeypatch.setattr(provenance, "ROOT", root)
    _forget()
    yield root
    _forget()


def _forget():
    for cached in (provenance._tree, provenance._imports, provenance._module_hash):
        cached.cache_clear()


def _after(path, old, new):
    path.write_text(path.read_text().replace(old, new))
    _forget()
    return provenance.fingerprint("steps.a")


def test_comments_docstrings_and_layout_change_nothing(package):
    before = provenance.fingerprint("steps.a")
    used = package / "stage" / "used.py"
    assert _after(used, '"""Doc."""\n    return', "# why\n    return") == before
    assert _after(used, '"""Meaning."""', '"""Another meaning."""') == before
    assert _after(used, "GAIN * x", "(GAIN\n            * x)") == before


def test_code_changes_it_wherever_it_is_used(package):
    before = provenance.fingerprint("steps.a")
    assert _after(package / "stage" / "used.py", "GAIN = 2", "GAIN = 4") != before


def test_other_code_leaves_it_alone(package):
    before = provenance.fingerprint("steps.a")
    assert _after(package / "stage" / "other.py", "3", "4") == before
    assert _after(package / "__init__.py", "", "__version__ = '9'") == before


def test_numbers_that_a_module_reads_count_others_beside_it_do_not(package):
    (package / "stage" / "points.json").write_text("[1]")
    before = provenance.fingerprint("steps.a")
    named = _after(package / "stage" / "used.py", "GAIN = 2", 'GAIN = len("points.json")')
    assert named != before
    (package / "stage" / "points.json").write_text("[2]")
    (package / "stage" / "others.json").write_text("[2]")
    _forget()
    assert provenance.fingerprint("steps.a") not in (before, named)
    (package / "stage" / "others.json").write_text("[3]")
    after = provenance.fingerprint("steps.a")
    _forget()
    assert provenance.fingerprint("steps.a") == after


def test_a_relative_import_is_refused(package):
    with pytest.raises(ValueError, match="relative"):
        _after(package / "steps" / "a.py", "from moodreel.stage import used", "from ..stage import used")


def test_a_module_that_does_not_exist_is_refused(package):
    with pytest.raises(ValueError, match="steps.nothing"):
        provenance.fingerprint("steps.nothing")


def test_the_canonical_tree_is_a_golden_text():
    """The same text on every Python version; a change here reruns everything that anybody has."""
    tree = ast.parse('def f(a, *, b: int = 1):\n    "doc"\n    return [a, f"{b!r}"]\n')
    assert provenance._canonical(tree) == (
        "Module(body=[FunctionDef(name='f',args=arguments(args=[arg(arg='a')],kwonlyargs=[arg(arg='b',"
        "annotation=Name(id='int',ctx=Load()))],kw_defaults=[Constant(value=1)]),body=[Return(value=List(elts="
        "[Name(id='a',ctx=Load()),JoinedStr(values=[FormattedValue(value=Name(id='b',ctx=Load()),conversion=114)])],"
        "ctx=Load()))])])"
    )


def test_every_step_of_the_package_has_a_fingerprint():
    steps = sorted(p.stem for p in (provenance.ROOT / "steps").glob("*.py") if p.stem not in ("__init__", "command"))
    assert len(steps) > 10
    hashes = {step: provenance.fingerprint(f"steps.{step}") for step in steps}
    assert len(set(hashes.values())) == len(steps)


def test_nothing_imports_steps_and_no_stage_imports_a_later_one():
    order = ["video", "models", "regions", "pose", "face", "features", "clusters", "classify", "music", "report"]
    for path in provenance.ROOT.rglob("*.py"):
        parts = path.relative_to(provenance.ROOT).with_suffix("").parts
        module = ".".join(("moodreel", *[p for p in parts if p != "__init__"]))
        imported = {i.split(".")[1] for i in provenance._imports(module) if "." in i}
        if parts[0] != "steps":
            assert "steps" not in imported, module
        if parts[0] in order:
            later = set(order[order.index(parts[0]) + 1 :])
            assert not imported & later, f"{module} imports {imported & later}"


def test_stamp_names_versions():
    stamp = provenance.stamp(code="abc", settings={"a": 1}, libraries=["numpy"], models={"m": "ff"}, rotation_deg=90)
    assert stamp["libraries"]["numpy"] and stamp["libraries"]["python"].startswith("3.")
    assert stamp["rotation_deg"] == 90 and stamp["models"] == {"m": "ff"}


def test_a_changed_template_or_stylesheet_is_other_code():
    """What a template includes is named by a module too: else a page would stay as it was."""
    report = provenance.ROOT / "report"
    sources = "".join(path.read_text(encoding="utf-8") for path in report.glob("*.py"))
    read = [path.name for path in report.iterdir() if path.suffix in (".j2", ".css")]
    assert read and all(name in sources for name in read)
