"""The tables of docs/reruns.md: what runs again when a setting changes."""

import re
from functools import cache

from workflow.workplace import ROOT


@cache
def rows(heading: str) -> list[tuple[str, str]]:
    """The rows of the table with two columns whose first is called `heading`."""
    text = (ROOT / "docs" / "reruns.md").read_text(encoding="utf-8")
    table = text.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    return [(first.strip(), second.strip()) for first, second in re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.M)]


def settings() -> dict[str, frozenset[str]]:
    """By setting or section, dotted: the rules that run again."""
    return {name: rules(cell) for names, cell in rows("changed setting") for name in re.findall(r"`(.+?)`", names)}


def rules(cell: str) -> frozenset[str]:
    """The rules that a cell names, what is short for several written out."""
    short = {name.strip("*"): cell for name, cell in rows("short")}
    names = cell.split(", ")
    more = [rules(short[name.strip("*")]) for name in names if name.startswith("*")]
    return frozenset(name for name in names if not name.startswith("*")).union(*more)


def line_for(setting: str) -> str:
    """The line that holds for a setting: its own, or that of the nearest section above. Raises KeyError where none does."""
    known, line = settings(), setting
    while line not in known:
        line = line.rpartition(".")[0]
        if not line:
            raise KeyError(f"docs/reruns.md has no line for {setting}")
    return line
