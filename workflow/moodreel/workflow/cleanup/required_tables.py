"""The per-video tables that runs stand on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.workflow.cleanup import planned
from moodreel.workflow.provenance import run_record

PER_VIDEO = ("results/videos/", "results/performers/")


def by_runs(results: Path) -> set[Path] | None:
    """The per-video tables, or folders of them, that some run stands on; None where a run does not say, or there is
    none.

    A run says so in its record, which it writes last; and, for what was begun since, in its table of videos and in
    the note of what it has planned.
    """
    runs = [path for path in results.glob("runs/*") if path.is_dir()]
    try:
        found = [_by_run(run, results) for run in runs]
    except (UserError, OSError, ValueError, KeyError, TypeError, csv.Error):  # of another version, or broken
        return None
    told = [paths for paths in found if paths is not None]
    return set[Path]().union(*told) if runs and len(told) == len(runs) else None


def _by_run(run: Path, results: Path) -> set[Path] | None:
    listed_in, table, noted = run / run_record.NAME, run / "videos.tsv", planned.required_by(run)
    if noted is None and not listed_in.is_file() and not table.is_file():
        return None
    entries = run_record.read(listed_in).files if listed_in.is_file() else {}
    found = {results.parent / one.path for one in entries.values() if one.path.startswith(PER_VIDEO)}
    found |= {results.parent / path for path in noted or ()}
    if table.is_file():
        listed = entries.get("videos.tsv")
        if listed is None or listed.sha256 != atomic.sha256(table):  # else the record names just what it stands on
            found.update(_by_table(table, results))
    return found


def _by_table(table: Path, results: Path) -> Iterator[Path]:
    """All that lies in the videos' folders, and what is kept beside these: of a run that may not have ended."""
    with open(table, encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text, delimiter="\t"):
            yield results.parent / row["folder"]
            yield from results.glob(f"videos/{row['video']}/soundtrack*.parquet")
            yield results / "performers" / row["performer"]
