"""The page of trust and the package's verdicts: made of what validation wrote, and no older than that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from benchmarks.origin import RESULTS, ROOT
from benchmarks.trust import page
from benchmarks.trust.tables import CROSSTALK, TRUST

from moodreel.face.trust import FILE, Verdict
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.tables.trust import UNIT_TRUST


def test_the_packages_verdicts_are_those_of_the_last_validation():
    found = page.combine(base.read_tsv(ROOT / RESULTS / page.TRUST_TSV, TRUST))
    assert base.read_tsv(FILE, UNIT_TRUST).equals(found), "run `python -m benchmarks.trust.page`"
    text = (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert all(f"{verdict}** |" in text or f"| {verdict} |" in text for verdict in Verdict)


def table(*rows: dict[str, Any], **of_all: Any) -> pl.DataFrame:
    """A table TRUST of facemesh with these rows; what they lack is none."""
    counts = dict.fromkeys(("people", "clips", "unread", "frames"), 0)
    given = [{"unit": "AU12", "backend": "facemesh", **counts, **of_all, **row} for row in rows]
    return pl.DataFrame(given, schema=base.polars_schema(TRUST))


@pytest.mark.parametrize(
    ("openface", "actors", "together", "deciding"),
    [
        ("use", "careful", "use", "openface"),
        ("careful", "do not use", "careful", "openface"),
        ("do not use", "careful", "do not use", "openface"),
        ("not judged", "careful", "not judged", None),
        ("not judged", "use", "not judged", None),
        ("not judged", "do not use", "do not use", "actors"),
        ("not judged", "not judged", "not judged", None),
        ("not read", "not read", "not read", None),
        (None, "careful", "not judged", None),
    ],
)
def test_real_clips_go_first_and_actors_can_only_rule_out(openface, actors, together, deciding):
    figures = {"openface": (0.1, 1, 3), "actors": (0.9, 2, 6), None: (None, 0, 0)}
    said = {"actors": actors, "openface": openface}
    rows = [
        {
            "reference": name,
            "verdict": verdict,
            **dict(zip(("correlation", "people", "clips"), figures[name], strict=True)),
        }
        for name, verdict in said.items()
        if verdict
    ]
    (row,) = page.combine(table(*rows)).rows(named=True)
    assert (row["verdict"], row["reference"]) == (together, deciding)
    assert (row["correlation"], row["people"], row["clips"]) == figures[deciding]


def test_the_table_has_a_row_for_each_unit_backend_and_reference():
    trust = base.read_tsv(ROOT / RESULTS / page.TRUST_TSV, TRUST)
    for (backend, reference), rows in trust.group_by("backend", "reference"):
        assert rows["unit"].to_list() == [f"AU{unit:02d}" for unit in ACTION_UNITS], (backend, reference)
    judged = trust.filter(pl.col("ci_low").is_not_null())
    assert (judged["ci_low"] <= judged["ci_high"]).all()
    assert trust.filter(pl.col("people") < 5, verdict="use").is_empty()
    assert set(trust["verdict"]) <= set(Verdict)


def test_the_figures_can_be_made_of_the_kept_cells():
    """The table's correlations are the means of the pairs in the JSON, those unread among them; of units that are never
    read it says no more."""
    found = json.loads((ROOT / RESULTS / page.TRUST_JSON).read_text())
    counted = pl.DataFrame(found["cells"], infer_schema_length=None).filter("counts")
    means = counted.group_by("unit", "backend", "reference").agg(pl.col("correlation").mean().alias("mean"))
    read = base.read_tsv(ROOT / RESULTS / page.TRUST_TSV, TRUST).filter(pl.col("verdict") != "not read")
    both = read.join(means, on=["unit", "backend", "reference"])
    assert len(both) >= 10
    assert both["correlation"].to_list() == pytest.approx(both["mean"].to_list(), abs=2e-3)


def made(folder: Path, people: int = 1) -> Path:
    rows = [
        {"unit": f"AU{unit:02d}", "reference": reference, "verdict": "not read" if unit == 14 else "not judged"}
        for reference in ("actors", "openface")
        for unit in ACTION_UNITS
        if (unit, reference) != (12, "openface")
    ]
    told = {"people": 1, "clips": 2, "unread": 1, "frames": 1441, "range": 1.344, "ci_low": 0.844, "ci_high": 0.974}
    told |= {"slope": 2.13, "mae": 0.38, "correlation": 0.123, "read_correlation": 0.246, "verdict": "do not use"}
    base.write_tsv(folder / page.TRUST_TSV, TRUST, table(*rows, told | {"reference": "openface"}))
    leaks = [
        {"acted": "AU12", "read": "AU12", "backend": "facemesh", "clips": 6, "response": 2.96, "monotonicity": 0.987},
        {"acted": "AU12", "read": "AU06", "backend": "facemesh", "clips": 6, "response": 0.52, "monotonicity": 0.5},
        {"acted": "AU12", "read": "AU14", "backend": "facemesh", "clips": 0},
    ]
    base.write_tsv(folder / page.CROSSTALK_TSV, CROSSTALK, pl.DataFrame(leaks, schema=base.polars_schema(CROSSTALK)))
    found = {
        "summary": {
            "facemesh": {
                **{"mean_correlation": 0.123, "wanted": 0.55, "cells": 2, "people": people, "clips": 2},
                "read": {"mean_correlation": 0.246, "cells": 1},
                "within_clips": [0.1, 0.151],
                "over_people": [-0.2, 0.4] if people > 4 else None,
                "by_unit": {"AU12": {"mean": 0.123, "cells": 2, "unread": 1}},
            }
        },
        "clips": [{"person": f"p{n}", "reference": "openface"} for n in range(people)],
        "made_by": {"command": "python -m benchmarks.validate --takes 1"},
    }
    (folder / page.TRUST_JSON).write_text(json.dumps(found))
    return folder


def test_units_have_a_verdict_for_each_reference(tmp_path):
    text = page.parts(made(tmp_path))["verdicts"]
    assert text.startswith("    python -m benchmarks.validate --takes 1\n")
    assert "| AU12 | lip corner puller | **do not use** | do not use 0.12 | not judged |" in text
    assert "| AU14 | dimpler | not read | not read | not read |" in text


def test_tables_of_one_person_say_so_first(tmp_path):
    alone = page.parts(made(tmp_path))
    for name in ("verdicts", "summary"):
        lines = [line for line in alone[name].splitlines() if line and not line.startswith("    ")]
        assert lines[0].startswith("**One person**: all real clips show the same one.")
    assert "openface (1 person)" in alone["verdicts"]
    several = page.parts(made(tmp_path, people=5))
    assert not any("One person" in part for part in several.values())
    assert "openface (5 people)" in several["verdicts"]


def test_figures_are_told_of_units_that_were_compared(tmp_path):
    text = page.parts(made(tmp_path))["figures"]
    numbers = "1 | 2 | 1 | 1,441 | 1.34 | 0.12 | 0.25 | 0.84 to 0.97 | 2.13 | 0.38"
    assert text.splitlines()[-1] == f"| AU12 | {numbers} | do not use |"
    assert "actors" not in text


def test_the_one_figure_says_what_it_is_made_of(tmp_path):
    last = {people: page.parts(made(tmp_path, people))["summary"].splitlines()[-1] for people in (1, 5)}
    figures = "2 | 2 | 0.12 | 0.25 (1) | 0.10 to 0.15 | {} | 0.55 | AU12 0.12 (2, 1 unread) |"
    assert last[1] == "| `facemesh` | 1 | " + figures.format("too few people")
    assert last[5] == "| `facemesh` | 5 | " + figures.format("-0.20 to 0.40")


def test_the_terminal_says_of_how_many_people_the_figure_is(tmp_path):
    found = json.loads((made(tmp_path) / page.TRUST_JSON).read_text())["summary"]["facemesh"]
    assert page.in_words(found) == (
        "mean correlation with OpenFace 0.12 over 2 cells of 1 person, unread as 0; 0.25 over the 1 that are read; "
        "too few people to say what others would show"
    )
    assert "no clip in which OpenFace sees" in page.in_words(found | {"cells": 0})


def test_cross_talk_is_a_matrix_of_what_is_read(tmp_path):
    lines = page.parts(made(tmp_path))["crosstalk"].splitlines()
    assert lines[-3] == "| acted | 12 | 06 | monotonicity |"
    assert lines[-1] == "| AU12 | **3.0** | 0.5 | 0.99 |"
