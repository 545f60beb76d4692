"""The action units that we read in clips: extraction, resting faces and face tables, by the package's own steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import polars as pl

from benchmarks.inputs import fetch_networks
from benchmarks.trust.references import Clip, run_step
from moodreel import pose
from moodreel.extraction.job import Job, Sections, Video
from moodreel.face import mesh
from moodreel.storage.fingerprint import fingerprint
from moodreel.tables import base
from moodreel.tables.face import FACE
from moodreel.tables.staging import Recipe

BACKENDS = ("facemesh", "blendshapes")


def faces(
    clips: Sequence[Clip], backend: str, folder: Path, *, networks: Path, mirror: Path | None
) -> dict[str, pl.DataFrame]:
    """The FACE table of each clip with the face backend `backend`, by the clip's name.

    A mesh that was made in `folder` by the same code, settings and networks from the same video is taken as it is.
    Raises UserError where the networks cannot be had.
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
