"""The page of trust: made of what validation wrote, and no older than that."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from benchmarks.trust import page
from benchmarks.trust.agreement import VERDICTS
from benchmarks.trust.tables import CROSSTALK, TRUST

from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / page.RESULTS


def test_the_page_has_the_figures_that_were_found():
    text = (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert page.placed(text, page.parts(RESULTS)) == text, "run `python -m benchmarks.trust.page`"


def test_the_page_tells_each_verdict():
    text = (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert all(f"{verdict}** |" in text or f"| {verdict} |" in text for verdict in VERDICTS)


def test_the_table_has_a_row_for_each_unit_backend_and_reference():
    trust = base.read_tsv(RESULTS / page.TRUST_TSV, TRUST)
    assert trust.columns == [
        *("unit", "backend", "reference", "people", "clips", "frames", "range"),
        *("correlation", "ci_low", "ci_high", "slope", "mae", "verdict"),
    ]
    for (backend, reference), rows in trust.group_by("backend", "reference"):
        assert rows["unit"].to_list() == [f"AU{unit:02d}" for unit in ACTION_UNITS], (backend, reference)
    judged = trust.filter(pl.col("ci_low").is_not_null())
    assert (judged["ci_low"] <= judged["ci_high"]).all()
    assert trust.filter(pl.col("people") < 5, verdict="use").is_empty()
    assert set(trust["verdict"]) <= set(VERDICTS)


def test_the_figures_can_be_made_of_the_kept_cells():
    """The table's correlations are the means of the pairs in the JSON."""
    cells = pl.DataFrame(json.loads((RESULTS / page.TRUST_JSON).read_text())["cells"], infer_schema_length=None)
    means = (
        cells.filter("counts").group_by("unit", "backend", "reference").agg(pl.col("correlation").mean().alias("mean"))
    )
    both = base.read_tsv(RESULTS / page.TRUST_TSV, TRUST).join(means, on=["unit", "backend", "reference"])
    assert len(both) >= 10
    assert both["correlation"].to_list() == pytest.approx(both["mean"].to_list(), abs=2e-3)


def made(folder: Path) -> Path:
    row = {"unit": "AU12", "backend": "facemesh", "people": 1, "clips": 1, "frames": 1441}
    row |= {"range": 1.344, "ci_low": 0.844, "ci_high": 0.974, "slope": 2.13, "mae": 0.38}
    nothing = dict.fromkeys(("people", "clips", "frames"), 0) | {"verdict": "not judged", "backend": "facemesh"}
    rows = [
        {"unit": f"AU{unit:02d}", "reference": reference, **nothing}
        for reference in ("actors", "openface")
        for unit in ACTION_UNITS
        if (unit, reference) != (12, "openface")
    ]
    rows.append(row | {"reference": "openface", "correlation": 0.123, "verdict": "do not use"})
    base.write_tsv(folder / page.TRUST_TSV, TRUST, pl.DataFrame(rows, schema=base.polars_schema(TRUST)))
    leaks = [
        {"acted": "AU12", "read": "AU12", "backend": "facemesh", "clips": 6, "response": 2.96, "monotonicity": 0.987},
        {"acted": "AU12", "read": "AU06", "backend": "facemesh", "clips": 6, "response": 0.52, "monotonicity": 0.5},
        {"acted": "AU12", "read": "AU14", "backend": "facemesh", "clips": 0},
    ]
    base.write_tsv(folder / page.CROSSTALK_TSV, CROSSTALK, pl.DataFrame(leaks, schema=base.polars_schema(CROSSTALK)))
    found = {
        "summary": {
            "facemesh": {
                **{"mean_correlation": 0.123, "wanted": 0.55, "cells": 1},
                "by_unit": {"AU12": {"mean": 0.123, "cells": 1}},
            }
        },
        "unread": {"facemesh": ["AU14"]},
        "left_out": {"blendshapes": "no network"},
        "made_by": {"command": "python -m benchmarks.validate --takes 1"},
    }
    (folder / page.TRUST_JSON).write_text(json.dumps(found))
    return folder


def test_units_have_a_verdict_for_each_reference(tmp_path):
    text = page.parts(made(tmp_path))["verdicts"]
    assert text.startswith("    python -m benchmarks.validate --takes 1\n")
    assert "| AU12 | lip corner puller | **do not use** 0.12 | not judged |" in text
    assert "| AU14 | dimpler | not read | not read |" in text
    assert text.endswith("The backend `blendshapes` could not be run: no network")


def test_figures_are_told_of_units_that_were_compared(tmp_path):
    text = page.parts(made(tmp_path))["figures"]
    assert text.splitlines()[-1] == "| AU12 | 1 | 1 | 1,441 | 1.34 | 0.12 | 0.84 to 0.97 | 2.13 | 0.38 | do not use |"
    assert "actors" not in text


def test_the_one_figure_says_what_it_is_made_of(tmp_path):
    assert page.parts(made(tmp_path))["summary"].splitlines()[-1] == "| `facemesh` | 0.123 | 1 | 0.55 | AU12 0.12 (1) |"


def test_cross_talk_is_a_matrix_of_what_is_read(tmp_path):
    lines = page.parts(made(tmp_path))["crosstalk"].splitlines()
    assert lines[-3] == "| acted | 12 | 06 | monotonicity |"
    assert lines[-1] == "| AU12 | **3.0** | 0.5 | 0.99 |"


def test_a_page_without_a_place_for_a_part_is_told():
    with pytest.raises(ValueError, match="has no lines <!-- figures:"):
        page.placed("# Trust", {"figures": ""})
