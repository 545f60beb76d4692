"""Import action units, head pose and gaze from a CSV of OpenFace or py-feat."""

from moodreel.settings.face import FROM_FILES
from moodreel.tables.face import FACE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import IMPORTED, Input, Option, Output


@declare(
    inputs={
        "file": Input("the CSV"),
        "video": Input("the video it was made from: gives the true times, and is checked against", optional=True),
    },
    outputs={"out": Output(FACE)},
    options={"format": Option("program that wrote it", choices=FROM_FILES, required=True), **IMPORTED},
    settings=("limits",),
    libraries=("av", "numpy", "polars", "scipy"),
    guarded=True,
)
def main(job: Job) -> None:
    from moodreel.formats import alignment, import_face, import_guard

    file, options = job.inputs.file, job.options
    span = {"start_s": options.start_s, "end_s": options.end_s, "rate_hz": options.rate_hz}
    with import_guard(file):
        rows, found = import_face(file, options.format)
        where = {"name": str(file), "video": job.inputs.video, "counted_from": found.get("counted_from", 0)}
        table, facts = alignment.place_rows(rows, **where, **span, limits=job.settings.limits)
    job.write("out", table, **{"reason": None, **span, **facts}, face_backend=options.format, imported=found)
    if facts.get("mismatch"):
        print(facts["mismatch"])
    seen = (table["status"] == "ok").sum()
    counted = f", counted from {facts['counted_from']}" if "counted_from" in facts else ""
    print(f"{file}: {facts.get('reason') or f'face in {seen} of {len(table)} frames{counted}'}")
