"""The fingerprint of the code that a step uses.

A step reruns when its fingerprint changes. It hashes the syntax trees of the modules of this package that the step
imports, directly or not, so that comments, docstrings, formatting and other steps' code do not affect it. Snakemake
gets it as a parameter, since it does not see edits inside a package.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "moodreel"
ROOT = Path(__file__).parents[1]

WITHOUT_EFFECT = {
    *("moodreel.errors", "moodreel.storage.atomic", "moodreel.storage.disk_full", "moodreel.storage.run_token"),
    *("moodreel.workflow.job", "moodreel.workflow.plan", "moodreel.workflow.program", "moodreel.workflow.step"),
}
"""Modules whose edits rerun nothing. Most of them write files atomically or report errors; they do not determine the
content. The plan's decisions reach each step as inputs or parameters, which are triggers themselves: if the plan's code
counted too, a new setting of one step would rewrite the table of videos and rerun every step that reads it."""


def fingerprint(*modules: str) -> str:
    """Sixteen hexadecimal digits for the code of `modules` (`steps.extract`, `pose.blazepose`, ...) and their imports.

    Registries import their backends on demand, which static analysis does not see: pass the chosen backend's module
    too. Raises ValueError for a module that does not exist or an import that cannot be resolved.
    """
    seen: set[str] = set()
    waiting = [f"{PACKAGE}.{m}" for m in modules]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += (imported for imported in _imports(module) if imported not in WITHOUT_EFFECT)
    digest = hashlib.sha256()
    for module in sorted(seen):
        digest.update(f"{module} {_module_hash(module)}\n".encode())
    return digest.hexdigest()[:16]


def _path(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split(".")[1:])
    for path in (base / "__init__.py", base.with_suffix(".py")):  # a package takes precedence over a module
        if path.is_file():
            return path
    return None


def _file(module: str) -> Path:
    path = _path(module)
    if path is None:
        raise ValueError(f"{module}: there is no such module in {ROOT}")
    return path


@cache
def _tree(module: str) -> ast.Module:
    path = _file(module)
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Modules of this package that `module` imports anywhere in its code, with the packages that contain them."""
    found: set[str] = set()
    for imported, names in _reading(module)[1]:
        found.add(imported)
        found |= {f"{imported}.{name}" for name in names if _path(f"{imported}.{name}")}
    parents = {m.rsplit(".", n)[0] for m in found | {module} for n in range(1, m.count(".") + 1)}
    # the top package contains only the version, whose change is no change of code
    return tuple(sorted((found | parents) - {module, PACKAGE}))


@cache
def _module_hash(module: str) -> str:
    digest = hashlib.sha256(_reading(module)[0].encode())
    source = _file(module).read_text(encoding="utf-8")
    for path in sorted(_file(module).parent.iterdir()):
        if (
            path.is_file() and path.suffix != ".py" and path.name in source
        ):  # data files and templates that the module reads by name
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def _reading(module: str) -> Reading:
    """The hash of the module's syntax tree, and the modules of this package that it imports, with the imported
    names."""
    path = _path(module)
    key = hashlib.sha256(path.read_bytes() + _own_source()).hexdigest() if path else ""
    if key not in _remembered:
        tree = hashlib.sha256(_canonical(_tree(module)).encode()).hexdigest()
        _remembered[key] = (tree, [*_import_statements(module)])
    return _remembered[key]


Reading = tuple[str, list[tuple[str, list[str]]]]
_remembered: dict[str, Reading] = {}
"""By the hash of the module's source and of this file's."""


@cache
def _own_source() -> bytes:
    return Path(__file__).read_bytes()


def remember(path: Path) -> None:
    """Cache the analysis of each module in the file `path`: without it, every start of Snakemake parses all modules,
    which takes most of a second. A file that cannot be read, parsed or written is ignored."""
    with suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            _remembered.update(kept)
    before = len(_remembered)

    def keep() -> None:
        if len(_remembered) > before:
            with suppress(OSError):  # not by `atomic.replacement`: this module runs by itself, on any Python
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_name(f".{path.stem}.{socket.gethostname()}.{os.getpid()}{path.suffix}")
                temporary.write_text(json.dumps(_remembered), encoding="utf-8")
                os.replace(temporary, path)

    atexit.register(keep)


def _import_statements(module: str) -> Iterator[tuple[str, list[str]]]:
    """The modules of this package that `module` imports, each with the names imported from it."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from ((a.name, []) for a in node.names if a.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            if any(isinstance(argument, ast.Constant) for argument in node.args):
                raise ValueError(
                    f"{module}, line {node.lineno}: an import by text cannot be resolved, write a plain one"
                )
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(
                    f"{module}, line {node.lineno}: write the import in full, relative ones are not resolved"
                )
            if any(alias.name == "*" for alias in node.names):
                raise ValueError(f"{module}, line {node.lineno}: name what is imported, * cannot be resolved")
            if node.module and node.module.split(".")[0] == PACKAGE:
                yield node.module, [alias.name for alias in node.names]


def _canonical(node: Any) -> str:
    """The syntax tree as text, without positions, docstrings, and fields that are None or empty (these differ between
    Python versions)."""
    if isinstance(node, ast.AST):
        fields = []
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                value = _without_docstring(value)
            elif isinstance(node, ast.JoinedStr):
                value = _whole_texts(value)
            if value is None or value == [] or name == "kind":
                continue
            fields.append(f"{name}={_canonical(value)}")
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return "[" + ",".join(map(_canonical, node)) + "]"
    return ascii(node)  # repr depends on the Unicode version of Python


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """The body without string statements: docstrings, also those below a constant or a field."""
    return [
        s
        for s in body
        if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) and isinstance(s.value.value, str))
    ]


def _whole_texts(values: list[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string, without empty or split texts, which Python 3.12 produces."""
    whole: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Constant) and whole and isinstance(whole[-1], ast.Constant):
            whole[-1] = ast.Constant(str(whole[-1].value) + str(value.value))
        elif not isinstance(value, ast.Constant) or value.value:
            whole.append(value)
    return whole
