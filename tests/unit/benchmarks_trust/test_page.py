"""The page of trust and the package's verdicts: made of what validation wrote, and no older than that."""

import json
import shutil

import polars as pl
import pytest
from benchmarks.origin import RESULTS, ROOT
from benchmarks.trust import page

from moodreel.face.trust import FILE, Verdict
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.tables.trust import UNIT_TRUST


def test_the_packages_verdicts_are_those_of_the_last_validation():
    found = page.combine(page.read(ROOT / RESULTS / page.TRUST_TSV))
    assert base.read_tsv(FILE, UNIT_TRUST).equals(found), "run `python -m benchmarks.trust.page`"
    text = (ROOT / "docs/trust.md").read_text(encoding="utf-8")
    assert all(f"{verdict}** |" in text or f"| {verdict} |" in text for verdict in Verdict)


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
    rows = []
    for reference, verdict in (("actors", actors), ("openface", openface)):
        if verdict:
            correlation, people, clips = figures[reference]
            row = {"unit": "AU12", "backend": "facemesh", "reference": reference, "verdict": verdict}
            rows.append({**row, "correlation": correlation, "people": people, "clips": clips})
    (row,) = page.combine(pl.DataFrame(rows)).rows(named=True)
    assert (row["verdict"], row["reference"]) == (together, deciding)
    assert (row["correlation"], row["people"], row["clips"]) == figures[deciding]


def test_the_table_has_a_row_for_each_unit_backend_and_reference():
    trust = page.read(ROOT / RESULTS / page.TRUST_TSV)
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
    read = page.read(ROOT / RESULTS / page.TRUST_TSV).filter(pl.col("verdict") != "not read")
    both = read.join(means, on=["unit", "backend", "reference"])
    assert len(both) >= 10
    assert both["correlation"].to_list() == pytest.approx(both["mean"].to_list(), abs=2e-3)


def test_tables_say_of_how_many_people_they_are(tmp_path):
    """Of five, whom the real clips that are at hand do not show; what one person makes of them stands on the page."""
    found = json.loads((ROOT / RESULTS / page.TRUST_JSON).read_text())
    one = found["summary"]["facemesh"]
    for name in (page.TRUST_TSV, page.CROSSTALK_TSV):
        shutil.copy(ROOT / RESULTS / name, tmp_path)
    found["clips"] = [{"person": f"p{n}", "reference": "openface"} for n in range(5)]
    found["summary"] = {"facemesh": {**one, "people": 5, "over_people": [-0.2, 0.4]}}
    (tmp_path / page.TRUST_JSON).write_text(json.dumps(found))
    parts = page.parts(tmp_path)
    assert "openface (5 people)" in parts["verdicts"]
    assert not any("One person" in part for part in parts.values())
    assert "| `facemesh` | 5 | 1 | 5 |" in parts["summary"] and "| -0.20 to 0.40 |" in parts["summary"]


def test_the_terminal_says_of_how_many_people_the_figure_is():
    of = {"mean_correlation": 0.123, "cells": 2, "people": 1, "read": {"mean_correlation": 0.246, "cells": 1}}
    assert page.in_words({**of, "over_people": None}) == (
        "mean correlation with OpenFace 0.12 over 2 cells of 1 person, unread as 0; 0.25 over the 1 that are read; "
        "too few people to say what others would show"
    )
    assert page.in_words({**of, "over_people": [-0.2, 0.4]}).endswith("; 95 % interval over people -0.20 to 0.40")
    assert "no clip in which OpenFace sees" in page.in_words({**of, "cells": 0})
