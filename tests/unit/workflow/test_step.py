"""What follows from the declaration of a step."""

import json
from pathlib import Path

import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.face import trust
from moodreel.settings.base import Section
from moodreel.settings.resolve import Settings, resolve
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.labels import LABELS
from moodreel.workflow.job import MANY, Job, declare, record_path
from moodreel.workflow.step import Input, Option, Output, load, section_class

TWO = {"video": ["a", "a"], "window": [0, 1], "start_s": [0.0, 1.0], "label": ["x", None]}
GIVEN = ["--labels", "a.parquet", "--out", "out.parquet"]


@declare(
    inputs={
        "labels": Input(LABELS, many=True),
        "mesh": Input("a mesh", optional=True),
        "poses": Input("poses", through_videos=True),
    },
    outputs={"out": Output(LABELS), "again": Output(LABELS, optional=True)},
    options={
        "ranks": Option("how many", int, default=3),
        "names": Option("of whom", many=True),
        "last": Option("from the end", bool, default=False),
        "kind": Option("of what", choices=("a", "b"), by_hand=True),
    },
    settings=("clusters", "clusters.names", "extraction.keep_mesh"),
    libraries=("numpy",),
)
def main(job: Job) -> None:
    table = job.read("labels")
    for path in sorted(Path().glob("video-*.parquet")):
        base.read(path, LABELS)
    trust.table("facemesh")  # of the package's own
    take = table.tail if job.options.last else table.head
    job.write("out", take(job.options.ranks), rows=len(table), names=job.options.names)


@pytest.fixture(autouse=True)
def labels() -> None:
    for name in "ab":
        base.write(f"{name}.parquet", LABELS, pl.DataFrame(TWO), {})


def test_a_rule_fills_in_inputs_outputs_and_parameters_by_their_names():
    ending = "--settings {params.settings:q} --code {params.code}"
    both = "--labels {input.labels:q} --mesh {input.mesh:q} --out {output.out:q} --again-out {output.again:q}"
    more = "--names {params.names:q} --last={params.last:q}"
    assert main.command() == f"{both} --ranks={{params.ranks:q}} {more} {ending}"
    fewer = main.command(mesh=None, again="{params.again:q}", ranks="{wildcards.ranks}", names=None, last=None)
    both = "--labels {input.labels:q} --out {output.out:q} --again-out {params.again:q}"
    assert fewer == f"{both} --ranks={{wildcards.ranks}} {ending}"
    other = main.command(settings="{resources.settings:q}", code="{resources.code}")
    assert other.endswith("--settings {resources.settings:q} --code {resources.code}")
    with pytest.raises(AssertionError, match="has not all of meshes"):
        main.command(meshes=None)


def test_a_step_sees_no_other_settings_than_it_names():
    settings = resolve({"videos": "v", "clusters": {"k": 3, "names": {1: "calm"}, "resamples": 5}})
    seen = json.loads(main.settings_of(settings))
    assert seen["clusters"]["k"] == 3 and seen["clusters"]["names"] == {"1": "calm"}
    assert "resamples" not in seen["clusters"], "it is apart, and not named"
    assert seen["extraction"] == {"keep_mesh": True}
    assert set(main.modules) == {"moodreel.settings.clusters", "moodreel.settings.extraction"}


def test_a_setting_that_a_step_does_not_see_cannot_be_read_by_mistake():
    """Else it would silently have its default."""
    seen = []

    @declare(inputs={}, outputs={}, settings=("clusters", "extraction.keep_mesh"))
    def reads(job: Job) -> None:
        seen.extend([job.settings.clusters.k, job.settings.extraction.keep_mesh])
        for section, name in (("clusters", "names"), ("extraction", "threads"), ("embed", "dims")):
            with pytest.raises(AttributeError):
                getattr(getattr(job.settings, section), name)
        seen.append(job.stamp()["settings"])

    reads(["--settings", '{"clusters": {"k": 3}}'])
    assert seen[:2] == [3, True] and "names" not in seen[2]["clusters"] and set(seen[2]) == {"clusters", "extraction"}


def test_the_class_of_each_section_is_found_by_its_name():
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            assert section_class(name) is field.annotation


def test_a_step_that_is_reported_a_whole_configuration_sees_no_sections():
    @declare(inputs={}, outputs={"out": Output(LABELS)}, configuration=True)
    def whole(job: Job) -> None:
        job.write("out", pl.DataFrame(TWO))

    assert whole.command() == "--out {output:q} --settings {params.settings:q} --code {params.code}"
    whole(["--out", "out.parquet", "--settings", '{"videos": "v"}'])
    assert base.read_stamp("out.parquet")["settings"] == {"videos": "v"} and whole.modules == ()


@pytest.mark.parametrize("ranks", [["--ranks", ""], ["--ranks"], []])
def test_what_a_rule_leaves_empty_has_its_default(ranks):
    """Snakemake writes nothing in place of an empty text."""
    main(["--labels", "a.parquet", "b.parquet", "--mesh", *ranks, "--out", "out.parquet"])
    assert len(base.read("out.parquet", LABELS)) == 3


@pytest.mark.parametrize(("last", "window"), [([], 0), (["--last", "no"], 0), (["--last"], 1), (["--last", "yes"], 1)])
def test_a_flag_is_set_by_its_name_or_by_yes_and_an_option_of_many_words_may_be_repeated(last, window):
    main([*GIVEN, *last, "--ranks", "1", "--names", "x", "y", "--names", "z"])
    assert base.read("out.parquet", LABELS)["window"].to_list() == [window]
    assert base.read_stamp("out.parquet")["names"] == ["x", "y", "z"]


@pytest.mark.parametrize("wrong", ["--ranks many", "--kind c", "--last maybe", "--nothing 1", ""])
def test_a_wrong_command_line_is_refused(wrong, capsys):
    with pytest.raises(SystemExit):
        main([*(GIVEN if wrong else []), *wrong.split()])
    assert (wrong.split() or ["--out"])[0] in capsys.readouterr().err


def test_an_input_that_is_another_table_or_is_not_there_is_an_error():
    with pytest.raises(UserError, match=r"mesh\.parquet: there is no such file"):
        main([*GIVEN, "--mesh", "mesh.parquet"])
    base.write("a.parquet", LABELS, pl.DataFrame(TWO), {"schema_version": 9})
    with pytest.raises(UserError, match=r"a\.parquet: expected a labels table"):
        main(GIVEN)


def test_each_file_that_was_read_stands_in_the_stamp():
    base.write("video-a.parquet", LABELS, pl.DataFrame(TWO), {})
    main(["--labels", "a.parquet", "b.parquet", "--out", "out.parquet", "--code", "c0de", "--settings", "{}"])
    stamp = base.read_stamp("out.parquet")
    names = ("a.parquet", "b.parquet", "video-a.parquet")
    assert stamp["inputs"] == {name: atomic.sha256(name) for name in names}
    assert (stamp["code"], stamp["rows"], list(stamp["libraries"])) == ("c0de", 4, ["numpy", "python"])
    assert stamp["settings"]["clusters"]["k"] == "auto" and stamp["settings"]["extraction"] == {"keep_mesh": True}


def test_a_step_may_stamp_other_settings_and_further_libraries():
    @declare(inputs={}, outputs={"out": Output(LABELS)}, settings=("clusters",), libraries=("numpy",))
    def train(job: Job) -> None:
        job.write("out", pl.DataFrame(TWO), settings={"windows": {}}, libraries=("polars",))

    train(["--out", "out.parquet"])
    stamp = base.read_stamp("out.parquet")
    assert (stamp["settings"], list(stamp["libraries"])) == ({"windows": {}}, ["numpy", "polars", "python"])


def test_of_many_inputs_one_hash_stands_in_the_stamp_and_changes_with_each():
    for number in range(MANY):
        base.write(f"video-{number}.parquet", LABELS, pl.DataFrame(TWO), {})

    def inputs() -> dict:
        main(GIVEN)
        return base.read_stamp("out.parquet")["inputs"]

    before = inputs()
    assert list(before) == [f"{MANY + 1} files"] and inputs() == before
    base.write("video-3.parquet", LABELS, pl.DataFrame(TWO), {"other": 1})
    assert inputs() != before


def test_a_result_has_its_record_and_another_file_has_none(folder):
    out = Path("results", "runs", "r", "out.parquet")
    out.parent.mkdir(parents=True)
    main(["--labels", "a.parquet", "--out", str(out), "--ranks", "1", "--again-out", "again.parquet"])
    record = json.loads(record_path(out).read_text())
    assert record["step"] == "test_step" and record["options"] == {"ranks": "1"}
    assert record["inputs"] == {"a.parquet": atomic.sha256("a.parquet")}
    content = {"sha256": atomic.sha256(out), "bytes": out.stat().st_size, "time_ns": out.stat().st_mtime_ns}
    assert record["outputs"] == {str(out): content}
    assert record["started"] <= record["ended"]
    main(["--labels", "a.parquet", "--out", "elsewhere.parquet"])
    assert len(list(folder.rglob("*.json"))) == 1


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[3].glob("workflow/moodreel/steps/[a-z]*.py")))
def test_every_step_is_declared_and_has_no_other_function(path):
    text = path.read_text(encoding="utf-8")
    step = load(path.stem)
    assert step.name == path.stem and step.description and step.parser().format_help()
    assert text.count("\ndef ") == 1 and "\nclass " not in text
