"""The package's verdicts: one of two references, and no older than what validation found."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from benchmarks.trust import verdicts
from benchmarks.trust.tables import TRUST

from moodreel.face import trust
from moodreel.tables import base
from moodreel.tables.trust import UNIT_TRUST

ROOT = Path(__file__).parents[3]


def test_the_packages_verdicts_are_those_of_the_last_validation():
    found = base.read_tsv(ROOT / verdicts.SOURCE, TRUST)
    packaged = base.read_tsv(trust.FILE, UNIT_TRUST)
    assert packaged.equals(verdicts.combine(found)), "run `python -m benchmarks.trust.verdicts`"


def trust_table(openface: str | None, actors: str) -> pl.DataFrame:
    said = {"actors": (actors, 0.9, 2, 6)} | ({"openface": (openface, 0.1, 1, 3)} if openface else {})
    rows = [
        {
            **{"unit": "AU12", "backend": "facemesh", "reference": reference, "unread": 0, "frames": 100},
            **{"verdict": verdict, "correlation": r, "people": people, "clips": clips},
        }
        for reference, (verdict, r, people, clips) in said.items()
    ]
    return pl.DataFrame(rows, schema=base.polars_schema(TRUST))


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
    (row,) = verdicts.combine(trust_table(openface, actors)).rows(named=True)
    assert (row["verdict"], row["reference"]) == (together, deciding)
    figures = {"openface": (0.1, 1, 3), "actors": (0.9, 2, 6), None: (None, 0, 0)}[deciding]
    assert (row["correlation"], row["people"], row["clips"]) == figures
