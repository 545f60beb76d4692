"""Write down what a run is: its resolved settings, and the extractions that its tables belong to."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from moodreel.storage.atomic import write_text
from moodreel.tables import base
from moodreel.tables.videos import EXTRACTIONS
from moodreel.workflow import old_step as step
from moodreel.workflow.plan import Plan


def register(path: Path, extraction: str, settings: str) -> None:
    """Add an extraction to the list of those made here; runs side by side wait for one another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = base.read_tsv(path, EXTRACTIONS) if path.exists() else base.polars_frame(EXTRACTIONS.empty())
        if extraction not in known["extraction"]:
            row = pl.DataFrame({"extraction": [extraction], "settings": [settings]})
            base.write_tsv(path, EXTRACTIONS, pl.concat([known, row]).sort("extraction"))


def settings_text(settings: Mapping[str, Any], extractions: Iterable[str]) -> str:
    head = f"# The settings as resolved, defaults filled in. Extraction: {', '.join(extractions)}\n"
    return head + yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True)


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the resolved settings, YAML")
    parser.add_argument("--extractions", type=Path, required=True, help="list of extractions to add to, TSV")
    args = parser.parse_args()
    plan = Plan.of(args.settings)
    for extraction in plan.extractions.values():
        register(args.extractions, extraction.name, extraction.settings)
    write_text(args.out, settings_text(plan.settings.model_dump(mode="json"), plan.extractions))
    print(*plan.extractions, sep="\n")


if __name__ == "__main__":
    step.run(main)
