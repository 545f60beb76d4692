"""Writing the record of a run from the records of its jobs (`moodreel.workflow.job`)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import moodreel
from moodreel.networks import catalogue
from moodreel.storage import atomic
from moodreel.storage.fingerprint import ROOT
from moodreel.tables import base
from moodreel.tables.digests import DIGESTS
from moodreel.workflow.job import RESULTS, files_in, record_path
from moodreel.workflow.provenance import contents, crate, run_record
from moodreel.workflow.provenance.crate import Entry, Making
from moodreel.workflow.provenance.digest import Digest

if TYPE_CHECKING:
    from moodreel.workflow.plan import Plan

ROWS_AT_ONCE = 20_000
NOT_AGAIN = "fetch"
"""The step that does not rerun with other code, since videos may be gone from the web (rules/sources.smk)."""
NOTES = (crate.NAME, run_record.DIGESTS_NAME, crate.WORKFLOW, "shards")
"""Files and folders in a run's folder that are no results: the record itself, and the manifests of shards."""
TECHNICAL = ("device", "threads", "slots", "crops", "models")
"""Options that do not change a step's results."""


def write(plan: Plan, path: Path, digests: Path, stamp: Mapping[str, Any], *, threads: int = 1) -> list[str]:
    """Write the record of the run that `plan` describes to `path`, and its `digests`.

    Returns remarks about files that differ from the plan.
    """
    files = _Files(plan)
    entries = [files.with_hash(entry) for entry in list(files.entries())]
    _write_digests(entries, digests, stamp, threads)
    head = {
        "run": plan.name,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": moodreel.__version__,
        "commit": _commit(),
        "settings": plan.settings.model_dump(mode="json"),
    }
    atomic.write_text(path, crate.to_json(head, entries))
    return _remarks(plan, entries, files)


class _Files:
    """The files that a run has made, and all files that they were made from."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._found = plan, dict[str, Entry]()
        self._given = _names_of_given(plan)
        self.hashes: dict[str, dict[str, list[str]]] = {}
        """By input and by SHA-256, the files that were made from it by their own records."""
        self.stale: list[str] = []
        """Names of files that were made by other code than the present."""
        self.unknown: list[str] = []
        """Paths in the run's folder of which no job has left a record."""

    def entries(self) -> Iterator[Entry]:
        """Each file after what it was made from."""
        for path in map(str, _in_run(self._plan)):
            if path not in self._found and self._job(path) is None:
                self.unknown.append(path)
            else:
                yield from self._visit(path)
        for path in self._plan.record_inputs:
            for file in self._spread(path):
                yield from self._visit(file)

    def with_hash(self, entry: Entry) -> Entry:
        """The entry with its SHA-256; for files that were only read taken from their tables, so that videos are not
        read again."""
        if entry.making or entry.sha256 or not Path(entry.path).exists():
            return entry
        known = self.hashes.get(entry.path, {})
        return replace(entry, sha256=next(iter(known)) if len(known) == 1 else atomic.sha256(entry.path))

    def _visit(self, path: str) -> Iterator[Entry]:
        if path in self._found:
            return
        job = self._job(path)
        if job is None:
            yield self._keep(Entry(self._name(path), path, *self._content(path, {})))
            return
        inputs: dict[str, None] = {}
        networks = catalogue.paths(self._plan.models_folder, job["models"])
        for given, sha256 in {**dict.fromkeys(map(str, networks)), **job["inputs"]}.items():
            if sha256:
                self.hashes.setdefault(given, {}).setdefault(sha256, []).append(self._name(path))
            for file in self._spread(given):
                yield from self._visit(file)
                inputs[self._found[file].name] = None
        making = Making(job["step"], job["code"], job["settings"], job["models"], job["libraries"])
        options = " ".join(f"{k}={v}" for k, v in job["options"].items() if k not in TECHNICAL)
        about = {"options": options, "inputs": tuple(inputs), "started": job["started"], "ended": job["ended"]}
        if job["step"] != NOT_AGAIN and job["code"] != self._code(job["step"], path):
            self.stale += map(self._name, job["outputs"])
        for file, content in job["outputs"].items():
            if file not in self._found:
                yield self._keep(Entry(self._name(file), file, *self._content(file, content), making, **about))

    def _keep(self, entry: Entry) -> Entry:
        self._found[entry.path] = entry
        return entry

    def _spread(self, path: str) -> list[str]:
        """The path itself, or the files in it if it is a folder that a job has made."""
        if path not in self._given and Path(path).is_dir():
            return [str(file) for file in files_in(Path(path))]
        return [path]

    def _job(self, path: str) -> dict[str, Any] | None:
        """The record of the job that made the file; None for given files and files of other runs."""
        inside = Path(path)
        foreign = path.startswith("results/runs/") and not path.startswith(f"{self._plan.run}/")
        if foreign or inside.is_absolute() or not inside.is_relative_to(RESULTS):
            return None
        for made in (inside, *inside.parents):
            job = _read_job(made) if made.is_relative_to(RESULTS) and made != RESULTS else None
            if job and path in job["outputs"]:
                return job
        return None

    def _name(self, path: str) -> str:
        """As in `Entry`."""
        if path in self._given:
            return self._given[path]
        if path.startswith(f"{self._plan.run}/"):
            return path.removeprefix(f"{self._plan.run}/")
        if Path(path).parent == Path(self._plan.models_folder):
            return f"networks/{Path(path).name}"
        kept = [re.sub(r"^(crops|emotions)-([a-z0-9-]+?)(-[0-9a-f]{8})?$", r"\1.\2", part) for part in Path(path).parts]
        parts = [re.sub(r"-[0-9a-f]{8}(?=$|\.)", "", part) for part in kept[1:]]
        if parts[:1] == ["videos"]:
            of = next((part for part in parts[2:-1] if "." in part), None)
            return "/".join((*parts[:2], f"{of}.parquet" if of else parts[-1]))
        if parts[:1] == ["performers"]:
            return "/".join((*parts[:3], parts[-1]))
        return f"given/{Path(path).name}"

    def _content(self, path: str, made: Mapping[str, Any]) -> tuple[int | None, str | None]:
        """Size and SHA-256. A file unchanged since it was made is not read again; for files that were only read, the
        SHA-256 is None (`with_hash` adds it)."""
        file = Path(path)
        keep_mesh = self._plan.settings.extraction.keep_mesh
        if not file.exists() or (file.name == "mesh.parquet" and not keep_mesh):
            return None, made.get("sha256")
        if file.is_dir():
            return None, None
        found = file.stat()
        if (found.st_size, found.st_mtime_ns) == (made.get("bytes"), made.get("time_ns")):
            return found.st_size, made["sha256"]
        return found.st_size, None if not made else atomic.sha256(file)

    def _code(self, step: str, path: str) -> str:
        """The present fingerprint of the step."""
        found = re.match(r"results/videos/[^/]+/([^/]+)/(?:crops-([a-z0-9-]+)/)?", path)
        extraction, kind = found.groups() if found else (None, None)
        return self._plan.code_of(step, extraction if extraction in self._plan.extractions else None, kind)


@cache
def _read_job(made: Path) -> dict[str, Any] | None:
    try:
        return json.loads(record_path(made).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _names_of_given(plan: Plan) -> dict[str, str]:
    """By path, the names of videos, their truths and other programs' files."""
    names: dict[str, str] = {}
    for video, row in plan.videos.items():
        media = plan.media(video)
        if media:
            names[media] = f"sources/{video}{Path(media).suffix}"
        if media and row.kind == "builtin":
            names[plan.truth(video)] = f"truths/{video}.truth.parquet"
        if media and row.kind == "youtube":
            names[media.removesuffix(".mp4") + ".fetch.json"] = f"records/{video}.fetch.json"
        for part, path in (("pose", row.pose_file), ("face", row.face_file)):
            if path:
                names[path] = f"given/{video}.{part}{Path(path).suffix}"
    if plan.settings.clusters.previous:
        names[plan.settings.clusters.previous] = "previous/clusters.parquet"
    if plan.settings.apply.models:
        files = files_in(Path(plan.settings.apply.models))
        names |= {str(file): f"models_applied/{file.name}" for file in files}
    return names | dict.fromkeys(plan.published_file, "published/expected.yaml")


def _in_run(plan: Plan) -> Iterator[Path]:
    for file in files_in(Path(plan.run)):
        if file.relative_to(plan.run).parts[0] not in NOTES:
            yield file


def _write_digests(entries: list[Entry], path: Path, stamp: Mapping[str, Any], threads: int) -> None:
    """Write the digests of all columns of the files that were made and still exist."""
    made = [one for one in entries if one.making and one.bytes is not None and not one.name.startswith("sources/")]
    schema, rows = base.polars_schema(DIGESTS), list[tuple[Any, ...]]()
    with base.writer(path, DIGESTS, stamp) as append, ThreadPoolExecutor(threads) as pool:
        for entry, found in zip(made, pool.map(_digests_of, made), strict=True):
            rows += [(entry.name, *run_record.row(digest)) for digest in found]
            if len(rows) > ROWS_AT_ONCE:
                append(pl.DataFrame(rows, schema=schema, orient="row"))
                rows = []
        append(pl.DataFrame(rows, schema=schema, orient="row"))


def _digests_of(entry: Entry) -> list[Digest]:
    """The digests of the file's columns. They are cached next to the record of the job that made it, so that no run
    reads the same content again."""
    file = Path(entry.path)
    kept = record_path(file).with_suffix(".digests")
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["sha256"] == entry.sha256:
            return [Digest(**digest) for digest in known["digests"]]
    try:
        found = contents.digests(file) if contents.by_value(file) else []
    except ValueError:  # the content does not match the suffix: only its bytes can be compared
        found = []
    atomic.write_text(kept, json.dumps({"sha256": entry.sha256, "digests": [vars(digest) for digest in found]}))
    return found


def _remarks(plan: Plan, entries: list[Entry], files: _Files) -> list[str]:
    remarks = []
    if files.stale:
        remarks.append(
            f"{len(files.stale)} files were made by other code than the present ({', '.join(files.stale[:3])}). This "
            "also happens to results copied without .snakemake/; to make them again, name them after --forcerun"
        )
    replaced = {path: hashes for path, hashes in files.hashes.items() if len(hashes) > 1}
    for path, hashes in replaced.items():
        tables = sorted(name for names in hashes.values() for name in names)
        remarks.append(
            f"{path} was replaced after tables were made from it: {len(tables)} of them have different contents of it "
            f"({', '.join(tables[:5])}). To make them again, name them after --forcerun"
        )
    if files.unknown:
        remarks.append(
            f"{len(files.unknown)} files in {plan.run} were made by none of its steps ({', '.join(files.unknown[:3])})"
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
