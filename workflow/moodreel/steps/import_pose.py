"""Import the body pose from OpenPose's JSON."""

from moodreel.tables.extraction import POSE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import IMPORTED, Input, Output


@declare(
    inputs={
        "file": Input("OpenPose's JSON: a folder, .zip or .tar(.gz)"),
        "video": Input("the video it was made from: gives the true times, and is checked against", optional=True),
    },
    outputs={"out": Output(POSE)},
    options=IMPORTED,
    settings=("pose", "limits"),
    libraries=("av", "numpy", "polars", "pyarrow"),
    guarded=True,
)
def main(job: Job) -> None:
    from moodreel.formats import alignment, import_guard, openpose
    from moodreel.formats.openpose.belief import drop_unsure

    file, span = job.inputs.file, vars(job.options)
    with import_guard(file):
        where = {"name": str(file), "video": job.inputs.video}
        poses, facts = alignment.place_rows(openpose.read(file), **where, **span, limits=job.settings.limits)
        accepted = drop_unsure(poses, job.settings.pose, facts.get("width"), facts.get("height"))
    seen, count = (poses["status"] == "ok").sum(), len(poses)
    del poses
    job.write("out", accepted, **{"reason": None, **span, "format": "openpose", **facts})
    if facts.get("mismatch"):
        print(facts["mismatch"])
    counted = f", counted from {facts['counted_from']}" if "counted_from" in facts else ""
    print(f"{file}: {facts.get('reason') or f'person in {seen} of {count} frames{counted}'}")
