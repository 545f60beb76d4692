"""The description of a run: its settings, and the extractions that its tables belong to."""

import fcntl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from moodreel.tables.videos import EXTRACTIONS


def list_extraction(path: Path, extraction: str, settings: str) -> None:
    """Add an extraction to the list at `path`; runs at the same time wait for one another."""
    import polars as pl

    from moodreel.tables import base

    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = base.read_tsv(path, EXTRACTIONS) if path.exists() else base.polars_frame(EXTRACTIONS.empty())
        if extraction not in known["extraction"]:
            row = pl.DataFrame({"extraction": [extraction], "settings": [settings]})
            base.write_tsv(path, EXTRACTIONS, pl.concat([known, row]).sort("extraction"))


def settings_text(settings: Mapping[str, Any], extractions: Iterable[str]) -> str:
    """The settings as YAML, below a line that names the extractions."""
    head = f"# The settings as resolved, defaults filled in. Extraction: {', '.join(extractions)}\n"
    return head + yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True)
