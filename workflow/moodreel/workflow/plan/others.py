"""The meshes that other runs in the same folder keep."""

import csv
from contextlib import suppress
from pathlib import Path

import yaml

RUNS = Path("results/runs")


def kept_meshes(run: str) -> set[str]:
    """The paths of the meshes of all videos in other runs than `run`, whether the files exist or not, except of runs
    with `keep_mesh: false`. A run without readable settings keeps its meshes; one whose table cannot be read has
    none."""
    found: set[str] = set()
    for table in RUNS.glob("*/videos.tsv"):
        if table.parent.name != run and _keeps_meshes(table.parent):
            with suppress(OSError, ValueError, csv.Error), open(table, encoding="utf-8", newline="") as text:
                found.update(
                    f"{row['folder']}/mesh.parquet" for row in csv.DictReader(text, delimiter="\t") if row.get("folder")
                )
    return found


def _keeps_meshes(run: Path) -> bool:
    """Whether the run in this folder keeps meshes, by its settings.yaml, which another version may have written."""
    with suppress(OSError, ValueError, yaml.YAMLError, AttributeError):
        settings = yaml.safe_load((run / "settings.yaml").read_text(encoding="utf-8"))
        return settings.get("extraction", {}).get("keep_mesh", True) is not False
    return True
