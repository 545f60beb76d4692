"""Put what validation found into docs/trust.md and, as one verdict for each unit and backend, into the package:
`python -m benchmarks.trust.page`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import origin, pages
from benchmarks.trust.references import ACTORS, OPENFACE
from benchmarks.trust.tables import CROSSTALK, TRUST
from moodreel.face.trust import FILE, Verdict
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.tables.trust import UNIT_TRUST

TRUST_TSV, CROSSTALK_TSV, TRUST_JSON = "trust.tsv", "trust-crosstalk.tsv", "trust.json"
PAGE = pages.DOCS / "trust.md"

KINDS = {OPENFACE: "OpenFace on real clips", ACTORS: "truth of the built-in actors (synthetic)"}


def main() -> None:
    pages.write(PAGE, parts(origin.RESULTS))
    base.write_tsv(FILE, UNIT_TRUST, combine(base.read_tsv(origin.RESULTS / TRUST_TSV, TRUST)))


def parts(results: Path) -> dict[str, str]:
    """What belongs between the page's marks, by their names."""
    trust = base.read_tsv(results / TRUST_TSV, TRUST)
    found = json.loads((results / TRUST_JSON).read_text(encoding="utf-8"))
    return {
        "verdicts": verdicts(trust, found),
        "figures": figures(trust),
        "summary": summary(found),
        "crosstalk": crosstalk(base.read_tsv(results / CROSSTALK_TSV, CROSSTALK)),
    }


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


def verdicts(trust: pl.DataFrame, found: Mapping[str, Any]) -> str:
    """Each unit with its meaning, each backend's verdict, and what that is made of: those with each reference, with the
    correlation. The head of the table says how many people the clips show."""
    rows = {(row["unit"], row["backend"], row["reference"]): row for row in trust.rows(named=True)}
    together = {(row["unit"], row["backend"]): row["verdict"] for row in combine(trust).rows(named=True)}
    backends = trust["backend"].unique(maintain_order=True).to_list()
    pairs = [(b, r) for b in backends for r in KINDS if trust.filter(backend=b, reference=r).height]
    lines = []
    for unit, meaning in ACTION_UNITS.items():
        name = f"AU{unit:02d}"
        said = [together[name, backend] for backend in backends]
        line = [name, meaning, *(_bold(verdict, verdict in ("use", "do not use")) for verdict in said)]
        lines.append([*line, *(_said(rows[name, *pair]) for pair in pairs)])
    heads = ["unit", "FACS's name", *(f"`{backend}`" for backend in backends)]
    heads += [f"`{b}`, {r} ({quantity(_people(found, r), 'person', 'people')})" for b, r in pairs]
    return "\n\n".join([f"    {found['made_by']['command']}", *_warning(found), pages.table(heads, lines)])


def _said(row: Mapping[str, Any]) -> str:
    return row["verdict"] if row["correlation"] is None else f"{row['verdict']} {row['correlation']:.2f}"


def _people(found: Mapping[str, Any], reference: str) -> int:
    return len({clip["person"] for clip in found["clips"] if clip["reference"] == reference})


def _warning(found: Mapping[str, Any]) -> list[str]:
    """What stands above a table whose real clips show one person."""
    said = "**One person**: all real clips show the same one. Nothing here says what other people would show."
    return [said] if _people(found, OPENFACE) == 1 else []


def quantity(number: int, one: str, many: str) -> str:
    """`1 person`, `2 people`."""
    return f"{number:,} {one if number == 1 else many}"


def figures(trust: pl.DataFrame) -> str:
    """All figures of the units that could be compared, a table for each backend and reference."""
    heads = ["unit", "people", "clips", "unread", "frames", "range", "correlation", "of those read"]
    heads += ["95 % interval", "slope", "mae", "verdict"]
    made = []
    for reference, meaning in KINDS.items():
        for (backend,), rows in trust.filter(reference=reference).group_by("backend", maintain_order=True):
            lines = [
                [
                    row["unit"],
                    *(f"{row[name]:,}" for name in ("people", "clips", "unread", "frames")),
                    *(_number(row[name]) for name in ("range", "correlation", "read_correlation")),
                    _interval((row["ci_low"], row["ci_high"])),
                    *(_number(row[name]) for name in ("slope", "mae")),
                    row["verdict"],
                ]
                for row in rows.filter(pl.col("correlation").is_not_null()).rows(named=True)
            ]
            if lines:
                made += [f"### `{backend}` against {meaning}", pages.table(heads, lines)]
    return "\n\n".join(made)


def summary(found: Mapping[str, Any]) -> str:
    """The one figure of each backend, with what it is made of."""
    heads = ["backend", "people", "clips", "cells", "mean, unread as 0", "mean of those read (cells)"]
    heads += ["95 %, these clips", "95 %, other people", "wanted", "unit: mean (cells)"]
    lines = []
    for backend, of in found["summary"].items():
        units = ", ".join(
            f"{unit} {cell['mean']:.2f} ({cell['cells']}{f', {u} unread' if (u := cell['unread']) else ''})"
            for unit, cell in of["by_unit"].items()
        )
        lines.append(
            [
                f"`{backend}`",
                *(str(of[name]) for name in ("people", "clips", "cells")),
                _number(of["mean_correlation"]),
                f"{_number(of['read']['mean_correlation'])} ({of['read']['cells']})",
                _interval(of["within_clips"]),
                _interval(of["over_people"]) if of["over_people"] else "too few people",
                f"{of['wanted']:.2f}",
                units,
            ]
        )
    return "\n\n".join([*_warning(found), pages.table(heads, lines)])


def in_words(of: Mapping[str, Any]) -> str:
    """The one figure of a backend (`validate.summary`) for the terminal."""
    if not of["cells"]:
        return "no clip in which OpenFace sees one of the units move"
    cells, people, read = quantity(of["cells"], "cell", "cells"), quantity(of["people"], "person", "people"), of["read"]
    others = "too few people to say what others would show"
    if of["over_people"]:
        others = f"95 % interval over people {_interval(of['over_people'])}"
    return (
        f"mean correlation with OpenFace {_number(of['mean_correlation'])} over {cells} of {people}, unread as 0; "
        f"{_number(read['mean_correlation'])} over the {read['cells']} that are read; {others}"
    )


def crosstalk(found: pl.DataFrame) -> str:
    """Matrices of responses, one per backend, and each unit's own monotonicity."""
    made = []
    for (backend,), rows in found.group_by("backend", maintain_order=True):
        read = rows.filter(pl.col("response").is_not_null())["read"].to_list()
        units = [unit for unit in rows["read"].unique(maintain_order=True) if unit in read]
        lines = []
        for (acted,), own in rows.group_by("acted", maintain_order=True):
            cells = {row["read"]: row for row in own.rows(named=True)}
            line = [_bold(_number(cells[unit]["response"], 1), unit in acted.split("+")) for unit in units]
            lines.append([acted, *line, ", ".join(_number(cells[u]["monotonicity"]) for u in acted.split("+"))])
        heads = ["acted", *(unit.removeprefix("AU") for unit in units), "monotonicity"]
        made += [f"### `{backend}`", pages.table(heads, lines)]
    return "\n\n".join(made)


def _interval(ends: Sequence[float | None]) -> str:
    return f"{_number(ends[0])} to {_number(ends[1])}"


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{round(value, digits) + 0.0:.{digits}f}"  # + 0 makes 0 of -0


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


if __name__ == "__main__":
    main()
