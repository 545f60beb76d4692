"""Cut the face out of each frame of a video with a mesh: take the crops staged by extraction, or decode the video once
more."""

from moodreel.tables.extraction import MESH
from moodreel.tables.face_crops import FACE_CROPS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import SPAN, Input, Option, Output


@declare(
    inputs={"video": Input("media file"), "mesh": Input(MESH)},
    outputs={"out": Output(FACE_CROPS)},
    options={
        "kind": Option("how the face is cut out, such as aligned-224-95", required=True),
        **SPAN,
        "threads": Option("CPU threads of OpenCV", int, default=1),
    },
    settings=("limits",),
    guarded=True,
)
def main(job: Job) -> None:
    from moodreel.face_crops import writing
    from moodreel.tables import base, staging

    video, options = job.inputs.video, job.options
    job.read("mesh", columns=[])  # checks that it is this table and version
    stamp = writing.stamp(options.kind, job.code, job.stamp_of("mesh"))
    if staging.take([job.outputs.out], writing.CropsRecipe(stamp)):
        print(f"{video}: cut out before, during extraction")
        return
    # slow to import
    import cv2

    from moodreel.video.decode import frames
    from moodreel.video.errors import VideoError
    from moodreel.video.probe import audio_start_s
    from moodreel.video.progress import Progress

    cv2.setNumThreads(options.threads)
    progress = Progress()
    progress.begin(str(video), options.start_s or 0.0)
    with base.writer(job.outputs.out, FACE_CROPS, stamp) as append:
        try:
            with frames(
                video, start_s=options.start_s, end_s=options.end_s, **job.settings.limits.decoding
            ) as decoding:
                for part in writing.cut(progress.count(decoding), job.inputs.mesh, options.kind):
                    append(part)
            stamp |= {**decoding.facts, "sound_start_s": audio_start_s(video)}
        except VideoError as error:
            stamp |= {"reason": error.reason, "detail": error.detail}
    print(f"{video}: {stamp['reason'] or f'faces cut out of one more decode ({progress})'}")
