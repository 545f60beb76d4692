"""One verdict for each unit and backend, made of those of both references: `python -m benchmarks.trust.verdicts`.

The real clips go first: where they judge a unit, theirs it is. Where they do not, the built-in actors can only rule it
out: agreement with them is necessary and proves little, since the mesh that reads them also made them.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.trust.references import ACTORS, OPENFACE
from benchmarks.trust.tables import TRUST
from moodreel.face.trust import FILE, Verdict
from moodreel.tables import base
from moodreel.tables.trust import UNIT_TRUST

SOURCE = Path("benchmarks/results/trust.tsv")


def combine(trust: pl.DataFrame) -> pl.DataFrame:
    """The UNIT_TRUST table that belongs to a TRUST table, units in their order by backend."""
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


def main() -> None:
    base.write_tsv(FILE, UNIT_TRUST, combine(base.read_tsv(SOURCE, TRUST)))


if __name__ == "__main__":
    main()
