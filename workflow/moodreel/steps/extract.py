"""Read body pose and face mesh from a video, decoding it once; or one of them, where the other comes from elsewhere."""

from moodreel.tables.extraction import MESH, POSE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import CROPS, MODELS, SPAN, WHERE, Input, Output


@declare(
    inputs={"video": Input("media file"), "pose": Input(POSE, optional=True)},
    outputs={"pose": Output(POSE, optional=True), "mesh": Output(MESH, optional=True)},
    options={**MODELS, **WHERE, **SPAN, **CROPS},
    settings=("pose", "face", "extraction", "pose.backend"),
)
def main(job: Job) -> None:
    from moodreel.tables import staging

    given, made, told = job.inputs, job.outputs, job.options
    if (made.pose is None) == (given.pose is None):
        job.refuse("give --pose-out, where the pose is to be read, or --pose, where it is known")
    if made.pose is None and made.mesh is None:
        job.refuse("give --pose-out, --mesh-out or both")
    if made.pose and made.mesh:
        recipe = staging.Recipe(job.code, job.told, told.models, given.video, told.start_s, told.end_s)
        if staging.take((made.pose, made.mesh), recipe):
            print(f"{given.video}: read before, with its shard")
            return
    # heavy, and only now: where a shard has read the video, this takes a tenth of the time
    from moodreel.extraction import job as extraction

    sections = extraction.Sections.of(job.told).on(device=told.device, threads=told.threads, slots=told.slots)
    crops = extraction.crops_beside(made.mesh, told.crops) if made.mesh else ()
    video = extraction.Video(given.video, made.pose, made.mesh, told.start_s, told.end_s, given.pose, crops)
    extraction.Job(sections, told.models, job.code).extract([video])
