"""The mistakes in a file, collected so that all are reported at once."""

from operator import itemgetter
from pathlib import Path

from moodreel.errors import UserError

MISTAKES_SHOWN, MISTAKES_KEPT = 20, 10_000


class Mistakes:
    """The mistakes in a file, collected to be reported at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[tuple[int, str]] = []
        self._cells: set[tuple[int, str]] = set()
        self._count = 0

    def add(self, line: int, text: str, column: str | None = None) -> None:
        """Note a mistake in a line, counted from 1; of a cell the first one counts."""
        if column is not None:
            if (line, column) in self._cells:
                return
            if self._count < MISTAKES_KEPT:
                self._cells.add((line, column))
        self._count += 1
        if self._count <= MISTAKES_KEPT:
            self._found.append((int(line), f"line {line}{f', {column}' if column else ''}: {text}"))

    @property
    def too_many(self) -> bool:
        """Whether more mistakes would add nothing."""
        return self._count >= MISTAKES_KEPT

    def raise_any(self) -> None:
        """Raise UserError with the first `MISTAKES_SHOWN` of them, by line, if there are any."""
        if not self._found:
            return
        lines = [text for _, text in sorted(self._found, key=itemgetter(0))]
        more = self._count - MISTAKES_SHOWN
        shown = lines[:MISTAKES_SHOWN] + ([f"and {more} more"] if more > 0 else [])
        count = "1 mistake" if self._count == 1 else f"{self._count} mistakes"
        listed = "\n".join(f"  - {text}" for text in shown)
        raise UserError(f"{count} in {self.path}; nothing of it was imported:\n{listed}")
