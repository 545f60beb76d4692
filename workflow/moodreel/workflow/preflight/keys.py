"""Keys that stand twice in a configuration: YAML takes the last one, and the other has no effect."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import yaml

from moodreel.errors import UserError

MERGED = "tag:yaml.org,2002:merge"
TEMPLATE = "__use_yte__"
"""The key of a configuration that Snakemake fills as a template, in which conditions may stand twice."""


def check_keys(paths: Iterable[str | Path]) -> None:
    """Raises UserError that lists the keys of configurations that stand twice, with their lines.

    What Snakemake has read, but cannot be read again, such as a pipe, is left out.
    """
    for path in map(Path, paths):
        found: list[tuple[int, str]] = []
        with suppress(OSError, UnicodeDecodeError, yaml.YAMLError):
            if path.is_file():
                found = sorted(_twice(yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)))
        if found:
            lines = "\n".join(f"  - line {line}: {told}" for line, told in found)
            raise UserError(
                f"{path}: a key that stands twice counts only where it stands last:\n{lines}\nKeep one of each."
            )


def _twice(document: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """Line and message of each key that stands before in the same mapping."""
    seen: set[int] = set()  # an anchor's content is looked at once, also where it holds itself
    waiting: list[tuple[str, yaml.Node | None]] = [("", document)]
    while waiting:
        prefix, node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += [(prefix, one) for one in node.value]
        if not isinstance(node, yaml.MappingNode):
            continue
        line_of: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name == TEMPLATE:
                return
            if key.tag != MERGED and name in line_of:
                yield line, f"{prefix}{name}, also on line {line_of[name]}"
            line_of.setdefault(name, line)
            waiting.append((f"{prefix}{name}.", value))
