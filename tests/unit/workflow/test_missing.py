"""A run goes on without what too few windows, videos or classes do not give."""

from pathlib import Path

import polars as pl
import pytest

from moodreel.errors import Missing, UserError
from moodreel.tables import base
from moodreel.tables.clusters import SILHOUETTE
from moodreel.tables.labels import LABELS
from moodreel.workflow.job import Job, declare, record_path
from moodreel.workflow.step import Declaration, Input, Output

ROWS = pl.DataFrame({"video": ["a", "a"], "window": [0, 1], "start_s": [0.0, 1.0], "label": ["x", None]})
WHY = "1 window is left, 2 are needed (windows.length_s)"
OUTPUTS = {"out": Output(LABELS), "curve": Output(SILHOUETTE), "folder": Output("a folder")}
GIVEN = ["--out", "results/out.parquet", "--curve-out", "results/curve.tsv", "--folder-out", "results/folder"]


def step(function, **declaration) -> Declaration:
    """A step of this module that runs `function`."""
    made = declare(inputs={"labels": Input(LABELS, many=True)}, **{"outputs": OUTPUTS, **declaration})(function)
    return made


def lacking(job: Job) -> None:
    if len(job.read("labels")) < 5:
        raise Missing(WHY)


def never(job: Job) -> None:
    raise AssertionError("it ran")


@pytest.fixture(autouse=True)
def labels() -> None:
    base.write("whole.parquet", LABELS, ROWS, {})
    base.write("empty.parquet", LABELS, ROWS.clear(), {"missing": WHY})


@pytest.mark.parametrize(
    ("function", "given"),
    [(lacking, ["whole.parquet"]), (never, ["empty.parquet"]), (never, ["whole.parquet", "empty.parquet"])],
    ids=["the step itself", "an input", "one of several inputs"],
)
def test_all_outputs_are_empty_and_say_why(function, given, capsys):
    step(function)(["--labels", *given, *GIVEN])
    assert base.read("results/out.parquet", LABELS).is_empty()
    assert base.read_stamp("results/out.parquet")["missing"] == WHY
    assert base.read_tsv("results/curve.tsv", SILHOUETTE).is_empty()
    assert [path.name for path in Path("results/folder").iterdir()] == ["missing.txt"]
    assert Path("results/folder/missing.txt").read_text() == f"{WHY}\n"
    for name in ("out.parquet", "curve.tsv", "folder"):
        assert record_path(Path("results", name)).is_file(), "Snakemake and the run's record take it for made"
    assert WHY in capsys.readouterr().out


def test_a_step_may_do_its_work_without(capsys):
    def count(job: Job) -> None:
        print(f"{len(job.read('labels'))} rows: {job.missing}")

    step(count, with_missing=True, outputs={})(["--labels", "empty.parquet"])
    step(count, with_missing=True, outputs={})(["--labels", "whole.parquet"])
    assert capsys.readouterr().out == f"0 rows: {WHY}\n2 rows: None\n"


def test_mistakes_of_settings_and_files_that_cannot_be_empty_end_the_run():
    def mistaken(job: Job) -> None:
        raise UserError("no such setting")

    with pytest.raises(UserError, match="no such setting"):
        step(mistaken)(["--labels", "whole.parquet", *GIVEN])
    with pytest.raises(UserError, match="1 window is left"):
        step(lacking, outputs={"page": Output("a page")})(["--labels", "whole.parquet", "--page-out", "a.html"])
    assert not Path("results").exists()
