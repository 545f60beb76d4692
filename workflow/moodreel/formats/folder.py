"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from moodreel import awaited, full_disk
from moodreel.errors import UserError
from moodreel.files import sweep, temporary_path

TIMESTAMP = ".snakemake_timestamp"
"""Snakemake lays this into every folder that it has had made."""


@contextmanager
def replacing_folder(path: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield an empty folder beside `path`; on success it takes the name `path`, on an exception it is removed.

    A folder that has the name already is replaced, but only where `is_ours` is true of all that lies directly in it
    (but for `TIMESTAMP`): else, and where the name is a file's, UserError is raised. DiskFull is raised where there is
    no room, Abandoned where nobody waits for the folder.
    """
    if path.exists() and not path.is_dir():
        raise UserError(f"{path}: there is a file of this name; a folder is to be written there.")
    children = [child for child in path.iterdir() if child.name != TIMESTAMP] if path.is_dir() else []
    strange = sorted(child.name for child in children if not is_ours(child))
    if strange:
        raise UserError(
            f"{path}: not replaced, since other things lie in it ({', '.join(strange[:3])}). Move them, or choose "
            "another folder."
        )
    temporary = temporary_path(path)
    try:
        with full_disk.told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path)
            temporary.mkdir()
            yield temporary
            awaited.or_refuse()
            if path.is_dir():
                shutil.rmtree(path)
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
