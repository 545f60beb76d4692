"""Take over the body pose that OpenPose has read."""

from __future__ import annotations

from moodreel.tables.extraction import POSE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import IMPORTED, Input, Output


@declare(
    inputs={
        "file": Input("OpenPose's JSON: a folder, .zip or .tar(.gz)"),
        "video": Input("the video it was made of: tells the true times, and is checked against", optional=True),
    },
    outputs={"out": Output(POSE)},
    options=IMPORTED,
    settings=("pose",),
    libraries=("av", "numpy", "polars", "pyarrow"),
)
def main(job: Job) -> None:
    from moodreel.formats import alignment, openpose
    from moodreel.formats.openpose.belief import drop_unsure

    file, span = job.inputs.file, vars(job.options)
    poses, facts = alignment.place_rows(openpose.read(file), name=str(file), video=job.inputs.video, **span)
    believed = drop_unsure(poses, job.settings.pose, facts.get("width"), facts.get("height"))
    job.write("out", believed, **{"reason": None, **span, "format": "openpose", **facts})
    if facts.get("mismatch"):
        print(facts["mismatch"])
    seen = (poses["status"] == "ok").sum()
    print(f"{file}: {facts.get('reason') or f'person in {seen} of {len(poses)} frames'}")
