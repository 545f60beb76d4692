"""What is found out about a file for the manifest: size, SHA-256, digests by value, and the file's own stamp."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.workflow.provenance import contents


def of(path: Path) -> dict[str, Any]:
    """The facts of one file: `bytes`, `sha256`, `stamp` (None where it carries none), `digests`."""
    stamp = None
    if path.suffix == ".parquet":
        stamp = base.read_stamp(path) or None
    found = {"bytes": path.stat().st_size, "sha256": atomic.sha256(path), "stamp": stamp}
    try:
        found["digests"] = [vars(digest) for digest in contents.digests(path)] if contents.by_value(path) else []
    except ValueError:  # by its name it would be a table or a text: its bytes have to do
        found["digests"] = []
    return found
