"""Find a performer's neutral face over all their videos."""

from moodreel.tables.extraction import MESH
from moodreel.tables.face import NEUTRAL
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={"meshes": Input(MESH, many=True, optional=True)},
    outputs={"out": Output(NEUTRAL)},
    options={
        "performer": Option("the performer", required=True),
        "mesh_of": Option("path of a video's mesh, with {video} for its id; with --videos, instead of --meshes"),
        "videos": Option("ids of their videos, with --mesh-of", default=(), many=True),
    },
    settings=("action_units",),
    libraries=("numpy", "scipy"),
)
def main(job: Job) -> None:
    from pathlib import Path

    from moodreel.face import neutral

    options, settings = job.options, job.settings.action_units
    if bool(options.mesh_of) != bool(options.videos):
        job.refuse("--mesh-of and --videos go together")
    if bool(options.mesh_of) == bool(job.inputs.meshes):
        job.refuse("give --meshes, or --mesh-of and --videos")
    meshes = job.inputs.meshes or [Path(options.mesh_of.format(video=video)) for video in options.videos]
    found = neutral.find([neutral.sample_mesh(mesh, len(meshes), settings) for mesh in meshes])
    job.write("out", found.table(options.performer))
    print(f"{options.performer}: neutral face from {found.frames} frames of {found.videos} videos")
