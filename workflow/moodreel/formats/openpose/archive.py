"""The JSON files of a folder or an archive, one after the other, read in place.

Nothing is ever unpacked, so that no name in an archive can lead anywhere, and no file is read further than
`LARGEST_FILE`.
"""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from moodreel.errors import UserError

LARGEST_FILE = 16 * 2**20
"""Most bytes of one JSON file. OpenPose writes 0.6 KB per person, with hands, face and three dimensions 10 KB."""

MOST_FILES = 5_000_000
"""Most files in one folder or archive: more than two days of video at 25 Hz."""

_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)
_NOT_HERE = (NotImplementedError, RuntimeError)  # from zipfile: other compressions, encryption


def json_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The name, without folders, and the content of each JSON file in `path`, in the order in which they are stored.

    `path`: a folder, whose own files count and not those of folders in it, or a .zip or .tar archive (also .tar.gz,
    .tar.bz2, .tar.xz), in which all count. Names that begin with a dot are left out. Raises UserError when `path` is
    nothing of that kind, cannot be read, or holds more or larger files than are allowed.
    """
    for number, (name, content) in enumerate(_find(path)):
        if number >= MOST_FILES:
            raise UserError(f"{path}: more than {MOST_FILES} JSON files; one video has one folder or archive.")
        if len(content) > LARGEST_FILE:
            raise UserError(f"{path}: {name} has more than {LARGEST_FILE} bytes. That is not a frame of OpenPose.")
        yield name, content


def _find(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise UserError(f"{path}: there is no such folder or archive")
    if zipfile.is_zipfile(path):
        return _in_archive(path, _in_zip)
    try:
        if tarfile.is_tarfile(path):
            return _in_archive(path, _in_tar)
    except _BROKEN:
        pass
    hint = ""
    if path.suffix.lower() == ".json":
        hint = " It is one frame: give the folder in which it lies."
    raise UserError(
        f"{path}: neither a folder nor a .zip or .tar archive (or one that is cut short), as which OpenPose's JSON "
        f"files are imported.{hint}"
    )


def _in_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(path.iterdir()):
        if _is_wanted(file.name) and file.is_file():
            with file.open("rb") as opened:
                yield file.name, _read_start(opened)


def _in_archive(path: Path, members: Callable[[Path], Iterator[tuple[str, bytes]]]) -> Iterator[tuple[str, bytes]]:
    try:
        yield from members(path)
    except _BROKEN as error:
        raise UserError(f"{path}: the archive is damaged or cut short ({error}). Copy or pack it again.") from None
    except _NOT_HERE as error:
        raise UserError(f"{path}: the archive cannot be read ({error}). Pack it without a password.") from None


def _in_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir() and _is_wanted(member.filename):
                with archive.open(member) as opened:
                    yield PurePosixPath(member.filename).name, _read_start(opened)


def _in_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isreg() and _is_wanted(member.name) and (content := archive.extractfile(member)):
                with content as opened:
                    yield PurePosixPath(member.name).name, _read_start(opened)
            archive.members.clear()  # type: ignore[attr-defined]  # not in typeshed; it keeps every one


def _is_wanted(name: str) -> bool:
    """Whether it is a JSON file that was put there on purpose, and not by a file manager ("__MACOSX/._a.json")."""
    file = PurePosixPath(name).name
    return file.lower().endswith(".json") and not file.startswith(".")


def _read_start(opened: IO[bytes]) -> bytes:
    return opened.read(LARGEST_FILE + 1)
