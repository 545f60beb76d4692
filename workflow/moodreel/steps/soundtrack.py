"""Describe the sound of a video: the whole track and its passages."""

from moodreel.tables.music import SOUNDTRACK
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={"video": Input("media file")},
    outputs={"out": Output(SOUNDTRACK)},
    settings=("music", "limits"),
    libraries=("av", "numpy", "scipy"),
    guarded=True,
)
def main(job: Job) -> None:
    from moodreel.music import soundtrack

    table, facts = soundtrack.read(job.inputs.video, job.settings.music, job.settings.limits)
    job.write("out", table, **facts)
    print(f"{job.inputs.video}: {facts['reason'] or f'{len(table) - 1} passages of music or sound'}")
    for remark in soundtrack.remarks(facts):
        print(f"{job.inputs.video}: {remark}")
