"""Import all of OpenFace's columns, unchanged, on the frames of the video's face table."""

from moodreel.tables.face import FACE
from moodreel.tables.openface import OPENFACE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={"file": Input("OpenFace's CSV"), "face": Input(FACE)},
    outputs={"out": Output(OPENFACE)},
    settings=("limits",),
    libraries=("numpy", "polars", "pyarrow"),
    guarded=True,
)
def main(job: Job) -> None:
    from contextlib import ExitStack

    from moodreel.errors import UserError
    from moodreel.formats import import_guard, openface
    from moodreel.tables.base import ROW_GROUP_ROWS
    from moodreel.video.errors import VideoError

    file, face, stamp = job.inputs.file, job.inputs.face, job.stamp_of("face")
    if job.input_hashes()[str(file)] not in stamp.get("inputs", {}).values():
        raise UserError(
            f"{face} was not made from the present {file}: its rows belong to other frames. Delete {face.name} and run "
            "again."
        )
    if stamp.get("reason"):
        raise VideoError(stamp["reason"], file, stamp.get("detail") or "")
    table = job.read("face", columns=["frame", "time_s"])
    with ExitStack() as opened:
        with import_guard(file):
            columns = opened.enter_context(openface.raw(file, job.outputs.out.parent))
        found = columns.facts
        # a long file's numbers would not fit in memory
        with job.writer("out", reason=stamp.get("reason"), **found) as append:
            for piece in table.iter_slices(ROW_GROUP_ROWS):
                append(piece.hstack(columns.of_frames(piece["frame"].to_numpy())))
    missing = f"; {len(found['absent'])} of 714 columns are not in it" if found["absent"] else ""
    print(f"{file}: {found['columns_in_file']} columns, rows of {len(table)} frames{missing}")
