"""Where a video comes from: a file, an address, a YouTube id or a built-in clip, as the table of videos names it.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from moodreel.video.table_text import short, shown

_BUILTIN = re.compile(r"builtin:[a-z0-9_-]+/[a-z0-9_-]+/[0-9]+")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = re.compile(r"(?i)<?(?:https?[:;]?/{0,2}|//)?((?:[a-z0-9-]+\.)+[a-z]{2,24}(?::[0-9]+)?/[^\s/].*)")
"""An address without its scheme, or with a damaged one."""
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_YOUTUBE_ADDRESS = re.compile(
    r"(?i)https?://(?:(?:www\.)?youtu\.be/|(?:[a-z]+\.)?youtube(?:-nocookie)?\.com/"
    r"(?:watch/?\?(?:.*&)?v=|(?:watch|shorts|embed|live|v|e)/))(?-i:([A-Za-z0-9_-]{11}))(?![A-Za-z0-9_-]).*"
)
_VIMEO_ADDRESS = re.compile(r"(?i)https?://(?:www\.|player\.)?vimeo\.com/(?:video/)?([0-9]+)(?![0-9]).*")
_ADDRESS = re.compile(r"(?i)https?://(?:www\.)?([^/?#]+?)(?::(?:80|443))?(?:/([^#]*))?(?:#.*)?")


def kind_of(source: str) -> str:
    """The kind of a source: `builtin`, `youtube` (a YouTube id, eleven of A-Z a-z 0-9 _ -, or any http(s) address) or
    `file`.

    A file whose name looks like a YouTube id is written with its folder: `./abcdefghijk`.
    """
    if source.startswith("builtin:"):
        return "builtin"
    return "youtube" if _YOUTUBE_ID.fullmatch(source) or _SCHEME.match(source) else "file"


def source_key(source: str) -> str:
    """A text that is the same for two ways to write the same source."""
    kind = kind_of(source)
    if kind == "file":
        return f"file {os.path.normpath(expand(source))}"
    if address := _YOUTUBE_ADDRESS.fullmatch(source):
        return f"{kind} {address[1]}"
    if address := _VIMEO_ADDRESS.fullmatch(source):
        return f"{kind} vimeo {address[1]}"
    if address := _ADDRESS.fullmatch(source):
        return f"{kind} {address[1].lower()}/{(address[2] or '').rstrip('/')}"
    return f"{kind} {source}"


def expand(path: str) -> str:
    """The path with the home folder in place of `~`, in every column that names files."""
    with suppress(ValueError):  # such as NUL characters, which are mistakes of their own
        return os.path.expanduser(path)
    return path


def is_legible(path: str) -> bool:
    """Whether the path has printable characters and blanks only. macOS writes a blank that does not break into the
    names of recordings of its screen, before AM and PM."""
    return all(c.isprintable() or unicodedata.category(c) == "Zs" for c in path)


def meant_file(path: str) -> str | None:
    """An existing file that may be meant by the path of an absent one, as programs and people change names: quotation
    marks around it, `%20`, `$HOME`, other slashes, and in its last part other blanks, case or forms of characters."""
    bare = path.strip().strip("\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb<>").strip()
    for form in (bare, unquote(bare), os.path.expandvars(bare), bare.replace("\\", "/")):
        if form != path and "\0" not in form and os.path.exists(expand(form)):
            return form
    folder, name = os.path.split(bare)
    with suppress(OSError, ValueError):
        near = sorted(other for other in os.listdir(expand(folder) or ".") if _sense(other) == _sense(name))
        return os.path.join(folder, near[0]) if near else None
    return None


def _sense(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def mistakes_of_source(source: str, given: str) -> Iterator[str]:
    """Mistakes of a cell with the source; `given` is what is written there."""
    kind = kind_of(source)
    if not source or not is_legible(source) or (kind == "file" and source.startswith("-")):
        yield (
            f"{shown(given)} is no source; allowed are a file (./-x.mp4 where its name begins with '-'), a YouTube "
            "id, an http(s) address, builtin:<person>/<expression>/<take>; nothing where other programs have read "
            "all that is used (face_file, pose_file; the backend of a part that is not used is none)"
        )
        return
    if kind == "builtin" and not _BUILTIN.fullmatch(source):
        yield f"{shown(source)} is no built-in clip; they are named builtin:<person>/<expression>/<take>"
    elif kind == "youtube" and _SCHEME.match(source) and not source.lower().startswith("file:"):
        yield from _mistakes_of_address(source)
    elif kind == "file" and (address := _HOST.fullmatch(source.rstrip(">"))) and not _is_there(source):
        yield (
            f"{shown(source)} is no file here; did you mean https://{short(address[1])} ? A file in a folder of this "
            f"name is written ./{short(source)}"
        )
    elif kind == "file" or source.lower().startswith("file:"):
        yield from mistakes_of_path(source)


def mistakes_of_path(path: str) -> Iterator[str]:
    """Mistakes of a cell that names a file."""
    if not is_legible(path) or path.startswith("-"):
        yield f"{shown(path)} is no file; allowed are printable characters (./-x where the name begins with '-')"
    elif set(path) & set("{}"):
        yield f"{shown(path)} holds a brace, which Snakemake takes for a wildcard; rename the file or link to it"
    elif _WINDOWS_PATH.match(path):
        yield (
            f"{shown(path)} is a path of Windows; write it as this system names it (in WSL, C:\\films is "
            "/mnt/c/films), with slashes"
        )
    elif path.lower().startswith("file:"):
        yield f"{shown(path)} is an address; files are written as paths: {short(_path_of(path))}"


def _mistakes_of_address(source: str) -> Iterator[str]:
    try:
        address = urlsplit(source)
        host, _ = address.hostname, address.port
    except ValueError as error:
        yield f"{shown(source)} is no address ({error})"
        return
    if address.scheme.lower() not in ("http", "https") or not host or " " in source:
        yield f"{shown(source)} is no address that is fetched; allowed are http and https"
    elif "@" in address.netloc:
        yield f"the address at {host} holds a login; remove it, since tables are copied into the results"


def _is_there(path: str) -> bool:
    """Whether the file, or the first folder of its path, exists."""
    first = path[: path.find("/", 1)] if "/" in path[1:] else path
    return os.path.lexists(first) if first != "/" else os.path.lexists(path)


def _path_of(address: str) -> str:
    return re.sub(r"(?i)^file:(//(localhost(?=/))?)?", "", address)
