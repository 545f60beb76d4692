"""Comparison of two runs by their records: which files differ, in which column, by how much, and if known why.

Files with equal bytes are equal. Otherwise values are compared, within 1e-5: those of the files themselves where both
exist unchanged, else their digests. Pictures, films and networks have no values and are listed as not compared; their
content is also in tables, which are compared. Files given to a run have no digests: where their values are not
available, other bytes are a difference.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from moodreel.storage import atomic
from moodreel.workflow.provenance import contents, difference
from moodreel.workflow.provenance.crate import Entry
from moodreel.workflow.provenance.difference import Difference
from moodreel.workflow.provenance.digest import judge
from moodreel.workflow.provenance.run_record import Record

Verdict = Literal["same", "differs", "undecided", "not compared"]

WHERE = {"videos.tsv": frozenset({"source", "path", "folder", "pose_file", "face_file"})}
"""Columns with paths of files; the files themselves are compared separately."""
PLACES = ("run", "videos", "models", "apply.models", "clusters.previous", "report.title")
"""Settings that are paths or names: no result depends on them."""


@dataclass(frozen=True)
class Finding:
    """The comparison of one file.

    how: compared by `bytes`, `values` (of the files themselves) or `digests`.
    why: what differed when it was made; empty where nothing did.
    """

    name: str
    verdict: Verdict
    how: str
    differences: list[Difference] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


def compare(one: Record, other: Record) -> list[Finding]:
    """The comparison of each file that either run has, in the order in which they are made."""
    names = [*one.files, *(name for name in other.files if name not in one.files)]
    found: dict[str, Finding] = {}
    for name in names:
        found[name] = _of_file(name, one, other, found)
    return list(found.values())


def _of_file(name: str, one: Record, other: Record, before: Mapping[str, Finding]) -> Finding:
    mine, theirs = one.files.get(name), other.files.get(name)
    if mine is None or theirs is None:
        missing = Difference("", f"only in the {'second' if mine is None else 'first'} run")
        return Finding(name, "differs", "bytes", [missing])
    if mine.sha256 and mine.sha256 == theirs.sha256:
        return Finding(name, "same", "bytes")
    if mine.sha256 is None or theirs.sha256 is None:
        return Finding(name, "not compared", "bytes", [Difference("", "deleted since, in one run or both")])
    why = reasons(mine, theirs, one, other, before)
    if name == "settings.yaml":
        return of_settings(one, other, why)
    if not contents.by_value(Path(name)):
        return _by_bytes(mine, theirs, "other bytes", why)
    paths = one.where(mine), other.where(theirs)
    if _is(paths[0], mine) and _is(paths[1], theirs):
        try:
            found = difference.between(*paths, WHERE.get(name, frozenset()))
        except ValueError as error:
            return _by_bytes(mine, theirs, str(error), why)
        return Finding(name, "differs" if found else "same", "values", found, why if found else [])
    if not one.digests.get(name) or not other.digests.get(name):
        return _by_bytes(mine, theirs, "other bytes, and no digests of its values", why)
    return _by_digests(name, one, other, why)


def _by_bytes(mine: Entry, theirs: Entry, what: str, why: list[str]) -> Finding:
    """The finding for other bytes without values: a difference for a given file, not compared for one that the run
    made."""
    if _is_given(mine) or _is_given(theirs):
        return Finding(mine.name, "differs", "bytes", [Difference("", "another file")], why)
    return Finding(mine.name, "not compared", "bytes", [Difference("", what)], why)


def _is_given(entry: Entry) -> bool:
    """Whether it is a video or another program's file, not one that the run made."""
    return entry.making is None or (entry.name.startswith("sources/") and entry.making.step != "actor")


def _is(path: Path, entry: Entry) -> bool:
    """Whether the file has the content in the record."""
    return path.is_file() and path.stat().st_size == entry.bytes and atomic.sha256(path) == entry.sha256


def _by_digests(name: str, one: Record, other: Record, why: list[str]) -> Finding:
    mine, theirs = one.digests[name], other.digests[name]
    found, verdicts = [], set()
    for column in {**mine, **theirs}:
        if column in WHERE.get(name, ()):
            continue
        if column not in mine or column not in theirs:
            verdicts.add("differs")
            found.append(Difference(column, f"only in the {'first' if column in mine else 'second'}"))
            continue
        judged = judge(mine[column], theirs[column])
        verdicts.add(judged.verdict)
        if judged.verdict != "same":
            bounds = f"by {judged.at_least:.1e} to {judged.at_most:.1e} where it differs most"
            largest = None if math.isinf(judged.at_most) else judged.at_most
            found.append(Difference(column, judged.why or bounds, largest))
    verdict: Verdict = "differs" if "differs" in verdicts else "undecided" if "undecided" in verdicts else "same"
    return Finding(name, verdict, "digests", found, why if found else [])


def of_settings(one: Record, other: Record, why: list[str]) -> Finding:
    """The comparison of the settings, key by key: paths and names are no difference."""
    mine, theirs = (_flat(record.head["settings"]) for record in (one, other))
    found = [
        Difference(key, f"{mine.get(key)!r} and {theirs.get(key)!r}")
        for key in sorted({**mine, **theirs})
        if mine.get(key) != theirs.get(key) and not key.startswith(PLACES)
    ]
    return Finding("settings.yaml", "differs" if found else "same", "values", found, why if found else [])


def _flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def reasons(mine: Entry, theirs: Entry, one: Record, other: Record, before: Mapping[str, Finding]) -> list[str]:
    """Why a file may differ: what differed when it was made; empty for files that were only read."""
    if mine.making is None and theirs.making is None:
        return []
    found = []
    keys = ("code", "models", "settings", "libraries")
    parts = {key: (getattr(mine.making, key, None), getattr(theirs.making, key, None)) for key in keys}
    if parts["code"][0] != parts["code"][1]:
        commits = {one.head["commit"], other.head["commit"]}
        of = f" (commits {' and '.join(str(commit)[:12] for commit in commits)})" if len(commits) > 1 else ""
        found.append(f"other code{of}")
    if parts["models"][0] != parts["models"][1]:
        names = {**(parts["models"][0] or {}), **(parts["models"][1] or {})}
        changed = [
            name for name in names if (parts["models"][0] or {}).get(name) != (parts["models"][1] or {}).get(name)
        ]
        found.append(f"another network ({', '.join(changed)})")
    first, second = (_flat(settings or {}) for settings in parts["settings"])
    changed = [key for key in {**first, **second} if first.get(key) != second.get(key) and not key.startswith(PLACES)]
    if changed:
        found.append(f"other settings ({', '.join(sorted(changed)[:5])})")
    here, there = (libraries or {} for libraries in parts["libraries"])
    changed = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    if changed:
        versions = [
            f"{name} {here.get(name, 'absent')} and {there.get(name, 'absent')}" for name in sorted(changed)[:5]
        ]
        found.append(f"other libraries ({', '.join(versions)}{', ...' if len(changed) > 5 else ''})")
    inputs = {entry.name for entry in one.inputs(mine)}
    differing = [name for name in inputs if name in before and before[name].verdict in ("differs", "undecided")]
    if differing:
        some = ", ".join(sorted(differing)[:3]) + (", ..." if len(differing) > 3 else "")
        found.append(f"follows from {some}")
    return found or ["made with the same code, settings, networks and libraries, from the same files"]


def report(found: list[Finding], one: Record, other: Record) -> tuple[list[str], bool]:
    """The findings as lines of text, and whether the runs agree."""
    by: dict[str, list[Finding]] = {verdict: [] for verdict in ("same", "differs", "undecided", "not compared")}
    for finding in found:
        by[finding.verdict].append(finding)
    lines = [f"{one.path} ({one.head['made_at']}) and {other.path} ({other.head['made_at']})"]
    hows = {how: sum(finding.how == how for finding in by["same"]) for how in ("bytes", "values", "digests")}
    same = ", ".join(f"{count} by {how}" for how, count in hows.items() if count)
    lines.append(f"{len(by['same'])} of {len(found)} files are the same ({same or 'none'})")
    for verdict, words in (
        ("differs", "differ"),
        ("undecided", "may differ by more than 1e-5: their digests do not decide it, only the files themselves could"),
        ("not compared", "have other bytes and no values that could be compared (pictures, films)"),
    ):
        if by[verdict]:
            lines += [
                "",
                f"{len(by[verdict])} files {words}:",
                *_lines(by[verdict], by[verdict] is not by["not compared"]),
            ]
    return lines, not by["differs"] and not by["undecided"]


def _lines(found: list[Finding], with_columns: bool) -> list[str]:
    """The findings as lines, first those that do not follow from others."""
    lines = []
    ordered = sorted(found, key=lambda finding: any(reason.startswith("follows") for reason in finding.why))
    for finding in ordered:
        lines.append(f"  {finding.name}" + (f": {'; '.join(finding.why)}" if finding.why else ""))
        if with_columns:
            for one in finding.differences[:8]:
                size = f", by up to {one.largest:.3g}" if one.largest is not None and finding.how == "values" else ""
                lines.append(f"    {one.column or 'the file'}: {one.what}{size}")
            if len(finding.differences) > 8:
                lines.append(f"    and {len(finding.differences) - 8} more columns")
    return lines
