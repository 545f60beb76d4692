"""What other runs in the same folder keep."""

import csv
from contextlib import suppress
from pathlib import Path

import yaml

RUNS = Path("results/runs")


def kept_meshes(run: str) -> set[str]:
    """The meshes of all videos that stand in the tables of other runs than `run`, whether they are there or not, unless
    these runs keep none. A run that does not say so keeps them; one whose table cannot be read has none."""
    found: set[str] = set()
    for table in RUNS.glob("*/videos.tsv"):
        if table.parent.name != run and _keeps_meshes(table.parent):
            with suppress(OSError, ValueError, csv.Error), open(table, encoding="utf-8", newline="") as text:
                found.update(
                    f"{row['folder']}/mesh.parquet" for row in csv.DictReader(text, delimiter="\t") if row.get("folder")
                )
    return found


def _keeps_meshes(run: Path) -> bool:
    """By the settings that it has written down; they may be another version's."""
    with suppress(OSError, ValueError, yaml.YAMLError, AttributeError):
        settings = yaml.safe_load((run / "settings.yaml").read_text(encoding="utf-8"))
        return settings.get("extraction", {}).get("keep_mesh", True) is not False
    return True
