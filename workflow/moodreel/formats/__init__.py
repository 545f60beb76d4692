"""Files of other programs, read into our tables and written from them. One module per format."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def import_face(path: Path, program: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """FACE's columns on the frames of a file that `program` wrote (one of `settings.face.FROM_FILES`), and facts for
    the stamp. Only that format's module is imported."""
    return importlib.import_module(f"moodreel.formats.{program}").import_face(path)
