"""The licences of what is used: packages of all locks, the libraries and programs inside them, and networks."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from moodreel.networks import catalogue

LOCKS = tuple(sorted((Path(__file__).parents[3] / "envs").glob("*.lock.txt")))
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """Something that is locked, installed or fetched: `kind` is package, binary or network; `licence` an SPDX
    expression, or `UNKNOWN`. `problem`: why it may not be used or shipped as it is, None where all is well; `note`: the
    reason of an exception."""

    kind: str
    name: str
    version: str
    licence: str
    problem: str | None = None
    note: str | None = None


@cache
def rules() -> dict[str, Any]:
    """The file `licences.toml`."""
    return tomllib.loads(files(__package__).joinpath("licences.toml").read_text(encoding="utf-8"))


def parts(locks: Iterable[Path] = LOCKS) -> list[Part]:
    """All packages of the `locks`, binaries of those that are installed, and the networks."""
    return [*_packages(locks), *_binaries(), *_networks()]


def is_allowed(licence: str) -> bool:
    """Whether an SPDX expression needs no reason: all that AND joins are on the list, or one of those that OR joins."""
    allowed = set(rules()["allowed"])
    choices = licence.replace("(", "").replace(")", "").split(" OR ")
    return any(all(one.strip() in allowed for one in choice.split(" AND ")) for choice in choices)


def locked(locks: Iterable[Path]) -> dict[str, set[str]]:
    """Versions by package name, as in the `locks`; several where they depend on the Python version."""
    found: dict[str, set[str]] = {}
    text = "\n".join(lock.read_text(encoding="utf-8") for lock in locks)
    for name, version in re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE):
        found.setdefault(_normalise(name), set()).add(version)
    return found


def licence_of(package: importlib.metadata.Distribution) -> str:
    """The licence of an installed package as an SPDX expression, `UNKNOWN` where neither its metadata nor the file
    `licences.toml` tell."""
    metadata, known = package.metadata, rules()
    if stated := known["stated"].get(_normalise(package.name)):
        return stated
    if expressions := metadata.get_all("License-Expression"):
        return expressions[0]
    words = [one.rsplit(" :: ", 1)[1] for one in metadata.get_all("Classifier") or [] if one.startswith("License :: ")]
    for word in (*words, *(one.strip() for one in metadata.get_all("License") or [])):
        if word in known["words"]:
            return known["words"][word]
        if word and is_allowed(word):
            return word
    return UNKNOWN


def _packages(locks: Iterable[Path]) -> Iterator[Part]:
    installed = {_normalise(package.name): package for package in importlib.metadata.distributions()}
    for name, versions in sorted(locked(locks).items()):
        listed = " or ".join(sorted(versions))
        package = installed.get(name)
        if package is None:  # for a GPU, or another system
            yield _judge("package", name, listed, rules()["not_installed"].get(name, UNKNOWN))
            continue
        part = _judge("package", name, package.version, licence_of(package))
        if package.version not in versions:
            problem = f"the lock has {listed}: run `make env`"
            part = Part(part.kind, part.name, part.version, part.licence, problem, part.note)
        yield part


def _binaries() -> Iterator[Part]:
    """Libraries in the `.libs` folders that wheels bring, and imageio-ffmpeg's program."""
    seen: dict[tuple[str, str], Part] = {}
    for package in importlib.metadata.distributions():
        owner = _normalise(package.name)
        for file in package.files or ():
            if not (file.parts[0].endswith(".libs") or file.match("imageio_ffmpeg/binaries/ffmpeg-*")):
                continue
            rule = next(
                (
                    one
                    for one in rules()["binaries"]
                    if one["package"] in (owner, "*") and file.name.startswith(tuple(one["files"]))
                ),
                {"name": file.name, "licence": UNKNOWN},
            )
            where = (owner, rule["name"])
            seen.setdefault(where, _judge("binary", rule["name"], f"in {owner} {package.version}", rule["licence"]))
    yield from (seen[where] for where in sorted(seen))


def _networks() -> Iterator[Part]:
    for name, network in sorted(catalogue.MODELS.items()):
        part = _judge("network", name, "", network.licence)
        terms = getattr(network, "terms", None)
        yield Part(part.kind, part.name, part.version, part.licence, part.problem, terms or part.note)


def _judge(kind: str, name: str, version: str, licence: str) -> Part:
    reason = rules()["exceptions"].get(name)
    problem = None
    if licence == UNKNOWN:
        problem = "its licence is unknown: state it in licences.toml"
    elif not is_allowed(licence) and reason is None:
        problem = f"{licence} is not allowed: add an exception with its reason to licences.toml, or leave it out"
    return Part(kind, name, version, licence, problem, None if is_allowed(licence) else reason)


def lines(found: list[Part]) -> Iterator[str]:
    """A table of text."""
    yield f"{'kind':8} {'name':40} {'version':32} licence"
    for part in found:
        note = (part.problem and f"NOT ALLOWED: {part.problem}") or part.note
        yield f"{part.kind:8} {part.name:40} {part.version:32} {part.licence}{f'  ({note})' if note else ''}"


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
