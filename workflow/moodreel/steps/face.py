"""Read action units, head pose and gaze from a video's face mesh."""

from moodreel.tables.extraction import MESH
from moodreel.tables.face import FACE, MOVEMENTS, NEUTRAL
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={"mesh": Input(MESH), "neutral": Input(NEUTRAL, optional=True)},
    outputs={"out": Output(FACE), "movements": Output(MOVEMENTS, optional=True)},
    settings=("action_units",),
    libraries=("numpy", "scipy"),
)
def main(job: Job) -> None:
    from contextlib import nullcontext

    from moodreel.face import measure
    from moodreel.face.displacements import displacements_table
    from moodreel.face.neutral import Neutral, find, sample_mesh
    from moodreel.features.gaps import MAX_GAP_S, bridged_gap_s
    from moodreel.features.smoothing import face_smoother
    from moodreel.storage.stamps import facts_of

    mesh, neutral, settings = job.inputs.mesh, job.inputs.neutral, job.settings.action_units
    # without a performer's neutral face, it is found in this video alone
    face = Neutral.read(neutral) if neutral else find([sample_mesh(mesh, 1, settings)])
    measures = measure.neutral_measures(face)
    stamp = job.stamp_of("mesh")
    facts = {**facts_of(stamp), "face_backend": stamp.get("settings", {}).get("face", {}).get("backend")}
    gap_s = bridged_gap_s(job.read("mesh", columns=["time_s"])["time_s"].to_numpy(), MAX_GAP_S)
    rows = seen = 0
    with (
        job.writer("out", **facts) as append,
        job.writer("movements", **facts) if job.outputs.movements else nullcontext() as keep,
    ):
        for around, first, last in measure.with_neighbours(measure.read_mesh(mesh), settings.smoothing_s):
            smooth = face_smoother(around.times_s, around.place, settings.smoothing_s, gap_s)
            displacements = measure.displacements_of(around, max_yaw_deg=settings.max_yaw_deg, smooth=smooth)
            own, displacements = around.rows(first, last), displacements.rows(slice(first, last))
            table = measure.face_table(own, displacements, measures, presence=settings.presence)
            append(table)
            if keep:
                keep(displacements_table(own.frames, displacements))
            rows, seen = rows + len(table), seen + len(table) - table.column("pitch_deg").null_count
    print(f"{mesh}: {facts.get('reason') or f'face in {seen} of {rows} frames'}")
