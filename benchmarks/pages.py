"""Tables of figures in Markdown, and their place on a page of docs/: between two marks, whatever stood there before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from moodreel.storage import atomic

DOCS = Path("docs")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], rule: str = " --- ") -> str:
    """A table with these cells."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], f"|{f'{rule}|' * len(head)}", *lines[1:]])


def insert(page: str, parts: Mapping[str, str]) -> str:
    """`page` with each part between `<!-- name: how it is made -->` and `<!-- end of name -->`. Raises ValueError where
    these are not there."""
    for name, text in parts.items():
        found = re.search(f"(<!-- {name}: [^>]*-->).*?(<!-- end of {name} -->)", page, re.S)
        if not found:
            raise ValueError(f"the page has no lines <!-- {name}: ... --> and <!-- end of {name} -->")
        page = f"{page[: found.end(1)]}\n\n{text}\n\n{page[found.start(2) :]}"
    return page


def write(path: Path, parts: Mapping[str, str]) -> None:
    """Put the parts into a page."""
    atomic.write_text(path, insert(path.read_text(encoding="utf-8"), parts))
