"""Read body pose and face mesh from a video, decoding it once; or only one, where the other is imported or not read."""

from moodreel.settings.pose import NOBODY
from moodreel.tables.extraction import MESH, POSE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import CROPS, MODELS, SPAN, WHERE, Input, Output


@declare(
    inputs={"video": Input("media file"), "pose": Input(POSE, optional=True)},
    outputs={"pose": Output(POSE, optional=True), "mesh": Output(MESH, optional=True)},
    options={**MODELS, **WHERE, **SPAN, **CROPS},
    settings=("pose", "face", "extraction", "pose.backend", "limits"),
    guarded=True,
)
def main(job: Job) -> None:
    from moodreel.tables import staging

    inputs, outputs, options = job.inputs, job.outputs, job.options
    if outputs.pose and inputs.pose:
        job.refuse("give --pose-out to read the pose, or --pose to use an existing one, not both")
    if not outputs.pose and not inputs.pose and job.settings.pose.backend != NOBODY:
        job.refuse(
            "give --pose-out to read the pose, --pose to use an existing one, or pose.backend none in --settings"
        )
    if outputs.pose is None and outputs.mesh is None:
        job.refuse("give --pose-out, --mesh-out or both")
    if outputs.pose and outputs.mesh:
        recipe = staging.Recipe(
            job.code, job.given_settings, options.models, inputs.video, options.start_s, options.end_s
        )
        if staging.take((outputs.pose, outputs.mesh), recipe):
            print(f"{inputs.video}: read before, with its shard")
            return
    # slow to import: without it, taking over a shard's tables needs a tenth of the time
    from moodreel.extraction import job as extraction

    sections = extraction.Sections.of(job.given_settings)
    sections = sections.on(device=options.device, threads=options.threads, slots=options.slots)
    crops = extraction.staged_crops(outputs.mesh, options.crops) if outputs.mesh else ()
    span = options.start_s, options.end_s
    video = extraction.Video(inputs.video, outputs.pose, outputs.mesh, *span, inputs.pose, crops)
    extraction.Job(sections, options.models, job.code).extract([video])
