"""Whether nothing is at work in a folder in which something is to be deleted."""

from __future__ import annotations

from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage import run_token
from moodreel.workflow import run_lock


def or_refuse(top: Path) -> None:
    """Raises UserError where a run holds the lock of the folder, or of a reproduction in it, which has links to it
    (moodreel/workflow/run_lock.py)."""
    for folder in (top, *sorted(top.glob("results/reproduced/*"))):
        if run_lock.is_at_work(folder / run_token.RECORD):
            raise UserError(f"a run goes on in {folder.absolute()}, and may need what lies there. Wait for its end.")
