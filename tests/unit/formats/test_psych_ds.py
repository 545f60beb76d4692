import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.formats import psych_ds
from moodreel.tables.schema import Column, Table
from unit.formats.psych_ds_rules import check

FACE = Table("face", 1, "", (Column("time_s", "float64", "s", "when"), Column("AU12_r", "float32", "0..5", "smile")))
POSE = Table("pose", 1, "", (Column("time_s", "float64", "s", "when"), Column("status", "string", "", "of a body")))
SCREEN = Table("screen", 1, "", (Column("status", "string", "", "of a video"),))
TEXT = {"name": "demo", "description": "what it is", "readme": "# demo\n"}


def write(folder, **facts):
    face, pose = ({"time_s": [0.5], **column} for column in ({"AU12_r": [None]}, {"status": ['a,"b"\n']}))
    with psych_ds.dataset(folder, **TEXT, **facts) as data:
        data.add(pl.DataFrame(face), FACE, study="demo", session="v1", description="face")
        data.add(pl.DataFrame(pose), POSE, study="demo", description="pose")
        data.add(pl.DataFrame({"status": []}, {"status": pl.String}), SCREEN, study="demo", description="screening")


def test_the_rules_are_kept(tmp_path):
    write(tmp_path / "set", keywords=["faces"])
    description = check(tmp_path / "set")
    assert description["schemaVersion"] == "Psych-DS 1.5.1" and description["keywords"] == ["faces"]
    assert description["variableMeasured"] == [
        {"@type": "PropertyValue", "name": "time_s", "description": "when", "unitText": "s"},
        {"@type": "PropertyValue", "name": "AU12_r", "description": "smile", "unitText": "0..5"},
        {"@type": "PropertyValue", "name": "status", "description": "pose: of a body; screen: of a video"},
    ]
    assert {path.name for path in (tmp_path / "set").iterdir()} == {"README.md", "data", "dataset_description.json"}


def test_what_was_written_is_replaced_and_nothing_else(tmp_path):
    write(tmp_path / "set")
    (tmp_path / "set" / ".snakemake_timestamp").touch()
    write(tmp_path / "set", version="2")
    assert check(tmp_path / "set")["version"] == "2"
    (tmp_path / "set" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt"):
        write(tmp_path / "set")
    assert (tmp_path / "set" / "notes.txt").exists() and len(list(tmp_path.iterdir())) == 1


def test_after_a_failure_nothing_is_there(tmp_path):
    with pytest.raises(ZeroDivisionError), psych_ds.dataset(tmp_path / "set", **TEXT):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_allowed_or_taken(tmp_path):
    with psych_ds.dataset(tmp_path / "set", **TEXT) as data:
        table = pl.DataFrame({"time_s": [0.0]})
        data.add(table, FACE, study="a")
        for keywords in ({"study": "a"}, {"study": "a-b"}, {"video": "a"}, {"study": ""}):
            with pytest.raises(ValueError):
                data.add(table, FACE, **keywords)


def test_ids_become_values_and_stay_apart():
    values = psych_ds.values_of(["a-1", "a_1", "A.1", "b", "--", "é"])
    assert values == {"a-1": "a1", "a_1": "a1n2", "A.1": "A1n3", "b": "b", "--": "x", "é": "xn2"}
    assert len({value.lower() for value in values.values()}) == 6
