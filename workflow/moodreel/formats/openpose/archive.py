"""The JSON files of a folder or an archive, one after the other, read in place.

Nothing is ever unpacked, so that no name in an archive can lead anywhere, no file is read further than `LARGEST_FILE`,
and all of them, with what lies between them in a .tar, no further than `LARGEST_TOTAL` and `MOST_RATIO`.
"""

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from moodreel.errors import UserError

LARGEST_FILE = 16 * 2**20
"""Most bytes of one JSON file. OpenPose writes 0.6 KB per person, with hands, face and three dimensions 10 KB."""

MOST_FILES = 2_000_000
"""Most files in one folder or archive: 22 hours of video at 25 Hz."""

LARGEST_TOTAL = 32 * 2**30
"""Most bytes of all files: `MOST_FILES` of two people each with hands and face."""

MOST_RATIO, FREE_OF_RATIO = 300, 2 * 2**30
"""How many times its own size an archive may unpack to, from so many bytes on. OpenPose's JSON packs to a tenth in
a .zip; `MOST_FILES` empty frames make 2 GB of a .tar, which pack to a four-hundredth."""

_LARGEST_READ = 2 * LARGEST_FILE
"""Most bytes that are read from a .tar at once; its headers may claim any size."""

_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError,
    OverflowError, IndexError, KeyError,
)  # fmt: skip
"""What Python's readers raise on damaged archives."""
_NOT_HERE = (NotImplementedError, RuntimeError)  # from zipfile: other compressions, encryption


def json_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The name, without folders, and the content of each JSON file in `path`, in the order in which they are stored.

    `path`: a folder, whose own files count and not those of folders in it, or a .zip or .tar archive (also .tar.gz,
    .tar.bz2, .tar.xz), in which all count. Names that begin with a dot are left out. Raises UserError when `path` is
    nothing of that kind, cannot be read, or holds more or larger files than are allowed.
    """
    budget = _Budget(path)
    for number, (name, content) in enumerate(_find(path, budget)):
        if number >= MOST_FILES:
            raise UserError(f"{path}: more than {MOST_FILES} JSON files; one video has one folder or archive.")
        if len(content) > LARGEST_FILE:
            raise UserError(f"{path}: {name} has more than {LARGEST_FILE} bytes. That is not a frame of OpenPose.")
        yield name, content


class _Budget:
    """Counts what was unpacked of an archive, and refuses too much."""

    def __init__(self, path: Path) -> None:
        self._path, self._spent = path, 0
        packed = path.stat().st_size if path.is_file() else LARGEST_TOTAL
        self._most = min(LARGEST_TOTAL, max(MOST_RATIO * packed, FREE_OF_RATIO))

    def spend(self, count: int) -> None:
        """Note `count` bytes more. Raises UserError."""
        self._spent += count
        if self._spent > self._most:
            raise UserError(
                f"{self._path}: it unpacks to more than {self._most >> 20} MB, and OpenPose's frames do not; "
                "nothing was imported. Pack the JSON files of one video alone."
            )


class _Tar(io.RawIOBase):
    """What a .tar holds, unpacked as it is read, forwards only: a damaged one may lead in circles."""

    def __init__(self, unpacked: IO[bytes], budget: _Budget) -> None:
        self._unpacked, self._budget = unpacked, budget
        self._at = 0
        self._last = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if not 0 <= size <= _LARGEST_READ:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        content = self._unpacked.read(size)
        self._at += len(content)
        self._budget.spend(len(content))
        self._last = content
        return content

    def require_end(self) -> None:
        """Raise ReadError unless the last block was the one of zeros that ends a .tar. tarfile takes the end of the
        file, and a block that is no header, for the end of the archive as well. Then read the rest, behind which
        packed archives hold their check sums."""
        if self._last != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it does not end as a .tar does")
        while self.read(2**20):
            pass

    def tell(self) -> int:
        """How many bytes were read."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Read on up to `offset`, from the beginning."""
        if whence or offset < self._at:
            raise tarfile.ReadError("its members overlap")
        while self._at < offset and self.read(min(offset - self._at, 2**20)):
            pass
        return self._at


def _find(path: Path, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        return _in_folder(path, budget)
    if not path.is_file():
        raise UserError(f"{path}: there is no such folder or archive")
    if _is_zip(path):
        return _in_archive(path, lambda path: _in_zip(path, budget))
    if opener := _tar_opener(path):
        return _in_archive(path, lambda path: _in_tar(path, opener, budget))
    hint = ""
    if path.suffix.lower() == ".json":
        hint = " It is one frame: give the folder in which it lies."
    raise UserError(
        f"{path}: neither a folder nor a .zip or .tar archive (or one that is cut short), as which OpenPose's JSON "
        f"files are imported.{hint}"
    )


def _is_zip(path: Path) -> bool:
    try:
        return zipfile.is_zipfile(path)
    except _BROKEN:
        return False


def _tar_opener(path: Path) -> Callable[..., Any] | None:
    """What opens a .tar, packed or not; None for anything else."""
    for opener in (open, gzip.open, bz2.open, lzma.open):
        try:
            with opener(path, "rb") as unpacked:
                tarfile.TarInfo.frombuf(unpacked.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
            return opener
        except _BROKEN:
            continue
    return None


def _in_folder(path: Path, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    with _readable(path), os.scandir(path) as entries:
        wanted = sorted((entry.name, entry) for entry in entries if _is_wanted(entry.name))
    for name, entry in wanted:
        with _readable(path / name):
            if not entry.is_file():
                continue
            with open(path / name, "rb") as opened:
                content = _read_start(opened, budget)
        yield name, content


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def _in_archive(path: Path, members: Callable[[Path], Iterator[tuple[str, bytes]]]) -> Iterator[tuple[str, bytes]]:
    try:
        yield from members(path)
    except _BROKEN as error:
        raise UserError(f"{path}: the archive is damaged or cut short ({error}). Copy or pack it again.") from None
    except _NOT_HERE as error:
        raise UserError(f"{path}: the archive cannot be read ({error}). Pack it without a password.") from None


def _in_zip(path: Path, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir() and _is_wanted(member.filename):
                with archive.open(member) as opened:
                    yield _base(member.filename), _read_start(opened, budget)


def _in_tar(path: Path, opener: Callable[..., Any], budget: _Budget) -> Iterator[tuple[str, bytes]]:
    free = _Budget(path)  # what is read of the members was counted as it was unpacked
    with opener(path, "rb") as unpacked, tarfile.open(fileobj=(tar := _Tar(unpacked, budget)), mode="r:") as archive:
        for member in archive:
            if member.isreg() and _is_wanted(member.name) and (content := archive.extractfile(member)):
                with content as opened:
                    yield _base(member.name), _read_start(opened, free)
            archive.members.clear()  # type: ignore[attr-defined]  # not in typeshed; it keeps every one
        tar.require_end()


def _base(name: str) -> str:
    """The name without folders; some programs of Windows write backslashes into archives."""
    return name.replace("\\", "/").rpartition("/")[2]


def _is_wanted(name: str) -> bool:
    """Whether it is a JSON file that was put there on purpose, and not by a file manager ("__MACOSX/._a.json")."""
    file = _base(name)
    return file.lower().endswith(".json") and not file.startswith(".")


def _read_start(opened: IO[bytes], budget: _Budget) -> bytes:
    content = opened.read(LARGEST_FILE + 1)
    budget.spend(len(content))
    return content
