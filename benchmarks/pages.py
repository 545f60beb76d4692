"""Pages of docs/ with figures, which are filled into a template and inserted between two marks on the page."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from moodreel.storage import atomic

DOCS = Path("docs")


def write(name: str, parts: Mapping[str, str]) -> None:
    """Insert the parts into a page."""
    path = DOCS / f"{name}.md"
    atomic.write_text(path, insert(path.read_text(encoding="utf-8"), parts))


def insert(page: str, parts: Mapping[str, str]) -> str:
    """`page` with each part between `<!-- name: how it is made -->` and `<!-- end of name -->`. Raises ValueError where
    these are absent."""
    for name, text in parts.items():
        found = re.search(f"(<!-- {name}: [^>]*-->).*?(<!-- end of {name} -->)", page, re.S)
        if not found:
            raise ValueError(f"the page has no lines <!-- {name}: ... --> and <!-- end of {name} -->")
        page = f"{page[: found.end(1)]}\n\n{text}\n\n{page[found.start(2) :]}"
    return page


def fill(name: str, found: Mapping[str, Any]) -> dict[str, str]:
    """The parts of a page: the blocks of its template, filled with the figures `found`."""
    template = ENVIRONMENT.get_template(f"{name}.md.j2")
    context = template.new_context(dict(found))
    return {part: "".join(render(context)).strip("\n") for part, render in template.blocks.items()}


def number(value: Any, form: str = "{:.2f}", absent: str = "–") -> str:
    """A number as text, `absent` where there is none."""
    if value is None or isinstance(value, jinja2.Undefined):
        return absent
    text = form.format(value)
    return text.removeprefix("-") if not text.strip("-0.") else text  # 0 has no sign


def share(value: float | None) -> str:
    """A share as text, `.50`."""
    return re.sub(r"^(−?)0\.", r"\1.", number(value).replace("-", "−"))


def machine(by: Mapping[str, Any]) -> str:
    """The machine and libraries of figures (`origin.describe`), in words."""
    before, after = by["load_average_before"][0], by["load_average_after"][0]
    libraries = ", ".join(f"{name} {version}" for name, version in by["libraries"].items())
    return (
        f"{by['processor']}, {by['cores']} cores, load average {before} before and {after} after; "
        f"Python {by['python']}, {libraries}."
    )


def interval(ends: Sequence[float] | None) -> str:
    """An interval of shares as text; empty where there is none."""
    return "" if ends is None else f"[{share(ends[0])}, {share(ends[1])}]"


def quantity(count: int, one: str, many: str) -> str:
    """`1 person`, `2 people`."""
    return f"{count:,} {one if count == 1 else many}"


def bold(text: str, is_bold: bool) -> str:
    """The text, in bold where `is_bold`."""
    return f"**{text}**" if is_bold else text


def counts(found: Mapping[str, int]) -> str:
    """Counts by name, as text."""
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "none"


ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")), trim_blocks=True, lstrip_blocks=True
)
ENVIRONMENT.filters |= {each.__name__: each for each in (number, share, interval, quantity, bold, counts)}
ENVIRONMENT.globals["machine"] = machine
