"""The per-video tables that runs require."""

import csv
from collections.abc import Iterator
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.workflow.cleanup import planned
from moodreel.workflow.provenance import run_record

PER_VIDEO = ("results/videos/", "results/performers/")


def by_runs(results: Path) -> set[Path] | None:
    """The per-video tables, or folders of them, that any run requires; None where this is unknown for a run, or there
    is no run.

    They are listed in the run's record, which is written last; and, for a run that has begun since, in its table of
    videos and in the note of the planned tables.
    """
    runs = [path for path in results.glob("runs/*") if path.is_dir()]
    try:
        found = [_by_run(run, results) for run in runs]
    except (UserError, OSError, ValueError, KeyError, TypeError, csv.Error):  # of another version, or broken
        return None
    known = [paths for paths in found if paths is not None]
    return set[Path]().union(*known) if runs and len(known) == len(runs) else None


def _by_run(run: Path, results: Path) -> set[Path] | None:
    record, table, noted = run / run_record.NAME, run / "videos.tsv", planned.required_by(run)
    if noted is None and not record.is_file() and not table.is_file():
        return None
    entries = run_record.read(record).files if record.is_file() else {}
    found = {results.parent / one.path for one in entries.values() if one.path.startswith(PER_VIDEO)}
    found |= {results.parent / path for path in noted or ()}
    if table.is_file():
        entry = entries.get("videos.tsv")
        if entry is None or entry.sha256 != atomic.sha256(table):  # otherwise the record lists exactly its tables
            found.update(_by_table(table, results))
    return found


def _by_table(table: Path, results: Path) -> Iterator[Path]:
    """The folders of the videos and performers, and the soundtracks, for a run that may not have ended."""
    with open(table, encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text, delimiter="\t"):
            yield results.parent / row["folder"]
            yield from results.glob(f"videos/{row['video']}/soundtrack*.parquet")
            yield results / "performers" / row["performer"]
