"""A small package in which every kind of syntax stands that Python versions have changed, and its golden fingerprint."""

from pathlib import Path

FINGERPRINT = "e9f5ae6420c42c78"

FILES = {
    "__init__.py": '__version__ = "1"\n',
    "steps/__init__.py": '"""Steps."""\n',
    "steps/golden.py": """\
from __future__ import annotations

import os.path as where

from moodreel.shapes import classes, texts
from moodreel.numbers import LARGE as large


def main() -> None:
    import moodreel.control

    print(where.sep, classes, texts, large)
""",
    "shapes/__init__.py": "",
    "shapes/classes.py": '''\
"""Module."""
import dataclasses
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Box(Generic[T], metaclass=type):
    """Class."""

    side: int = 3
    """Field."""
    names: "list[str]" = dataclasses.field(default_factory=list)

    @property
    def area(self) -> float:
        """Method."""
        return self.side**2

    @classmethod
    async def each(cls, a, /, b: int, *more: T, c, d=..., **rest) -> None:
        """Coroutine."""
        async with a as (x, *y), b:
            async for z in c:
                yield z, await d


class Empty:
    """Only a docstring."""


def nothing(): ...


def typed(a, b=1):
    # type: (int, int) -> int
    return a @ b if a else -b
''',
    "shapes/texts.py": r'''
x, width = 1, 3
PLAIN = "a" 'b' """c"""
KIND = u"kind"
RAW = r"\d+\n"
BYTES = b"\x00\xff" rb"\x"
ESCAPES = "\N{BULLET}\u2028\x7f\t\\ \U0001FAE9 é"
JOINED = f"{x}" "tail" f"{x!r:>{width}}{{braces}} {x=} {x:%Y-%m}"
NESTED = f"{f'{x}' + "inner"}" if x else f'{"a" if x else "b"}'
MULTILINE = f"""
  {x
     + 1:0.2f}
"""
'''.replace('f"{f\'{x}\' + "inner"}"', "f\"{f'{x}' + 'inner'}\""),
    "numbers.py": """\
LARGE = 1_000_000
HEX, OCTAL, BINARY = 0xFF, 0o17, 0b101
FLOATS = 1e3, 1.0, .5, 1e999, 5e-324, 0.1
COMPLEX = 1j, 2.5J
CONSTANTS = None, True, False, ..., ()
""",
    "control.py": """\
import sys


def run(value):
    global seen
    match value:
        case {"a": [1, *rest], **others} if rest:
            pass
        case str() | None as text:
            pass
        case Point(x=0, y=-1.5) | (1, 2):
            pass
        case _:
            pass
    try:
        while (line := next(value)) is not None and not line:
            continue
        else:
            raise ValueError from None
    except* (OSError, ValueError) as group:
        del group
    finally:
        seen = [*value, *(i for i in value if i if not i)]
    with open("a") as a, open("b") as b:
        return {**{}, "k": lambda *a, k=1: (yield)}, {1, 2}, {k: v for k, v in a}
    assert sys.argv[1:2, ::3], "why"
    nonlocal_ = [a < b <= 3 != 4, a if b else ~a, not a, a[1:], a[...]]
    for i, (j, *k) in enumerate(nonlocal_):
        i += 1
        j: int
        (k): int = 2
    else:
        print(*k, sep="", **{})
""",
}


def write(folder: Path) -> Path:
    """Write the package to `folder`/moodreel."""
    for name, text in FILES.items():
        path = folder / "moodreel" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "moodreel"
