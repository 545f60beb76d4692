"""Files of other programs, read into our tables and written from them. One module per format."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodreel.errors import UserError
from moodreel.video import guarded
from moodreel.video.errors import VideoError

if TYPE_CHECKING:
    import polars as pl


def import_face(path: Path, program: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """FACE's columns on the frames of a file that `program` wrote (one of `settings.face.FROM_FILES`), and facts for
    the stamp. Only that format's module is imported."""
    return importlib.import_module(f"moodreel.formats.{program}").import_face(path)


@contextmanager
def import_guard(file: Path) -> Iterator[None]:
    """A block that reads another program's file: its mistakes become a VideoError `unusable_import`, so that the video
    is dropped with the reason and the run goes on."""
    guarded.begin(file)
    try:
        yield
    except VideoError:
        raise
    except UserError as error:
        raise VideoError("unusable_import", file, str(error)) from None
