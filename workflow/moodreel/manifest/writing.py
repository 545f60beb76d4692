"""Write down what a run has made."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import moodreel
from moodreel import files
from moodreel.manifest import environment, graph, record
from moodreel.manifest.graph import Output
from moodreel.manifest.known import Facts, Known, Origin
from moodreel.manifest.record import Entry
from moodreel.provenance import ROOT
from moodreel.tables import base
from moodreel.tables.manifest import DIGESTS

if TYPE_CHECKING:
    from moodreel.plan import Plan

ROWS_AT_ONCE = 20_000
NOT_AGAIN = "fetch"
"""What other code does not make anew, since videos may be gone from the web (rules/sources.smk)."""


def write(plan: Plan, path: Path, digests: Path, stamp: Mapping[str, Any], *, threads: int = 1) -> list[str]:
    """Write `manifest.json` and `digests.parquet` of the run that `plan` describes.

    Returns remarks: what is not as the plan says.
    """
    outputs = list(graph.outputs(plan))
    spread = [(one, name, file) for one in outputs for name, file in _files(plan, one)]
    made = {file: name for one, name, file in spread if one.step and not name.startswith(graph.MEDIA_FOLDER)}
    known = Known()
    known.keep_environment(*environment.here())
    found = _digested(made, digests, stamp, known, threads)
    inputs, replaced = _inputs((made[file], about["stamp"]) for file, about in found.items())
    makings, entries, stale = _Makings(known), [], []
    for one, name, file in spread:
        about = found.get(file) or _unread(file, inputs)
        making = makings.key(one, about, file)
        if making is not None and one.step != NOT_AGAIN and makings.found[making]["code"] != one.code:
            stale.append(name)
        entries.append(Entry(name, str(file), about["bytes"], about["sha256"], making, one.options, one.inputs))
    known.keep_origins(makings.listed)
    for one in outputs:
        if not Path(one.path).exists() or _vanishes(plan, one):
            sha256 = inputs.get(one.path)
            entries.append(Entry(one.name, one.path, None, sha256, makings.key(one, {}), one.options, one.inputs))
    others = sorted(set(_in_run(plan)) - {Path(entry.path) for entry in entries})
    environments = {name: versions for name, versions in known.environments().items() if name in makings.environments}
    known.close()
    head = {
        "run": plan.name,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": moodreel.__version__,
        "commit": _commit(),
        "settings": plan.settings.model_dump(mode="json"),
        "environments": environments | dict([environment.here()]),
        "makings": makings.found,
    }
    files.write_text(path, record.text(head, entries))
    return _remarks(plan, stale, others, replaced)


def _digested(
    made: Mapping[Path, str], digests: Path, stamp: Mapping[str, Any], known: Known, threads: int
) -> dict[Path, Facts]:
    """The facts of each file; the digests of its columns go to the table `digests`."""
    schema, found = base.polars_schema(DIGESTS), {}
    with base.writer(digests, DIGESTS, stamp) as append:
        rows: list[tuple[Any, ...]] = []
        for file, about in known.facts_of(list(made), threads=threads):
            rows += [(made[file], *record.row(digest)) for digest in about.pop("digests")]
            found[file] = about
            if len(rows) > ROWS_AT_ONCE:
                append(pl.DataFrame(rows, schema=schema, orient="row"))
                rows = []
        append(pl.DataFrame(rows, schema=schema, orient="row"))
    return found


def _files(plan: Plan, one: Output) -> Iterator[tuple[str, Path]]:
    """The files of an output that are there, by name; what lies in a folder has the folder's name first."""
    path = Path(one.path)
    if _vanishes(plan, one):
        return
    if path.is_file() or (path.is_dir() and one.name.startswith(graph.GIVEN_FOLDER)):
        yield one.name, path  # what others have read of a video may be a file for each frame: it counts as one
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield f"{one.name}/{file.relative_to(path).as_posix()}", file


def _vanishes(plan: Plan, one: Output) -> bool:
    """Whether the file is deleted once it was used."""
    mesh = one.name.startswith("videos/") and one.name.endswith("/mesh.parquet")
    return mesh and not plan.settings.extraction.keep_mesh


def _inputs(stamps: Iterable[tuple[str, Facts | None]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The SHA-256 of what the tables' own stamps say they were made from; and that of which they tell different ones,
    with the tables."""
    told: dict[str, dict[str, list[str]]] = {}
    for table, stamp in stamps:
        for path, sha256 in ((stamp or {}).get("inputs") or {}).items():
            told.setdefault(path, {}).setdefault(sha256, []).append(table)
    agreed = {path: next(iter(contents)) for path, contents in told.items() if len(contents) == 1}
    replaced = {path: sorted(chain(*contents.values())) for path, contents in told.items() if len(contents) > 1}
    return agreed, replaced


def _unread(file: Path, inputs: Mapping[str, str]) -> Facts:
    """A file that is not digested: videos as their tables say they were, which spares reading them again."""
    if file.is_dir():
        return {"bytes": None, "sha256": inputs.get(str(file))}
    return {"bytes": file.stat().st_size, "sha256": inputs.get(str(file)) or files.sha256(file)}


class _Makings:
    """What made files, once for all that share it."""

    def __init__(self, known: Known) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self.environments: set[str] = set()
        self.listed: list[tuple[Path, str, Origin]] = []
        """Files that say nothing of it themselves and were not known yet."""
        self._keys: dict[str, str] = {}
        self._known = known

    def key(self, one: Output, about: Facts, file: Path | None = None) -> str | None:
        """The key of what made the output's `file`, None for one that is gone. Where the file says so itself, that
        counts; else what lay here when it was first listed."""
        if one.step is None:
            return None
        stamp = about.get("stamp") or {}
        origin = Origin(one.code, environment.here()[0])
        if file and not (stamp.get("code") and stamp.get("libraries")):
            origin = self._origin(file, about["sha256"], origin)
        making = {
            "step": one.step,
            "settings": json.loads(one.settings),
            "code": stamp.get("code", origin.code),
            "models": stamp.get("models") or json.loads(one.models),
        }
        if stamp.get("libraries"):
            making["libraries"] = stamp["libraries"]
        else:
            making["environment"] = origin.environment
            self.environments.add(origin.environment)
        text = json.dumps(making, sort_keys=True)
        if text not in self._keys:
            self._keys[text] = f"{one.step}-{sum(known['step'] == one.step for known in self.found.values()) + 1}"
            self.found[self._keys[text]] = making
        return self._keys[text]

    def _origin(self, file: Path, sha256: str, now: Origin) -> Origin:
        known = self._known.origin(file, sha256)
        if known is None:
            self.listed.append((file, sha256, now))
        return known or now


def _in_run(plan: Plan) -> Iterator[Path]:
    for file in Path(plan.run).rglob("*"):
        inside = file.relative_to(plan.run).parts
        if file.is_file() and inside[0] not in graph.NOTES and not file.name.startswith("."):
            yield file


def _remarks(plan: Plan, stale: list[str], others: list[Path], replaced: Mapping[str, list[str]]) -> list[str]:
    remarks = []
    if stale:
        remarks.append(
            f"{len(stale)} files were made by other code than that which lies here, as they say themselves or as was "
            f"so when they were first listed ({', '.join(stale[:3])}). Results that were copied without .snakemake/ "
            "look so; to make them anew, name them after --forcerun"
        )
    remarks += [
        f"{path} was replaced after tables were made from it: the stamps of {len(tables)} of them tell of different "
        f"contents ({', '.join(tables[:5])}). To make them anew, name them after --forcerun"
        for path, tables in replaced.items()
    ]
    if others:
        remarks.append(
            f"{len(others)} files in {plan.run} belong to none of its steps as it is set now "
            f"({', '.join(map(str, others[:3]))})"
        )
    return remarks


def _commit() -> str | None:
    """The commit that is checked out, with `+` where files of it were changed."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],
            cwd=ROOT, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
