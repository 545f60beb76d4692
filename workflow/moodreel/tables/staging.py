"""Tables staged by an extraction shard: they lie in the subfolder `staged` until their video's own job takes them.

Only that job writes the files that Snakemake knows of, so that every table in its place is subject to its own rule's
rerun triggers.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from moodreel.storage import atomic, run_token
from moodreel.tables.stamp import read_stamp

FOLDER = "staged"


@dataclass(frozen=True)
class Recipe:
    """Everything that determines the content of a video's tables.

    code: fingerprint of the code.
    settings: sections of the settings by name, without those that do not change the tables, such as the device.
    models: folder of the networks.
    video: media file; `start_s` and `end_s` are the part that is used (None: from its start, to its end).
    """

    code: str
    settings: Mapping[str, Any]
    models: Path
    video: Path
    start_s: float | None
    end_s: float | None

    def matches(self, table: Path) -> bool:
        """Whether `table` exists and its stamp names this recipe and the present networks."""
        if not table.is_file():
            return False
        stamp = read_stamp(table)
        return _holds(stamp, self._stamp) and all(
            atomic.sha256(self.models / f"{name}.onnx") == sha256 for name, sha256 in stamp["models"].items()
        )

    @cached_property
    def _stamp(self) -> dict[str, Any]:
        """The entries that a stamp must contain."""
        return {
            "code": self.code,
            "settings": self.settings,
            "inputs": {str(self.video): atomic.sha256(self.video)},
            "start_s": self.start_s,
            "end_s": self.end_s,
        }


def path(table: Path) -> Path:
    """The path at which `table` is staged."""
    return table.parent / FOLDER / table.name


class TableRecipe(Protocol):
    """Something that tells whether a table equals what would be made now."""

    def matches(self, table: Path) -> bool: ...


def take(tables: Iterable[Path], recipe: TableRecipe) -> bool:
    """Move staged `tables` to their places if all of them are there and match `recipe`; return whether they were moved.

    Anything else in the staging folder is out of date, or was left half written by a killed job, and is removed.
    """
    tables = list(tables)
    ready = all(recipe.matches(path(table)) for table in tables)
    if ready:
        run_token.require_current()
        for table in tables:
            os.replace(path(table), table)
    for folder in {path(table).parent for table in tables}:
        shutil.rmtree(folder, ignore_errors=True)
    return ready


def _holds(whole: Any, part: Any) -> bool:
    """Whether `whole` has every key of `part`, with the same value, at every depth."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(k in whole and _holds(whole[k], v) for k, v in part.items())
    return whole == part
