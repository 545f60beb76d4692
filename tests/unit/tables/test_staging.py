from dataclasses import replace
from pathlib import Path

import pytest

from moodreel.storage import atomic
from moodreel.tables import base, staging
from moodreel.tables.extraction import MESH, POSE

SETTINGS = {"pose": {"backend": "blazepose"}, "extraction": {"detect_every": 25}}
TABLES = (Path("v/pose.parquet"), Path("v/mesh.parquet"))


@pytest.fixture
def recipe(tmp_path, monkeypatch) -> staging.Recipe:
    """What the waiting tables of a video were made from, on a GPU."""
    monkeypatch.chdir(tmp_path)
    Path("a.mp4").write_bytes(b"film")
    Path("net.onnx").write_bytes(b"weights")
    stamp = {
        "code": "c1",
        "settings": {**SETTINGS, "extraction": {"detect_every": 25, "device": "cuda"}},
        "models": {"net": atomic.sha256("net.onnx")},
        "inputs": {"a.mp4": atomic.sha256("a.mp4")},
        "start_s": 1.0,
        "end_s": None,
        "frames_decoded": 0,
    }
    for table, spec in zip(TABLES, (POSE, MESH), strict=True):
        base.write(staging.path(table), spec, spec.empty(), stamp)
    return staging.Recipe("c1", SETTINGS, Path(), Path("a.mp4"), 1.0, None)


def test_waiting_tables_are_taken_and_the_folder_goes(recipe):
    staging.path(TABLES[0]).with_name(".pose.host.1.parquet").write_bytes(b"half")
    assert staging.take(TABLES, recipe)
    assert all(table.is_file() for table in TABLES)
    assert not Path("v/staged").exists()
    for other in (recipe, replace(recipe, code="c2")):
        assert not staging.take(TABLES, other)
        assert all(table.is_file() for table in TABLES), "tables in their place are left alone"


@pytest.mark.parametrize(
    "change",
    [
        {"code": "c2"},
        {"settings": {"pose": {"backend": "rtmpose"}}},
        {"settings": {"pose": {"smoothing": True}}},
        {"start_s": None},
        {"end_s": 3.0},
    ],
)
def test_tables_of_another_recipe_are_removed(recipe, change):
    assert not staging.take(TABLES, replace(recipe, **change))
    assert not list(Path("v").rglob("*.parquet"))


@pytest.mark.parametrize("changed", ["a.mp4", "net.onnx"])
def test_another_film_or_network_is_another_recipe(recipe, changed):
    Path(changed).write_bytes(b"changed")
    assert not staging.take(TABLES, recipe)


def test_half_of_the_tables_is_none(recipe):
    staging.path(TABLES[1]).unlink()
    assert not staging.take(TABLES, recipe)
    assert not Path("v/staged").exists()
