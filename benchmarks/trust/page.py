"""Put what validation found into docs/trust.md: `python -m benchmarks.trust.page`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.trust.references import ACTORS, OPENFACE
from benchmarks.trust.tables import CROSSTALK, TRUST
from moodreel import files
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS

RESULTS = Path("benchmarks/results")
TRUST_TSV, CROSSTALK_TSV, TRUST_JSON = "trust.tsv", "trust-crosstalk.tsv", "trust.json"
PAGE = Path("docs/trust.md")

KINDS = {OPENFACE: "OpenFace on real clips", ACTORS: "truth of the built-in actors (synthetic)"}

NONE = "–"


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


def verdicts(trust: pl.DataFrame, found: Mapping[str, Any]) -> str:
    """Each unit with its meaning, and correlation and verdict of each backend with each reference."""
    pairs = [(b, r) for b in trust["backend"].unique(maintain_order=True) for r in KINDS if _of(trust, b, r).height]
    cells = {(row["unit"], row["backend"], row["reference"]): row for row in trust.rows(named=True)}
    lines = []
    for unit, meaning in ACTION_UNITS.items():
        name = f"AU{unit:02d}"
        line = [name, meaning]
        for backend, reference in pairs:
            row = cells[name, backend, reference]
            if name in found["unread"][backend]:
                line.append("not read")
            elif row["correlation"] is None:
                line.append(row["verdict"])
            else:
                line.append(f"{_bold(row['verdict'])} {row['correlation']:.2f}")
        lines.append(line)
    missing = [f"The backend `{backend}` could not be run: {why}" for backend, why in found["left_out"].items()]
    heads = ["unit", "FACS's name", *(f"`{backend}`, {reference}" for backend, reference in pairs)]
    return "\n\n".join([f"    {found['made_by']['command']}", _table(heads, lines), *missing])


def figures(trust: pl.DataFrame) -> str:
    """All figures of the units that could be compared, a table for each backend and reference."""
    made = []
    for reference, meaning in KINDS.items():
        for backend in trust["backend"].unique(maintain_order=True):
            rows = _of(trust, backend, reference).filter(pl.col("correlation").is_not_null())
            if rows.height:
                made += [f"### `{backend}` against {meaning}", _table(*_figures(rows))]
    return "\n\n".join(made)


def _figures(rows: pl.DataFrame) -> tuple[list[str], list[list[str]]]:
    heads = ["unit", "people", "clips", "frames", "range", "correlation", "95 % interval", "slope", "mae", "verdict"]
    lines = [
        [
            row["unit"],
            *(f"{row[name]:,}" for name in ("people", "clips", "frames")),
            *(_number(row[name]) for name in ("range", "correlation")),
            f"{_number(row['ci_low'])} to {_number(row['ci_high'])}",
            *(_number(row[name]) for name in ("slope", "mae")),
            row["verdict"],
        ]
        for row in rows.rows(named=True)
    ]
    return heads, lines


def summary(found: Mapping[str, Any]) -> str:
    """The one figure of each backend, with what it is made of."""
    lines = []
    for backend, of in found["summary"].items():
        units = ", ".join(f"{unit} {cell['mean']:.2f} ({cell['cells']})" for unit, cell in of["by_unit"].items())
        lines.append(
            [f"`{backend}`", _number(of["mean_correlation"], 3), str(of["cells"]), f"{of['wanted']:.2f}", units]
        )
    return _table(["backend", "mean correlation", "cells", "wanted", "unit: mean (cells)"], lines)


def crosstalk(found: pl.DataFrame) -> str:
    """Matrices of responses, one per backend, and each unit's own monotonicity."""
    made = []
    for backend in found["backend"].unique(maintain_order=True):
        rows = found.filter(backend=backend)
        read = [unit for unit in rows["read"].unique(maintain_order=True) if rows.filter(read=unit)["response"].count()]
        lines = []
        for acted in rows["acted"].unique(maintain_order=True):
            own = acted.split("+")
            cells = {row["read"]: row for row in rows.filter(acted=acted).rows(named=True)}
            line = [_bold_if(_number(cells[unit]["response"], 1), unit in own) for unit in read]
            rising = ", ".join(_number(cells[unit]["monotonicity"]) for unit in own)
            lines.append([acted, *line, rising])
        heads = ["acted", *(unit.removeprefix("AU") for unit in read), "monotonicity"]
        made += [f"### `{backend}`", _table(heads, lines)]
    return "\n\n".join(made)


def placed(page: str, made: Mapping[str, str]) -> str:
    """`page` with each part between its two marks. Raises ValueError where they are not there."""
    for name, text in made.items():
        begin, end = f"<!-- {name}: python -m benchmarks.trust.page -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
        if not pattern.search(page):
            raise ValueError(f"{PAGE} has no lines {begin} and {end}")
        page = pattern.sub(lambda _, whole=f"{begin}\n\n{text}\n\n{end}": whole, page)
    return page


def _of(trust: pl.DataFrame, backend: str, reference: str) -> pl.DataFrame:
    return trust.filter(backend=backend, reference=reference)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _number(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{round(value, digits) + 0.0:.{digits}f}"  # + 0 makes 0 of -0


def _bold(verdict: str) -> str:
    return f"**{verdict}**" if verdict in ("use", "do not use") else verdict


def _bold_if(text: str, condition: bool) -> str:
    return f"**{text}**" if condition else text


def main() -> None:
    files.write_text(PAGE, placed(PAGE.read_text(encoding="utf-8"), parts(RESULTS)))


if __name__ == "__main__":
    main()
