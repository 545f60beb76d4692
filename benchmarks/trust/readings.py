"""The action units that we read in clips: extraction, resting faces and face tables, by the package's own steps."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.trust import steps
from benchmarks.trust.references import Clip
from moodreel import pose
from moodreel.errors import UserError
from moodreel.extraction.job import Job, Sections, Video
from moodreel.face import mesh
from moodreel.networks import making
from moodreel.settings.models import ModelsSettings
from moodreel.storage import atomic
from moodreel.storage.fingerprint import fingerprint
from moodreel.tables import base
from moodreel.tables.face import FACE

BACKENDS = ("facemesh", "blendshapes")


def faces(
    clips: Sequence[Clip], backend: str, folder: Path, *, networks: Path, mirror: Path | None
) -> dict[str, pl.DataFrame]:
    """The FACE table of each clip with the face backend `backend`, by the clip's name.

    What was made in `folder` by the same code, settings and networks from the same files is taken as it is. Raises
    UserError where the backend or its networks cannot be had.
    """
    meshes = _meshes(clips, backend, folder, networks, mirror)
    neutrals = _neutrals(clips, meshes)
    code = fingerprint("steps.face")
    tables = {}
    for clip in clips:
        mesh_file, neutral = meshes[clip.name], neutrals[clip.reference, clip.person]
        out = mesh_file.with_name("face.parquet")
        inputs = {str(path): atomic.sha256(path) for path in (mesh_file, neutral)}
        if not _made_so(out, {"code": code, "inputs": inputs}):
            steps.run("face", "--code", code, "--mesh", mesh_file, "--neutral", neutral, "--out", out)
        tables[clip.name] = base.read(out, FACE)
    return tables


def _meshes(clips: Sequence[Clip], backend: str, folder: Path, networks: Path, mirror: Path | None) -> dict[str, Path]:
    if backend not in mesh.BACKENDS:
        raise UserError(f"there is no face backend {backend!r} yet")
    sections = Sections.of({"face": {"backend": backend}})
    names = (*pose.MODELS[sections.pose.backend], *mesh.MODELS[backend])
    making.make(names, networks, ModelsSettings(mirror=str(mirror) if mirror else None))
    modules = (pose.BACKENDS[sections.pose.backend], mesh.BACKENDS[backend])
    job = Job(
        sections, networks, fingerprint("steps.extract", *(module.removeprefix("moodreel.") for module in modules))
    )
    made = {clip.name: folder / clip.reference / clip.name / "mesh.parquet" for clip in clips}
    missing = []
    for clip in clips:
        out = made[clip.name]
        video = Video(clip.video, out.with_name("pose.parquet"), out)
        stamp = job.stamp_of(video)
        if not _made_so(out, {key: stamp[key] for key in ("code", "settings", "models", "inputs")}):
            missing.append(video)
    if missing:
        job.extract(missing)
    return made


def _neutrals(clips: Sequence[Clip], meshes: dict[str, Path]) -> dict[tuple[str, str], Path]:
    """The resting face of each person of each reference, over all their clips; it lies beside their first mesh."""
    of_person = defaultdict(list)
    for clip in clips:
        of_person[clip.reference, clip.person].append(meshes[clip.name])
    code = fingerprint("steps.neutral")
    neutrals = {}
    for (reference, person), own in of_person.items():
        out = neutrals[reference, person] = own[0].with_name("neutral.parquet")
        made_of = hashlib.sha256("".join(map(atomic.sha256, own)).encode()).hexdigest()[:16]
        if not _made_so(out, {"code": f"{code}-{made_of}"}):
            steps.run("neutral", "--code", f"{code}-{made_of}", f"--performer={person}", "--out", out, "--meshes", *own)
    return neutrals


def _made_so(path: Path, wanted: dict[str, Any]) -> bool:
    """Whether the file is there and its stamp says the same."""
    if not path.is_file():
        return False
    stamp = base.read_stamp(path)
    return {key: stamp.get(key) for key in wanted} == json.loads(json.dumps(wanted, default=str))
