"""Put what validation found into docs/trust.md: `python -m benchmarks.trust.page`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.trust.references import ACTORS, OPENFACE
from benchmarks.trust.tables import CROSSTALK, TRUST
from benchmarks.trust.verdicts import combine
from moodreel.storage import atomic
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
    """Each unit with its meaning, each backend's verdict, and what that is made of: those with each reference, with the
    correlation. The head of the table says how many people the clips show."""
    pairs = [(b, r) for b in trust["backend"].unique(maintain_order=True) for r in KINDS if _of(trust, b, r).height]
    cells = {(row["unit"], row["backend"], row["reference"]): row for row in trust.rows(named=True)}
    of_both = {(row["unit"], row["backend"]): row["verdict"] for row in combine(trust).rows(named=True)}
    backends = list(dict.fromkeys(backend for backend, _ in pairs))
    lines = []
    for unit, meaning in ACTION_UNITS.items():
        name = f"AU{unit:02d}"
        line = [name, meaning, *(_bold(of_both[name, backend]) for backend in backends)]
        for backend, reference in pairs:
            row = cells[name, backend, reference]
            line.append(row["verdict"] + ("" if row["correlation"] is None else f" {row['correlation']:.2f}"))
        lines.append(line)
    people = {reference: quantity(_people(found, reference), "person", "people") for reference in KINDS}
    heads = [
        *("unit", "FACS's name"),
        *(f"`{backend}`" for backend in backends),
        *(f"`{backend}`, {reference} ({people[reference]})" for backend, reference in pairs),
    ]
    return "\n\n".join([f"    {found['made_by']['command']}", *_warning(found), _table(heads, lines)])


def _people(found: Mapping[str, Any], reference: str) -> int:
    return len({clip["person"] for clip in found["clips"] if clip["reference"] == reference})


def _warning(found: Mapping[str, Any]) -> list[str]:
    """What stands above a table whose real clips show one person."""
    if _people(found, OPENFACE) != 1:
        return []
    return ["**One person**: all real clips show the same one. Nothing here says what other people would show."]


def quantity(number: int, one: str, many: str) -> str:
    """`1 person`, `2 people`."""
    return f"{number:,} {one if number == 1 else many}"


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
    heads = ["unit", "people", "clips", "unread", "frames", "range", "correlation", "of those read"]
    heads += ["95 % interval", "slope", "mae", "verdict"]
    lines = [
        [
            row["unit"],
            *(f"{row[name]:,}" for name in ("people", "clips", "unread", "frames")),
            *(_number(row[name]) for name in ("range", "correlation", "read_correlation")),
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
    heads = ["backend", "people", "clips", "cells", "mean, unread as 0", "mean of those read (cells)"]
    heads += ["95 %, these clips", "95 %, other people", "wanted", "unit: mean (cells)"]
    return "\n\n".join([*_warning(found), _table(heads, lines)])


def in_words(of: Mapping[str, Any]) -> str:
    """The one figure of a backend (`validate.summary`) for the terminal."""
    if not of["cells"]:
        return "no clip in which OpenFace sees one of the units move"
    cells, people, read = quantity(of["cells"], "cell", "cells"), quantity(of["people"], "person", "people"), of["read"]
    text = (
        f"mean correlation with OpenFace {_number(of['mean_correlation'])} over {cells} of {people}, unread as 0; "
        f"{_number(read['mean_correlation'])} over the {read['cells']} that are read"
    )
    if of["over_people"]:
        return f"{text}; 95 % interval over people {_interval(of['over_people'])}"
    return f"{text}; too few people to say what others would show"


def _interval(ends: Sequence[float]) -> str:
    return f"{_number(ends[0])} to {_number(ends[1])}"


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


def _always(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text


def insert(page: str, made: Mapping[str, str]) -> str:
    """`page` with each part between its two marks. Raises ValueError where they are not there."""
    for name, text in made.items():
        begin, end = f"<!-- {name}: python -m benchmarks.trust.page -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
        if not pattern.search(page):
            raise ValueError(f"{PAGE} has no lines {begin} and {end}")
        page = pattern.sub(_always(f"{begin}\n\n{text}\n\n{end}"), page)
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
    atomic.write_text(PAGE, insert(PAGE.read_text(encoding="utf-8"), parts(RESULTS)))


if __name__ == "__main__":
    main()
