"""Write what was read in a video's frames in the formats of other programs."""

from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.trust import UNIT_TRUST
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={**table_inputs(POSE, FACE, optional=True), "emotions": Input(EMOTION_SCORES, optional=True)},
    outputs={
        "openface": Output("the face as OpenFace's CSV", optional=True),
        "trust": Output(UNIT_TRUST, optional=True),
        "openpose": Output("the body as OpenPose's JSON: a .zip, or a folder", optional=True),
        "scores": Output("emotion scores as CSV", optional=True),
    },
    options={"video_id": Option("the video's id", required=True)},
    settings=("export",),
)
def main(job: Job) -> None:
    from moodreel.face import trust
    from moodreel.formats import openface, openpose
    from moodreel.storage.atomic import write_text

    given, out, video = job.inputs, job.outputs, job.options.video_id
    needs = {"openface": "face", "trust": "face", "openpose": "pose", "scores": "emotions"}
    paths = {name: path for name, path in vars(out).items() if path}
    needed = dict.fromkeys(needs[name] for name in paths)
    if lacking := [f"--{name}" for name in needed if getattr(given, name) is None]:
        job.refuse(f"{', '.join(f'--{name}-out' for name in paths)}: also give {', '.join(lacking)}")
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    if out.openpose:
        openpose.write(out.openpose, job.read("pose"), video)
    if out.openface:
        openface.write(out.openface, job.read("face"), absent=job.settings.export.absent)
    if out.trust:
        job.write("trust", trust.table(job.stamp_of("face").get("face_backend") or "unknown"))
    if out.scores:
        write_text(out.scores, job.read("emotions").write_csv(float_precision=6))
    print(f"{video}: " + ", ".join(map(str, paths.values())))
