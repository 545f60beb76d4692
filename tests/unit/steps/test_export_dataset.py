"""The step `export_dataset`: a run as a Psych-DS folder."""

import json

import polars as pl
import pytest

from moodreel.face.trust import verdict
from moodreel.steps import export_dataset
from unit.formats.psych_ds_rules import check
from unit.steps import exported
from unit.steps.calls import call


@pytest.fixture
def folder(tmp_path):
    run, out = exported.run_of(tmp_path / "run"), tmp_path / "psych-ds"
    given = {name: run / f"{name}.tsv" for name in ("videos", "screening", "emotions")}
    given |= {name: run / f"{name}.parquet" for name in ("windows", "labels", "clusters")}
    call(export_dataset, settings={"clusters": {"names": {"1": "beaming"}}}, run_name="my-run", **given, out=out)
    return out


def read(folder, table):
    name = f"study-myrun_subject-hopper_session-hoppersmile1_description-{table}_data.csv"
    return pl.read_csv(folder / "data" / name)


def variables_of(folder):
    """What is reported of each variable, by its name."""
    described = json.loads((folder / "dataset_description.json").read_text())
    return {variable["name"]: variable for variable in described["variableMeasured"]}


def test_the_rules_are_kept_and_the_files_are_named_by_keywords(folder):
    description = check(folder)
    assert description["name"] == "my-run"
    of_run = ("videos", "screening", "emotions", "windows", "labels", "clusters")
    videos = ("subject-hopper_session-hoppersmile1_", "subject-empty2_session-empty2_")
    tables = [("", table) for table in of_run] + [(video, t) for video in videos for t in ("face", "pose", "events")]
    expected = {f"study-myrun_{video}description-{table}_data.csv" for video, table in tables}
    assert {path.name for path in (folder / "data").iterdir()} == expected


def test_the_tables_are_those_of_the_run_without_the_paths_of_its_videos(folder):
    face = read(folder, "face")
    assert len(face) == exported.FRAMES and face["AU12_r"].max() == 2.5
    assert "AU14_r" not in face.columns  # null throughout
    assert "beaming" in read(folder, "events")["value"].to_list()
    assert "| hoppersmile1 | hopper-smile_1 | hopper | hopper |" in (folder / "README.md").read_text()
    assert not any("someone" in file.read_text() for file in folder.rglob("*") if file.is_file())


def test_every_variable_is_explained(folder):
    variables = variables_of(folder)
    assert variables["AU12_r"]["unitText"] == "0..5" and "lip corner puller" in variables["AU12_r"]["description"]
    assert all(variable["description"] for variable in variables.values())


def test_units_say_how_far_they_can_be_trusted(folder):
    """In the dictionary, in the page for people, and at each event."""
    by_name = {name: variable["description"] for name, variable in variables_of(folder).items()}
    found = {unit: verdict("facemesh", unit) for unit in (4, 5, 12)}
    for unit, words in found.items():
        for column in (f"AU{unit:02d}_r", f"AU{unit:02d}_c"):
            assert by_name[column].endswith(f"; trust: {words} (facemesh)")
    assert "trust" not in by_name["yaw_deg"] and "`do not use`" in by_name["trust"]
    readme = (folder / "README.md").read_text()
    assert "| action unit | facemesh |" in readme and f"| AU04 brow lowerer | {found[4]} |" in readme
    assert dict(read(folder, "events").select("tier", "trust").iter_rows()) == {
        "AU04": found[4], "AU12": found[12], "cluster": None, "emotion": None,
    }  # fmt: skip
