"""Finds and deletes everything below results/ that was made from a video or from all videos of a performer.

What was made from what is read from three places, since none is complete: the names of files and folders, the tables
of videos of the runs, and the records of the jobs (`.jobs`), which name each job's inputs and outputs. Whatever was
made from a file that goes, goes too: clusters, classifiers and pages hold the person as well.
"""

import base64
import binascii
import csv
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moodreel.errors import UserError
from moodreel.video.table_rows import NAME
from moodreel.workflow import run_lock
from moodreel.workflow.cleanup.space import all_files, remove

FETCHED = ("youtube", "builtin-")
"""Folders of results/sources/ with media that moodreel has fetched or made, by how their names begin."""

NOTES = ("results/.jobs", "results/.cache", "results/logs", ".snakemake")
"""Folders of records, logs and caches."""


@dataclass(frozen=True)
class Traces:
    """What is left of videos.

    `videos`: their ids. `derived`: files and folders below the top folder, none inside another. `kept`: sentences about
    what this command does not delete.
    """

    videos: tuple[str, ...]
    derived: tuple[Path, ...]
    kept: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """The size of `derived` in bytes."""
        return sum(file.lstat().st_size for path in self.derived for file in all_files(path))

    def lines(self) -> Iterator[str]:
        """The traces as lines of text; records, logs and caches are counted by folder."""
        notes: Counter[str] = Counter()
        for path in self.derived:
            note = next((folder for folder in NOTES if f"{folder}/" in f"{path.as_posix()}/"), None)
            if note is None:
                yield f"{path}{'/' if path.is_dir() and not path.is_symlink() else ''}"
            else:
                notes[note] += sum(1 for _ in all_files(path))
        yield from (f"{folder}/: {count} files that name them" for folder, count in sorted(notes.items()))
        if self.kept:
            yield "Not deleted by this command:"
            yield from (f"- {sentence}" for sentence in self.kept)


def find(*, performer: str | None = None, video: str | None = None, top: Path = Path()) -> Traces:
    """The traces of a performer, or of a video, below `top`. Raises UserError unless exactly one of them is given, and
    where nothing is known of them."""
    if (performer is None) == (video is None):
        raise UserError("give either --performer NAME or --video ID")
    if not NAME.fullmatch(name := performer if performer is not None else video or ""):
        raise UserError(f"nothing is known of a {'video' if performer is None else 'performer'} {name!r}")
    found = [_find(folder, performer, video) for folder in (top, *sorted(top.glob("results/reproduced/*")))]
    if not any(traces.videos or traces.derived for traces in found):
        what = f"performer {performer!r}" if performer is not None else f"video {video!r}"
        raise UserError(
            f"{(top / 'results').absolute()}: nothing is known of a {what}. The names are those of the table of "
            "videos; the tables of runs are results/runs/*/videos.tsv."
        )
    return Traces(
        tuple(sorted({name for traces in found for name in traces.videos})),
        tuple(path for traces in found for path in traces.derived),
        tuple(dict.fromkeys(sentence for traces in found for sentence in traces.kept)),
    )


def delete(traces: Traces, top: Path = Path()) -> None:
    """Delete the derived files. Raises UserError while a run is at work."""
    with run_lock.kept_idle(top):
        remove(traces.derived, top)


def _find(top: Path, performer: str | None, video: str | None) -> Traces:
    results = top / "results"
    tables: dict[Path, list[dict[str, str]]] = {}
    unread: list[Path] = []
    for path in sorted(results.glob("runs/*/videos.tsv")):
        try:
            tables[path.parent] = _rows(path)
        except (OSError, ValueError, csv.Error):
            unread.append(path)
    rows = [row for table in tables.values() for row in table]
    mine = [row for row in rows if row["video"] == video or row["performer"] == performer]
    videos = {row["video"] for row in mine} | ({video} if video is not None else set())
    performers = {row["performer"] for row in mine} | ({performer} if performer is not None else set())
    if performer is not None:
        videos |= _videos_measured_against(results, performer)
    shared = {row["path"] for row in rows if row["video"] not in videos}
    media = {row["path"] for row in mine if row["path"]}
    fetched = {path for path in media - shared if _is_fetched(results, top / path)}
    paths = {results / "videos" / name for name in videos} | {results / "performers" / name for name in performers}
    paths |= {file for path in fetched for file in (top / path).parent.glob(f"{_escaped(Path(path).stem)}.*")}
    paths -= {top / path for path in shared}
    paths |= {top / path for path in _made_from(results, {_under(path, top) for path in paths})}
    paths |= {folder for folder, table in tables.items() if any(row["video"] in videos for row in table)}
    paths = {path for path in paths if path.is_symlink() or path.exists()}
    if mine or paths:
        names = videos | performers | {Path(path).name for path in media - shared}
        others = {row[key] for row in rows for key in ("video", "performer")} | _folder_names(results)
        paths |= set(_notes(top, names, others - names, {_under(path, top) for path in paths}))
    derived = sorted(path for path in paths if not any(parent in paths for parent in path.parents))
    kept = [f"{path}: the video itself" for path in sorted(media - fetched - shared)]
    kept += [f"{path}: other videos use it too" for path in sorted(media & shared)]
    kept += [f"{table}: remove its rows, or the next run reads the videos again" for table in _sources(tables, videos)]
    kept += [f"{path.parent}: {path.name} is damaged, so that it may hold them too; delete the run" for path in unread]
    if paths:
        kept.append("copies outside results/: exports, pages and models that you passed on, and backups")
    return Traces(tuple(sorted(videos)) if mine or paths else (), tuple(derived), tuple(kept))


def _rows(path: Path) -> list[dict[str, str]]:
    """Video, performer and path of each row of a run's table of videos. Raises OSError, ValueError or csv.Error where
    it is damaged."""
    columns = ("video", "performer", "path")
    if not path.is_file():
        raise FileNotFoundError(path)
    with open(path, encoding="utf-8", newline="") as text:
        return [{name: row.get(name) or "" for name in columns} for row in csv.DictReader(text, delimiter="\t")]


def _records(results: Path) -> Iterator[Mapping[str, Mapping[str, object]]]:
    """Inputs and outputs of the jobs."""
    for path in (results / ".jobs").rglob("*.json"):
        with suppress(OSError, ValueError):
            record = json.loads(path.read_bytes()) if path.is_file() else None
            if isinstance(record, dict) and all(isinstance(record.get(key), dict) for key in ("inputs", "outputs")):
                yield record


def _videos_measured_against(results: Path, performer: str) -> set[str]:
    """Videos whose faces were measured against the neutral face of `performer`, also those that no run names."""
    neutral = f"results/performers/{performer}/"
    paths = (
        path for record in _records(results) if _any_in(record["inputs"], (neutral,)) for path in record["outputs"]
    )
    return {parts[2] for path in paths if (parts := Path(path).parts)[:2] == ("results", "videos") and len(parts) > 2}


def _made_from(results: Path, paths: set[str]) -> set[str]:
    """All outputs of jobs that took any of `paths`, or files in them, or what was made from these. From the top."""
    records = list(_records(results))
    known, new = set(paths), set(paths)
    while new:
        folders = {str(parent) for path in new for parent in Path(path).parents if len(parent.parts) > 2}
        takers = [one for one in records if _any_in(one["inputs"], new) or folders & one["inputs"].keys()]
        new = {path for record in takers for path in record["outputs"]} - known
        known |= new
    return {path for path in known - paths if Path(path).parts[:1] == ("results",) and ".." not in Path(path).parts}


def _any_in(paths: Iterable[str], folders: Iterable[str]) -> bool:
    wanted = {folder.rstrip("/") for folder in folders}
    return any(path in wanted or any(str(parent) in wanted for parent in Path(path).parents) for path in paths)


def _folder_names(results: Path) -> set[str]:
    """Videos and performers that have tables."""
    return {path.name for folder in ("videos", "performers") for path in results.glob(f"{folder}/*")}


def _notes(top: Path, names: set[str], others: set[str], paths: set[str]) -> Iterator[Path]:
    """Records, logs and caches that have one of `names` in them, or tell of the files or folders `paths`.

    A name may be the beginning of one of the `others` (`anna`, `anna.2`): the longest one counts.
    """
    results = top / "results"
    for path in paths:
        record = results / ".jobs" / Path(path).relative_to("results")
        yield from (
            one
            for one in (record, *(record.with_name(record.name + end) for end in (".json", ".digests")))
            if one.exists()
        )
    yield from (one for name in names for one in (results / ".jobs").glob(f"[vp]*/{_escaped(name)}"))
    words = "|".join(re.escape(name) for name in sorted({*names, *others} - {""}, key=len, reverse=True))
    pattern, wanted = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-])".encode()), {os.fsencode(name) for name in names}

    def names_them(file: Path) -> bool:
        with suppress(OSError):
            content = file.read_bytes() if file.is_file() else b""  # opening a pipe would wait for its writer
            text = os.fsencode(file.name) + b"\n" + content
            return any(found.group() in wanted for found in pattern.finditer(text))
        return False

    for folder in (results / "logs", results / ".cache" / "up_to_date", top / ".snakemake" / "log"):
        yield from filter(names_them, all_files(folder))
    yield from filter(names_them, all_files(results / ".cache" / "marks.json"))
    metadata = top / ".snakemake" / "metadata"
    for file in all_files(metadata):
        with suppress(binascii.Error, UnicodeDecodeError):
            output = base64.urlsafe_b64decode("".join(file.relative_to(metadata).parts)).decode()
            if _any_in([output], paths):
                yield file


def _is_fetched(results: Path, path: Path) -> bool:
    """Whether moodreel has fetched or made the medium: not a link to a file of somebody else."""
    try:
        folder = path.relative_to(results / "sources").parts[0]
    except (ValueError, IndexError):
        return False
    return folder.startswith(FETCHED) and not path.is_symlink()


def _sources(tables: Mapping[Path, list[dict[str, str]]], videos: set[str]) -> list[str]:
    """The tables of videos that the runs were given, as their settings name them."""
    found = set()
    for folder, rows in tables.items():
        settings = folder / "settings.yaml"
        if any(row["video"] in videos for row in rows) and settings.is_file():
            named = re.search(r"^videos: (.+)$", settings.read_text(encoding="utf-8"), re.MULTILINE)
            found.add(named[1] if named else f"the table of videos of the run {folder.name}")
    return sorted(found)


def _under(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix()


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)
