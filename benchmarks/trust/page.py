"""Writes the results of the validation into docs/trust.md and, as one verdict for each unit and backend, into the
package: `python -m benchmarks.trust.page`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import origin, pages
from benchmarks.pages import number
from benchmarks.trust.references import ACTORS, OPENFACE
from moodreel.face.trust import FILE, Verdict
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.tables.trust import UNIT_TRUST

TRUST_TSV, CROSSTALK_TSV, TRUST_JSON = "trust.tsv", "trust-crosstalk.tsv", "trust.json"

KINDS = {OPENFACE: "OpenFace on real clips", ACTORS: "truth of the built-in actors (synthetic)"}

ONE_PERSON = "**One person**: all real clips show the same one. Nothing here says what other people would show.\n\n"


COLUMNS = {
    TRUST_TSV: (
        *("unit", "backend", "reference", "people", "clips", "unread", "frames", "range", "correlation"),
        *("read_correlation", "ci_low", "ci_high", "slope", "mae", "verdict"),
    ),
    CROSSTALK_TSV: ("acted", "read", "backend", "clips", "response", "correlation", "monotonicity"),
}
"""Columns of the tables of results; docs/trust.md explains them."""


def main() -> None:
    pages.write("trust", parts(origin.RESULTS))
    base.write_tsv(FILE, UNIT_TRUST, combine(read(origin.RESULTS / TRUST_TSV)))


def read(path: Path) -> pl.DataFrame:
    """Read one of the tables of results."""
    return pl.read_csv(path, separator="\t", infer_schema_length=None)


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write one of these tables, with three decimals."""
    table = pl.DataFrame(rows, schema=COLUMNS[path.name], infer_schema_length=None)
    atomic.write_text(path, table.with_columns(pl.col(pl.Float64).round(3)).write_csv(separator="\t"))


def parts(results: Path) -> dict[str, str]:
    """The parts of the page: verdicts and their origin, all figures of the units that could be compared, the summary
    figure of each backend, and the crosstalk."""
    trust = read(results / TRUST_TSV)
    found = json.loads((results / TRUST_JSON).read_text(encoding="utf-8"))
    people = {kind: len({clip["person"] for clip in found["clips"] if clip["reference"] == kind}) for kind in KINDS}
    backends = trust["backend"].unique(maintain_order=True).to_list()
    leaks = read(results / CROSSTALK_TSV)
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
    """By acted unit, the rows by read unit; and the units that are read in any clip."""
    acted: dict[str, dict[str, Any]] = {}
    for row in leaks.rows(named=True):
        acted.setdefault(row["acted"], {})[row["read"]] = row
    somewhere = leaks.filter(pl.col("response").is_not_null())["read"].to_list()
    return {"acted": acted, "read": [unit for unit in leaks["read"].unique(maintain_order=True) if unit in somewhere]}


def combine(trust: pl.DataFrame) -> pl.DataFrame:
    """The UNIT_TRUST table from the results, units in their order by backend.

    The real clips have priority: where they judge a unit, their verdict holds. Where they do not, the built-in actors
    can only rule it out: agreement with them is necessary but proves little, since the mesh that reads them also made
    them.
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
    verdicts = {reference: Verdict(row["verdict"]) for reference, row in by_reference.items()}
    if Verdict.NOT_READ in verdicts.values():
        return Verdict.NOT_READ, None
    if verdicts.get(OPENFACE, Verdict.NOT_JUDGED) != Verdict.NOT_JUDGED:
        return verdicts[OPENFACE], OPENFACE
    if verdicts.get(ACTORS) == Verdict.DO_NOT_USE:
        return Verdict.DO_NOT_USE, ACTORS
    return Verdict.NOT_JUDGED, None


def in_words(of: Mapping[str, Any]) -> str:
    """The summary figure of a backend (`validate.summary`) for the terminal."""
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
