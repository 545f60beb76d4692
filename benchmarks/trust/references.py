"""The references of action units (the truth of the built-in actors, and OpenFace's tables of real clips), and our
readings of the same clips, by the package's own steps."""

import contextlib
import difflib
import importlib
import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import polars as pl

import moodreel.formats.openface as openface_csv
from benchmarks.inputs import fetch_networks
from benchmarks.trust.agreement import WEAK, Pair, correlation_of
from moodreel import pose
from moodreel.demo import catalogue
from moodreel.errors import UserError
from moodreel.extraction.job import Job, Sections, Video
from moodreel.face import mesh
from moodreel.storage.fingerprint import fingerprint
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS, FACE
from moodreel.tables.staging import Recipe
from moodreel.tables.truth import TRUTH

ACTORS, OPENFACE = REFERENCES = ("actors", "openface")
BACKENDS = ("facemesh", "blendshapes")

LEVELS = 5.0
"""The intensity of an activation of 1, the most that an actor shows."""

SCALE = {ACTORS: LEVELS, OPENFACE: 1.0}
"""Levels, 0..5, per unit of the reference."""

MIN_CONFIDENCE = 0.5
"""OpenFace's own confidence below which its rows are left out, even with `success`."""

LARGEST_SHIFT = 10
"""Largest shift that is tried, in frames."""

PEOPLE = "people.tsv"
TABLE_SUFFIXES = {".csv", ".openface"}
VIDEO_SUFFIXES = {".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".ogv", ".mts", ".3gp"}


@dataclass(frozen=True)
class Clip:
    """A clip with its reference.

    `truth` holds the rows of the reference that count: `frame`, the index of the decoded frame, and `AU01`, ... on
    0..5. `frames` is the number of frames in the reference, including those that do not count.
    """

    name: str
    person: str
    reference: str
    video: Path
    truth: pl.DataFrame
    frames: int

    @property
    def units(self) -> list[int]:
        """The action units in the reference."""
        return [int(name[2:]) for name in self.truth.columns if name.startswith("AU")]


def run_step(step: str, *arguments: object) -> None:
    """Run a step of the package in this process, without its output: separate processes would spend most of the time on
    their start. Raises what the step raises."""
    module = importlib.import_module(f"moodreel.steps.{step}")
    with contextlib.redirect_stdout(io.StringIO()):
        module.main([*map(str, arguments)])


def actors(folder: Path, takes: Iterable[int]) -> list[Clip]:
    """The built-in clips of these takes, made in `folder` where they do not exist yet."""
    code = fingerprint("steps.actor")
    clips = []
    for clip in catalogue.CLIPS:
        if clip.take not in set(takes):
            continue
        video, truth = folder / f"{clip.video}.mp4", folder / f"{clip.video}.truth.parquet"
        if not (video.is_file() and truth.is_file() and base.read_stamp(truth).get("code") == code):
            run_step("actor", "--source", clip.source, "--code", code, "--out", video, "--truth-out", truth)
        shown = base.read(truth, TRUTH).select("frame", pl.col("^au\\d+$").cast(pl.Float64) * LEVELS)
        shown = shown.rename({name: name.upper() for name in shown.columns if name != "frame"})
        clips.append(Clip(clip.video, clip.person, ACTORS, video, shown, len(shown)))
    return clips


def openface(*folders: Path) -> list[Clip]:
    """The clips in `folders` and their subfolders that have OpenFace's CSV next to them.

    `<name>.csv`, `<name>.openface.csv` or `<name>.openface` belongs to the video `<name>` in the same folder, with any
    extension. A clip is named by its path in its folder without extension; with several folders, preceded by the
    folder's own name. A `people.tsv` in a folder with columns `clip` (that path or the name alone) and `person` names
    the person, with one namespace for all folders; a clip that is not in it counts as a person of its own. Its column
    `face_id`, if any, gives the person's faces in OpenFace: `2`, or `0,3` where its tracker gave one person several
    numbers; by default, the face with the most confidence.

    A table that cannot be read is reported and left out. Raises UserError where a folder has no readable table, where
    two folders have the same name, or where `people.tsv` names a clip that does not exist, one clip twice, or no face.
    """
    names = [folder.resolve().name for folder in folders]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"--openface: several folders are called {', '.join(doubled)}. Rename or join them.")
    return [
        clip
        for folder, name in zip(folders, names, strict=True)
        for clip in _clips_in(folder, f"{name}/" if len(folders) > 1 else "")
    ]


def _clips_in(folder: Path, before: str) -> list[Clip]:
    found = {}
    for csv in sorted(folder.rglob("*")):
        if csv.suffix.lower() in TABLE_SUFFIXES and (video := _video_of(csv)):
            found[video.relative_to(folder).with_suffix("").as_posix()] = (video, csv)
    people = _people(folder / PEOPLE, list(found)) if (folder / PEOPLE).is_file() else {}
    clips = []
    for name, (video, csv) in found.items():
        person, faces = people.get(name, (before + name, ()))
        try:
            clips.append(Clip(before + name, person, OPENFACE, video, *read_openface(csv, faces)))
        except UserError as error:
            print(f"{before + name} is left out: {error}", file=sys.stderr)
    if not clips:
        raise UserError(
            f"{folder}: no pair of a video and OpenFace's CSV, <name>.mp4 and <name>.openface.csv, is in it"
        )
    return clips


def _video_of(csv: Path) -> Path | None:
    name = csv.stem.removesuffix(".openface").removesuffix("_openface")
    for path in sorted(csv.parent.iterdir()):
        if path.suffix.lower() in VIDEO_SUFFIXES and name in (path.stem, path.name):
            return path
    return None


def _people(path: Path, names: Sequence[str]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """By clip, the person and their faces in OpenFace; none: the one with the most confidence."""
    table = pl.read_csv(path, separator="\t", infer_schema=False)
    if not {"clip", "person"} <= set(table.columns):
        raise UserError(f"{path}: expected the columns clip and person, found {', '.join(table.columns)}")
    if "face_id" not in table.columns:
        table = table.with_columns(face_id=pl.lit(None, pl.String))
    people = {}
    for clip, person, face_id in table.select("clip", "person", "face_id").iter_rows():
        matches = [name for name in names if clip in (name, name.rsplit("/", 1)[-1])]
        if len(matches) != 1:
            near = difflib.get_close_matches(clip, names, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UserError(f"{path}: {len(matches)} clips are called {clip!r}; clips are {', '.join(names)}.{hint}")
        if matches[0] in people:
            raise UserError(f"{path}: the clip {matches[0]} is listed twice; one person is judged in each clip.")
        faces = re.split(r"\s*,\s*", face_id.strip()) if face_id and face_id.strip() else []
        if not all(face.isdecimal() for face in faces):
            raise UserError(f"{path}: {clip}: face_id {face_id!r}; expected numbers such as 2 or 0,3")
        people[matches[0]] = (person, tuple(map(int, faces)))
    return people


def read_openface(csv: Path, faces: Sequence[int] = ()) -> tuple[pl.DataFrame, int]:
    """The rows of OpenFace's CSV with sufficient confidence, `frame` from 0 and the intensities of its units, and its
    number of frames; of several faces, those with these `faces` as face_id, or the most confident.

    Rows are matched by frame number; OpenFace's times are nominal. Raises UserError where the file is not such a table,
    or has no such face.
    """
    rows = openface_csv.read(csv, faces)
    sure = rows.filter((pl.col("status") == "ok") & (pl.col("confidence").fill_null(1) >= MIN_CONFIDENCE))
    units = [name for name in rows.columns if re.fullmatch(r"AU\d\d_r", name) and sure[name].count()]
    truth = sure.select(
        pl.col("frame").cast(pl.Int32), *(pl.col(name).cast(pl.Float64).alias(name[:4]) for name in units)
    )
    return truth, cast(int, rows["frame"].max()) + 1 if len(rows) else 0


def pair_units(clip: Clip, face: pl.DataFrame, shift: int = 0) -> Iterator[Pair]:
    """Each unit of the clip's reference with ours, in the frames of the reference; ours is NaN where unread.

    Rows are matched by frame index, with the reference shifted later by `shift` frames.
    """
    joined = clip.truth.with_columns(pl.col("frame") + shift).join(face, on="frame").sort("frame")
    for unit in clip.units:
        if unit in ACTION_UNITS:
            both = joined.select("time_s", f"AU{unit:02d}_r", f"AU{unit:02d}").drop_nulls(f"AU{unit:02d}")
            if len(both):
                yield Pair(unit, clip.name, clip.person, *both.cast(pl.Float64).fill_null(np.nan).to_numpy().T)


def best_shift(clip: Clip, face: pl.DataFrame) -> int | None:
    """The number of frames by which the reference is early, at the best agreement of its moving units; None where they
    do not agree at any shift.

    A value far from 0 indicates a table of another video, or of a cut or resampled copy.
    """
    found = {}
    for shift in range(-LARGEST_SHIFT, LARGEST_SHIFT + 1):
        moving = [pair for pair in pair_units(clip, face, shift) if pair.counts and not pair.unread]
        found[shift] = np.mean([correlation_of(pair) for pair in moving]) if moving else -np.inf
    best = max(found, key=lambda shift: (found[shift], -abs(shift)))
    return best if found[best] >= WEAK else None


def faces(
    clips: Sequence[Clip], backend: str, folder: Path, *, networks: Path, mirror: Path | None
) -> dict[str, pl.DataFrame]:
    """The FACE table of each clip with the face backend `backend`, by the clip's name.

    A mesh that was made in `folder` by the same code, settings and networks from the same video is reused. Raises
    UserError where the networks cannot be fetched.
    """
    meshes = _meshes(clips, backend, folder, networks, mirror)
    of_person = defaultdict(list)
    for clip in clips:
        of_person[clip.reference, clip.person].append(clip.name)
    tables = {}
    for (_, person), names in of_person.items():
        neutral = meshes[names[0]].with_name("neutral.parquet")
        own = [meshes[name] for name in names]
        run_step("neutral", f"--performer={person}", "--out", neutral, "--meshes", *own)
        for name in names:
            out = meshes[name].with_name("face.parquet")
            run_step("face", "--mesh", meshes[name], "--neutral", neutral, "--out", out)
            tables[name] = base.read(out, FACE)
    return tables


def _meshes(clips: Sequence[Clip], backend: str, folder: Path, networks: Path, mirror: Path | None) -> dict[str, Path]:
    sections = Sections.of({"face": {"backend": backend}})
    fetch_networks((*pose.MODELS[sections.pose.backend], *mesh.MODELS[backend]), networks, mirror)
    modules = (pose.BACKENDS[sections.pose.backend], mesh.BACKENDS[backend])
    code = fingerprint("steps.extract", *(module.removeprefix("moodreel.") for module in modules))
    settings = {name: section.model_dump(mode="json") for name, section in vars(sections).items()}
    made = {clip.name: folder / clip.reference / clip.name / "mesh.parquet" for clip in clips}
    missing = [
        Video(clip.video, made[clip.name].with_name("pose.parquet"), made[clip.name])
        for clip in clips
        if not Recipe(code, settings, networks, clip.video, None, None).matches(made[clip.name])
    ]
    if missing:
        cv2.setNumThreads(sections.extraction.threads)
        Job(sections, networks, code).extract(missing)
    return made
