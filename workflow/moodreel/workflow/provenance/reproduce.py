"""Run a run again in a separate folder, with the same settings and videos, to compare the results.

Videos, downloads and networks are linked; everything else is made again.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from moodreel.errors import UserError
from moodreel.storage.atomic import sha256, write_text
from moodreel.storage.fingerprint import ROOT
from moodreel.tables import base
from moodreel.tables.labels import EMOTIONS
from moodreel.tables.videos import VIDEOS
from moodreel.video.table_rows import OPTIONAL, REQUIRED
from moodreel.workflow import run_lock
from moodreel.workflow.provenance import run_record
from moodreel.workflow.provenance.run_record import Record

CHECKOUT = ROOT.parents[1]
MARK = ".reproduction.json"
"""The file that marks a folder as a reproduction, and names its run: only such folders are ever deleted."""

READ = (("models", "folder"), ("models", "mirror"), ("apply", "models"), ("clusters", "previous"))
"""Settings that name files or folders that are only read."""

LOOKING = frozenset(("-n", "--dry-run", "--dryrun", "--unlock"))
"""Options of Snakemake with which nothing is made."""


def reproduce(path: Path, folder: Path | None = None, *, cores: str = "all", options: Sequence[str] = ()) -> Path:
    """Run the run of the record `path` again with the present code, and return the new record's path.

    An interrupted reproduction is resumed; a finished one is deleted and made again. Raises UserError where the run's
    settings or videos are gone, `folder` is no reproduction or cannot be written to, a run is going on in it, or
    Snakemake fails or makes no record.
    """
    old = run_record.read(path)
    folder = (folder or old.folder / "results" / "reproduced" / old.run).resolve()  # rmtree refuses links
    if folder in old.path.resolve().parents:
        raise UserError(f"{folder}: contains the run itself, which would be deleted; give another --folder.")
    mark = {"record": sha256(path), "finished": False}
    settings = deepcopy(dict(old.head["settings"]))
    try:
        _begin(folder, mark, keep=not LOOKING.isdisjoint(options))
        _lay_out(old, folder, settings)
    except OSError as error:
        raise UserError(
            f"{error.filename or folder}: {error.strerror or error}. A reproduction needs a folder to write to: "
            "--folder names another one."
        ) from None
    again = folder / "results" / "runs" / old.run / run_record.NAME
    before = _changed_ns(again)
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(CHECKOUT / "Snakefile"),
        "--directory",
        str(folder),
    ]
    print(f"moodreel: running {old.run} again in {folder}", flush=True)
    done = subprocess.run([*command, "--cores", cores, *options], cwd=CHECKOUT, check=False)
    if done.returncode:
        raise UserError(
            f"snakemake ended with status {done.returncode}; see its messages above. The same command resumes."
        )
    if not again.is_file():
        given = f" ({' '.join(options)})" if options else ""
        raise UserError(
            f"{again}: snakemake ended without an error but did not make it, so that there is nothing to compare. "
            f"It is made last, unless the options{given} prevent it. Without these, the same command resumes."
        )
    if _changed_ns(again) != before:
        write_text(folder / MARK, json.dumps({**mark, "finished": True}))
    return again


def _changed_ns(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.is_file() else None


def _begin(folder: Path, mark: Mapping[str, Any], *, keep: bool) -> None:
    """Prepare the folder: empty with our mark, or the same interrupted reproduction; with `keep` any reproduction."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; give another --folder.")
    if folder.exists() and any(folder.iterdir()):
        found = _mark_in(folder)
        if found is None:
            raise UserError(f"{folder}: has other content; give another --folder, one that is empty or does not exist.")
        with run_lock.kept_idle(folder):
            if found == mark or keep:
                return
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / MARK, json.dumps(mark))


def _mark_in(folder: Path) -> dict[str, Any] | None:
    """The content of the folder's mark; None where there is no valid one."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return mark if isinstance(mark, dict) and mark.keys() == {"record", "finished"} else None


def _lay_out(old: Record, folder: Path, settings: dict[str, Any]) -> None:
    """Write the run's settings and its table of videos into the folder, and links to files that are only read."""
    videos = _videos(old)
    given: list[tuple[dict[str, Any], str]] = [(settings[name], key) for name, key in READ if name in settings]
    for row in videos:
        given += [(row, column) for column in ("pose_file", "face_file")]
        if row["kind"] == "file":
            given.append((row, "source"))
        elif row["kind"] == "youtube":
            for path in (row["path"], row["path"].removesuffix(".mp4") + ".fetch.json"):
                _linked(old.folder, folder, path)
    given = [(holder, key) for holder, key in given if holder.get(key)]
    # Folders come before their files: the link to a folder leads to its files too
    for holder, key in sorted(given, key=lambda one: len(Path(one[0][one[1]]).parts)):
        holder[key] = _linked(old.folder, folder, holder[key])
    paper = settings.get("paper", {}).get("name")
    if paper:
        _linked(CHECKOUT, folder, f"workflow/papers/{paper}/expected.yaml")
    if _leaves(settings["videos"]) or _behind_link(folder, settings["videos"]):
        settings["videos"] = "videos.tsv"
    write_text(folder / settings["videos"], _table(videos))
    write_text(folder / "config.yaml", yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))


def _videos(old: Record) -> list[dict[str, Any]]:
    listed = old.files.get("videos.tsv")
    path = old.where(listed) if listed else old.path.with_name("videos.tsv")
    if not listed or not path.is_file():
        raise UserError(
            f"{path}: there is no such table. Only a run whose folder exists can be reproduced; compare a record from "
            "elsewhere with your own run's by `moodreel compare`."
        )
    emotions = path.with_name("emotions.tsv")  # a run that applies classifiers has none
    given = dict(base.read_tsv(emotions, EMOTIONS).iter_rows()) if emotions.is_file() else {}
    return [{**row, "emotion": given.get(row["video"])} for row in base.read_tsv(path, VIDEOS).iter_rows(named=True)]


def _table(videos: Sequence[Mapping[str, Any]]) -> str:
    columns = REQUIRED + OPTIONAL
    rows = [["" if row[column] is None else str(row[column]) for column in columns] for row in videos]
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def _leaves(path: str) -> bool:
    """Whether a path leads out of the folder that it is relative to, or is that folder."""
    parts = Path(path).parts
    return os.path.isabs(path) or path.startswith("~") or ".." in parts or not parts


def _behind_link(folder: Path, path: str) -> bool:
    """Whether the path leads through a link, to files outside the folder."""
    return any((folder / parent).is_symlink() for parent in Path(path).parents if parent.parts)


def _linked(origin: Path, folder: Path, path: str) -> str:
    """The path by which `folder` reaches the file `path` of `origin`: the same path with a link, where that is
    possible, so that no setting differs; otherwise the absolute path."""
    if _leaves(path):
        return str((origin / Path(path).expanduser()).resolve())
    link, target = folder / path, (origin / path).resolve()
    if not _behind_link(folder, path) and not os.path.lexists(link) and target.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    return path
