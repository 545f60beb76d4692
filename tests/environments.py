"""Virtual environments that hold a part of what is installed here, and what code imports."""

import ast
import venv
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All import statements of the code, also those in functions, but for those of type hints."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        else:
            yield from imports(node)


@cache
def needed_by(*requirements: str) -> frozenset[str]:
    """The names of the distributions that these take, and of all that they need in turn, as installed here."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(one) for one in requirements]
    while waiting:
        one = waiting.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in found:
            continue
        found.add(key)
        for text in metadata.requires(one.name) or ():
            needed = Requirement(text)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                waiting.append(needed)
    return frozenset(name for name, _ in found)


@cache
def importable(*requirements: str) -> frozenset[str]:
    """The top-level names that can be imported where no more than that is installed."""
    names = needed_by(*requirements)
    owners = metadata.packages_distributions()
    return frozenset(top for top in owners if names & {*map(canonicalize_name, owners[top])})


def plain(folder: Path) -> Path:
    """Make an environment that links to Snakemake and what it needs, and to nothing else. Returns its Python."""
    builder = venv.EnvBuilder(symlinks=True)
    builder.create(folder)
    here = builder.ensure_directories(folder)
    (packages,) = Path(here.env_dir, "lib").glob("python*/site-packages")
    for name in needed_by("snakemake"):
        found = metadata.distribution(name)
        tops = {Path(file).parts[0] for file in found.files or ()}
        for top in tops - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(found.locate_file(top))
    return Path(here.env_exe)


CONDA = """#!/bin/sh
case "$1" in
  --version) echo conda 24.11.0;;
  info) echo '{"conda_prefix": "/nowhere", "platform": "linux-64"}';;
  config) echo '{"get": {"channel_priority": "strict"}}';;
  *) exit 1;;
esac
"""
"""Answers what Snakemake asks of conda while it plans."""


def conda(folder: Path) -> Path:
    """Make a folder for PATH whose command `conda` answers while Snakemake plans."""
    folder.mkdir()
    (folder / "conda").write_text(CONDA)
    (folder / "conda").chmod(0o755)
    return folder
