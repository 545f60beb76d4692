"""Write everything that was read in a video's frames as one table, with the frames that count."""

from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING
from moodreel.tables.frames import FRAMES
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output, table_inputs


@declare(
    inputs=table_inputs(SCREENING, POSE, FACE),
    outputs={"out": Output(FRAMES)},
    options={"video_id": Option("the video's id", required=True)},
    settings=("features", "screen.level", "screen.min_face_confidence"),
    libraries=("polars", "pyarrow"),
)
def main(job: Job) -> None:
    from moodreel.errors import UserError
    from moodreel.formats import frames

    video, path, settings = job.options.video_id, job.outputs.out, job.settings
    screened = job.read("screening").filter(video=video).to_dicts()
    if not screened:
        raise UserError(f"{job.inputs.screening}: it has no video {video}; give one of its ids as --video-id.")
    is_dropped = not screened[0]["kept"]
    table = frames.join(video, job.read("pose"), job.read("face"), is_dropped, settings.features, settings.screen)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frames.write_csv(path, table)
    else:
        job.write("out", table)
    print(f"{path}: {len(table)} frames, {int(table['kept'].sum())} of them count")
