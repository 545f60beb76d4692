"""Make a run anew in a folder of its own, from its own settings and videos, to be compared with it.

Videos are read where they lie and downloads and networks are taken over, all by links; everything else is made again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from moodreel.errors import UserError
from moodreel.files import sha256, write_text
from moodreel.manifest import record
from moodreel.manifest.record import Manifest
from moodreel.provenance import ROOT
from moodreel.tables import base
from moodreel.tables.videos import VIDEOS
from moodreel.video.table import OPTIONAL, REQUIRED

CHECKOUT = ROOT.parents[1]
MARK = ".reproduction.json"
"""Says that a folder is one of ours, and of what: only such a folder is ever deleted."""


def reproduce(manifest: Path, folder: Path | None = None, *, cores: str = "all", options: Sequence[str] = ()) -> Path:
    """Make the run of `manifest` anew with the code that lies here, and return the new manifest's path.

    A reproduction that was cut off goes on; a finished one is deleted and made again. Raises UserError where the run's
    settings or videos are gone, `folder` is none of ours, or Snakemake fails.
    """
    old = record.read(manifest)
    folder = (folder or old.folder / "results" / "reproduced" / old.run).absolute()
    _begin(folder, manifest)
    settings = dict(old.head["settings"])
    _lay_out(old, folder, settings)
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(CHECKOUT / "Snakefile"),
        "--directory",
        str(folder),
    ]
    print(f"moodreel: making run {old.run} anew in {folder}", flush=True)
    done = subprocess.run([*command, "--cores", cores, *options], cwd=CHECKOUT, check=False)
    if done.returncode:
        raise UserError(
            f"snakemake ended with status {done.returncode}; what it said stands above. The same command goes on from "
            "there."
        )
    mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    write_text(folder / MARK, json.dumps({**mark, "finished": True}))
    return folder / "results" / "runs" / old.run / record.NAME


def _begin(folder: Path, manifest: Path) -> None:
    """An empty folder with our mark, or the same reproduction that was cut off."""
    mark, of = folder / MARK, {"manifest": sha256(manifest), "finished": False}
    if folder.exists() and any(folder.iterdir()):
        if not mark.is_file():
            raise UserError(
                f"{folder}: other things lie there; give another --folder, an empty one or none that exists."
            )
        if json.loads(mark.read_text(encoding="utf-8")) == of:
            return
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(mark, json.dumps(of))


def _lay_out(old: Manifest, folder: Path, settings: dict[str, Any]) -> None:
    """What Snakemake finds in the folder: the run's settings, its table of videos, and links to what is only read."""
    videos = _videos(old)
    for row in videos:
        if row["kind"] == "file":
            row["source"] = _linked(old.folder, folder, row["source"])
        elif row["kind"] == "youtube":
            for path in (row["path"], row["path"].removesuffix(".mp4") + ".fetch.json"):
                _linked(old.folder, folder, path)
        for column in ("pose_file", "face_file"):
            row[column] = row[column] and _linked(old.folder, folder, row[column])
    models = settings["models"] = dict(settings["models"])
    for section, key in ((models, "folder"), (models, "mirror")):
        section[key] = section[key] and _linked(old.folder, folder, section[key])
    for name, key in (("apply", "models"), ("clusters", "previous")):
        section = settings[name] = dict(settings[name])
        section[key] = section[key] and _linked(old.folder, folder, section[key])
    paper = settings["paper"]["name"]
    if paper:
        _linked(CHECKOUT, folder, f"workflow/papers/{paper}/expected.yaml")
    if _leaves(settings["videos"]):
        settings["videos"] = "videos.tsv"
    write_text(folder / settings["videos"], _table(videos))
    write_text(folder / "config.yaml", yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))


def _videos(old: Manifest) -> list[dict[str, Any]]:
    path = old.where(old.files["videos.tsv"])
    if not path.is_file():
        raise UserError(
            f"{path}: there is no such table. Only a run whose folder is here can be made anew; a manifest from "
            "elsewhere is held against your own run's with `python -m moodreel compare`."
        )
    return base.read_tsv(path, VIDEOS).to_dicts()


def _table(videos: Sequence[Mapping[str, Any]]) -> str:
    columns = REQUIRED + OPTIONAL
    rows = [["" if row[column] is None else str(row[column]) for column in columns] for row in videos]
    return "".join("\t".join(cells) + "\n" for cells in [columns, *rows])


def _leaves(path: str) -> bool:
    """Whether a path leads out of the folder it counts from."""
    return os.path.isabs(path) or path.startswith("~") or ".." in Path(path).parts


def _linked(origin: Path, folder: Path, path: str) -> str:
    """The path under which `folder` has what `origin` has as `path`: the same, where a link can stand there, so that no
    setting differs; else where it lies."""
    if _leaves(path):
        return str((origin / Path(path).expanduser()).resolve())
    link, target = folder / path, (origin / path).resolve()
    if not link.is_symlink() and not link.exists() and target.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    return path
