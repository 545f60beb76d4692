"""The per-video tables that a run requires, noted in its folder when it begins.

The run's record lists them too, but is written only at the end: until then these tables would seem unused.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from moodreel.errors import UserError
from moodreel.storage import atomic

if TYPE_CHECKING:
    from moodreel.workflow.plan import Plan

NAME = ".planned.json"
RECORD = "ro-crate-metadata.json"


def remember(plan: Plan) -> None:
    """Write the note, replacing that of the previous run. In a read-only folder there is none."""
    run = Path(plan.run)
    paths = {*plan.each(plan.folder), *plan.each_read(plan.soundtrack), *filter(None, plan.each(plan.neutral))}
    with suppress(OSError, UserError):
        note = {"record": _record_sha256(run), "paths": sorted(paths)}
        atomic.write_text(run / NAME, json.dumps(note, indent=0))


def required_by(run: Path) -> list[str] | None:
    """The tables, and folders of tables, that the note in the run's folder names; None without a note.

    The list is empty where the run has since written its record, which names them all. A new record is recognised by
    its content, since copies of a folder have other times. Raises ValueError where the note cannot be parsed.
    """
    try:
        note = json.loads((run / NAME).read_text(encoding="utf-8"))
        paths, before = note["paths"], note["record"]
    except FileNotFoundError:
        return None
    except (KeyError, TypeError) as error:
        raise ValueError(f"{run / NAME}: {type(error).__name__}: {error}") from None
    return paths if _record_sha256(run) in (None, before) else []


def _record_sha256(run: Path) -> str | None:
    with suppress(FileNotFoundError):
        return atomic.sha256(run / RECORD)
    return None
