"""The size of results/ by kind, which kinds may be deleted, and the cost of making them again.

Nothing is deleted unless a kind is named, and never files that moodreel did not make, nor the tables of a run. The
targets of links below results/ may belong to another project: they are neither counted nor deleted.
"""

import difflib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage.atomic import leftovers
from moodreel.workflow import run_lock
from moodreel.workflow.cleanup import required_tables

RESULTS = Path("results")


@dataclass(frozen=True)
class Kind:
    """One kind of results.

    paths: files and folders, from the top folder; `without` lists those in them that belong to other kinds.
    again: the cost of making it again, in words.
    deletable: whether `--delete` accepts it.
    """

    name: str
    holds: str
    again: str
    paths: Sequence[Path]
    deletable: bool = True
    without: frozenset[Path] = frozenset()

    @cached_property
    def bytes(self) -> int:
        """Its size in bytes. The targets of links do not count."""
        files = (file for path in self.paths for file in all_files(path) if not _inside(file, self.without))
        return sum(file.lstat().st_size for file in files)


def survey(top: Path = Path()) -> list[Kind]:
    """All kinds; every file under results/ belongs to exactly one, unknown files to `other`. Raises UserError where
    there is no results/."""
    results = top / RESULTS
    if not results.is_dir():
        raise UserError(f"{results.absolute()}: there is no such folder; go to the folder in which snakemake runs.")
    claimed: set[Path] = set()
    kinds = []
    for name, holds, again, find in _KINDS:
        paths = [path for path in sorted(find(results)) if not _inside(path, claimed)]
        kinds.append(Kind(name, holds, again, paths, name not in _KEPT, frozenset(claimed)))
        claimed.update(paths)
    within = (file for entry in results.iterdir() for file in all_files(entry))
    rest = [file for file in within if not _inside(file, claimed) and file.name != ".gitkeep"]
    return [*kinds, Kind("other", "files unknown to moodreel", "unknown: check them yourself", rest, deletable=False)]


def delete(name: str, top: Path = Path()) -> str:
    """Delete all of one kind; return a message. Raises UserError for a kind that is unknown or not deletable."""
    kinds = {kind.name: kind for kind in survey(top)}
    if name not in kinds:
        near = difflib.get_close_matches(name, kinds, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        allowed = ", ".join(kind.name for kind in kinds.values() if kind.deletable)
        raise UserError(f"there is no kind {name!r}.{hint} Allowed: {allowed}")
    kind = kinds[name]
    if not kind.deletable:
        raise UserError(f"{name} ({kind.holds}) are not deleted by this command: making them again costs {kind.again}.")
    size, count = kind.bytes, len(kind.paths)
    with run_lock.kept_idle(top):
        remove(kind.paths, top)
    return f"deleted {name}: {count} of them, {size / 1e6:.1f} MB"


def lines(kinds: Sequence[Kind]) -> Iterator[str]:
    """The survey as lines of text."""
    yield f"{'kind':14} {'MB':>9}  content; cost of making it again"
    for kind in kinds:
        if kind.bytes:
            yield f"{kind.name:14} {kind.bytes / 1e6:9.1f}  {kind.holds}; {kind.again}"
    some = [kind.name for kind in kinds if kind.deletable and kind.bytes]
    yield ""
    if some:
        yield f"To delete all of a kind ({', '.join(some)}) while no run is going on:"
        yield "    .venv/bin/moodreel space --delete KIND"


def all_files(path: Path) -> Iterator[Path]:
    """Files and links in a folder, or the file itself, without the contents of linked folders."""
    if path.is_dir() and not path.is_symlink():
        for folder, folders, names in os.walk(path):
            linked = [name for name in folders if Path(folder, name).is_symlink()]
            yield from (Path(folder, name) for name in [*names, *linked])
    elif path.is_symlink() or path.exists():
        yield path


def remove(paths: Iterable[Path], top: Path) -> None:
    """Delete files and folders, links without what they point to, and folders that a deleted file leaves empty."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
            _prune(path.parent, top / RESULTS)


def _prune(folder: Path, results: Path) -> None:
    """Remove the folder, and its parents up to `results`, as long as they are empty."""
    while folder not in (results, *results.parents):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _inside(path: Path, claimed: Set[Path]) -> bool:
    return path in claimed or any(parent in claimed for parent in path.parents)


def _behind_link(path: Path, results: Path) -> bool:
    """Whether the path leads through a link; results/ itself may be one."""
    inside = path.relative_to(results).parents
    return any((results / parent).is_symlink() for parent in inside if parent.parts)


def _globs(*patterns: str) -> Callable[[Path], list[Path]]:
    return lambda results: [
        path for pattern in patterns for path in results.glob(pattern) if not _behind_link(path, results)
    ]


def _unnamed(results: Path) -> Iterator[Path]:
    """Per-video files that no run requires; links are left out, since one may lead to a folder with tables of a run."""
    known = required_tables.by_runs(results)
    if known is not None:
        for folder in ("videos", "performers"):
            files = (file for file in all_files(results / folder) if not file.is_symlink())
            yield from (file for file in files if not _inside(file, known))


def _temporary(results: Path) -> Iterator[Path]:
    """Temporary files of killed jobs: of processes of this host that have ended, and of other hosts if a day old."""
    for folder, folders, _ in os.walk(results):
        left = {path.name: path for path in leftovers(Path(folder))}
        folders[:] = [name for name in folders if name != "logs" and name not in left]
        yield from left.values()


_NEXT = "made again by the run's next `snakemake`"
_EXTRACTION = "decoding the video and running the networks again"
_KINDS: tuple[tuple[str, str, str, Callable[[Path], Iterable[Path]]], ...] = (
    ("temporaries", "left by jobs that were killed", "nothing", _temporary),
    ("reproduced", "runs made again by `make reproduce`", "as long as the run took", _globs("reproduced")),
    (
        "staged",
        "staged tables that no job has taken yet",
        _EXTRACTION,
        _globs("videos/*/*/staged", "videos/*/*/crops-*/staged"),
    ),
    (
        "unnamed",
        "tables of videos, or of settings, that no run requires any more",
        f"{_EXTRACTION}, if a run needs these settings again",
        _unnamed,
    ),
    (
        "meshes",
        "the 478 points of every frame, in tables that runs require",
        f"{_EXTRACTION}, once action units, their folds or the gallery are made again",
        _globs("videos/*/*/mesh.parquet"),
    ),
    (
        "crops",
        "the face cut out of every frame, in tables that runs require",
        "one more decode of each video, once they are needed again",
        _globs("videos/*/*/crops-*"),
    ),
    (
        "clips",
        "built-in clips and what they show",
        "rendering, about a second each, once they are needed again; then all of their tables are made again",
        _globs("sources/builtin-*"),
    ),
    (
        "downloads",
        "videos fetched from the web",
        "a download each, if they still exist, and reading them again",
        _globs("sources/youtube"),
    ),
    (
        "networks",
        "networks and their originals",
        "fetching and converting once a video is read; then all videos are read again",
        _globs("models"),
    ),
    (
        "caches",
        "caches of numba, matplotlib, benchmarks, content marks of videos, up-to-date runs",
        "slower first steps once; videos touched since they were read are read again",
        _globs(".cache"),
    ),
    ("previews", "paired clips", _NEXT, _globs("runs/*/pairs")),
    ("gallery", "pictures of the clusters", f"{_NEXT}, with figures and report", _globs("runs/*/gallery")),
    ("figures", "drawings", f"{_NEXT}, with the report", _globs("runs/*/figures")),
    ("films", "annotated films", f"{_NEXT}, with the report", _globs("runs/*/annotated")),
    ("exports", "tables for other programs", _NEXT, _globs("runs/*/exports")),
    (
        "evaluation",
        "scores and predictions of single jobs",
        "the whole evaluation, once its summary is made again",
        _globs("runs/*/evaluation"),
    ),
    ("logs", "output of jobs", "not made again", _globs("logs")),
    ("trust", "results of `make validate`", "`make validate`", _globs("trust")),
    ("tables", "per-video tables of runs", f"{_EXTRACTION}: the most costly part", _globs("videos", "performers")),
    ("sources", "other sources", "your own files", _globs("sources")),
    ("runs", "results; to delete a run: rm -r results/runs/<run>", "the run", _globs("runs")),
    (
        "notes",
        "records of all other files",
        "the origin of results, and changes since, would be unknown",
        lambda results: [
            *_globs("extractions.tsv", ".jobs", ".*.lock", ".*.json")(results),
            results.parent / ".snakemake",
        ],
    ),
)
_KEPT = {"downloads", "tables", "sources", "runs", "notes"}
"""Kinds that are not deletable."""
