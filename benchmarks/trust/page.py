"""Put what validation found into docs/trust.md and, as one verdict for each unit and backend, into the package:
`python -m benchmarks.trust.page`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import origin, pages
from benchmarks.pages import number
from benchmarks.trust.references import ACTORS, OPENFACE
from moodreel.face.trust import FILE, Verdict
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.tables.schema import Column, Table
from moodreel.tables.trust import UNIT_TRUST

TRUST_TSV, CROSSTALK_TSV, TRUST_JSON = "trust.tsv", "trust-crosstalk.tsv", "trust.json"

KINDS = {OPENFACE: "OpenFace on real clips", ACTORS: "truth of the built-in actors (synthetic)"}

ONE_PERSON = "**One person**: all real clips show the same one. Nothing here says what other people would show.\n\n"


TRUST = Table(
    "trust",
    2,
    "How far each action unit agrees with each reference. `benchmarks/results/trust.tsv`",
    (
        Column("unit", "string", "", "action unit, `AU12`", nullable=False),
        Column("backend", "string", "", "face backend that read it", nullable=False),
        Column("reference", "string", "", "`actors` (synthetic) or `openface` (real clips)", nullable=False),
        Column("people", "int32", "", "people in the clips that count", nullable=False),
        Column("clips", "int32", "", "clips that count: in which the reference moves, or all", nullable=False),
        Column("unread", "int32", "", "those of them in which too little is read: correlation 0", nullable=False),
        Column("frames", "int32", "", "their frames in which both see the face", nullable=False),
        Column("range", "float64", "the reference's", "its 95th minus 5th percentile in a clip, mean over clips"),
        Column("correlation", "float64", "", "Pearson's in a clip, 0 where unread, mean over clips"),
        Column("read_correlation", "float64", "", "the same over the clips that are read"),
        Column("ci_low", "float64", "", "lower end of its 95 % interval: over people from five on, else within clips"),
        Column("ci_high", "float64", "", "upper end of it"),
        Column("slope", "float64", "levels/level", "least-squares slope of ours on it in a clip, mean over clips"),
        Column("mae", "float64", "0..5", "mean absolute difference in a clip, mean over clips"),
        Column("verdict", "string", "", "`use`, `careful`, `do not use`, `not judged`, `not read`", nullable=False),
    ),
)

CROSSTALK = Table(
    "crosstalk",
    1,
    "What each unit reads while the actors move each other. `benchmarks/results/trust-crosstalk.tsv`",
    (
        Column("acted", "string", "", "units acted, `AU06+AU12` where two go together", nullable=False),
        Column("read", "string", "", "unit that is read", nullable=False),
        Column("backend", "string", "", "face backend that read it", nullable=False),
        Column("clips", "int32", "", "clips with both rest and apex", nullable=False),
        Column("response", "float64", "0..5", "intensity at the apex less that at rest, mean over clips"),
        Column("correlation", "float64", "", "Pearson's with what is acted in a clip, mean over clips"),
        Column(
            "monotonicity",
            "float64",
            "",
            "Spearman's of steps of what is acted with the mean reading at each in a clip, mean over clips",
        ),
    ),
)


def main() -> None:
    pages.write("trust", parts(origin.RESULTS))
    base.write_tsv(FILE, UNIT_TRUST, combine(base.read_tsv(origin.RESULTS / TRUST_TSV, TRUST)))


def parts(results: Path) -> dict[str, str]:
    """What belongs between the page's marks: each unit with each backend's verdict and what that is made of, all figures
    of the units that could be compared, the one figure of each backend, what is read while another unit is acted."""
    trust = base.read_tsv(results / TRUST_TSV, TRUST)
    found = json.loads((results / TRUST_JSON).read_text(encoding="utf-8"))
    people = {kind: len({clip["person"] for clip in found["clips"] if clip["reference"] == kind}) for kind in KINDS}
    backends = trust["backend"].unique(maintain_order=True).to_list()
    leaks = base.read_tsv(results / CROSSTALK_TSV, CROSSTALK)
    return pages.fill(
        "trust",
        {
            **found,
            "units": {f"AU{unit:02d}": meaning for unit, meaning in ACTION_UNITS.items()},
            "kinds": KINDS,
            "backends": backends,
            "pairs": [(b, kind) for b in backends for kind in KINDS if trust.filter(backend=b, reference=kind).height],
            "people": people,
            "warning": ONE_PERSON if people[OPENFACE] == 1 else "",
            "rows": {(row["unit"], row["backend"], row["reference"]): row for row in trust.rows(named=True)},
            "together": {(row["unit"], row["backend"]): row["verdict"] for row in combine(trust).rows(named=True)},
            "crosstalk": {backend: _matrix(of) for (backend,), of in leaks.group_by("backend", maintain_order=True)},
        },
    )


def _matrix(leaks: pl.DataFrame) -> dict[str, Any]:
    """By what is acted, the rows of CROSSTALK by the unit that is read; and the units that are read anywhere."""
    acted: dict[str, dict[str, Any]] = {}
    for row in leaks.rows(named=True):
        acted.setdefault(row["acted"], {})[row["read"]] = row
    somewhere = leaks.filter(pl.col("response").is_not_null())["read"].to_list()
    return {"acted": acted, "read": [unit for unit in leaks["read"].unique(maintain_order=True) if unit in somewhere]}


def combine(trust: pl.DataFrame) -> pl.DataFrame:
    """The UNIT_TRUST table that belongs to a TRUST table, units in their order by backend.

    The real clips go first: where they judge a unit, theirs it is. Where they do not, the built-in actors can only rule
    it out: agreement with them is necessary and proves little, since the mesh that reads them also made them.
    """
    rows = []
    for (backend, unit), of_both in trust.group_by("backend", "unit", maintain_order=True):
        by_reference = {row["reference"]: row for row in of_both.iter_rows(named=True)}
        verdict, deciding = _verdict(by_reference)
        row = by_reference.get(deciding, {"correlation": None, "people": 0, "clips": 0})
        own = {name: row[name] for name in ("correlation", "people", "clips")}
        rows.append({"unit": unit, "backend": backend, "verdict": verdict.value, "reference": deciding, **own})
    return pl.DataFrame(rows, schema=base.polars_schema(UNIT_TRUST))


def _verdict(by_reference: dict[str, dict]) -> tuple[Verdict, str | None]:
    """The verdict, and the reference that decides; None where none does."""
    said = {reference: Verdict(row["verdict"]) for reference, row in by_reference.items()}
    if Verdict.NOT_READ in said.values():
        return Verdict.NOT_READ, None
    if said.get(OPENFACE, Verdict.NOT_JUDGED) != Verdict.NOT_JUDGED:
        return said[OPENFACE], OPENFACE
    if said.get(ACTORS) == Verdict.DO_NOT_USE:
        return Verdict.DO_NOT_USE, ACTORS
    return Verdict.NOT_JUDGED, None


def in_words(of: Mapping[str, Any]) -> str:
    """The one figure of a backend (`validate.summary`) for the terminal."""
    if not of["cells"]:
        return "no clip in which OpenFace sees one of the units move"
    cells, people = pages.quantity(of["cells"], "cell", "cells"), pages.quantity(of["people"], "person", "people")
    others = "too few people to say what others would show"
    if of["over_people"]:
        others = f"95 % interval over people {' to '.join(map(number, of['over_people']))}"
    return (
        f"mean correlation with OpenFace {number(of['mean_correlation'])} over {cells} of {people}, unread as 0; "
        f"{number(of['read']['mean_correlation'])} over the {of['read']['cells']} that are read; {others}"
    )


if __name__ == "__main__":
    main()
