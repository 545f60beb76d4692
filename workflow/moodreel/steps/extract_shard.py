"""Read body pose and face mesh from several videos in one process, and stage the tables for each video's own job."""

import json

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import CROPS, MODELS, WHERE, Option, Output


@declare(
    inputs={},
    outputs={"manifest": Output("JSON list of the videos, each with whether it was read now or before")},
    options={
        "videos": Option(
            "JSON list of objects: path, folder (of the tables), start_s, end_s (null: all of it)",
            json.loads,
            required=True,
        ),
        **MODELS,
        **WHERE,
        **CROPS,
    },
    settings=("pose", "face", "extraction", "pose.backend", "limits"),
    guarded=True,
)
def main(job: Job) -> None:
    from moodreel.extraction import job as extraction
    from moodreel.extraction.shard import is_waiting, video_of
    from moodreel.storage import atomic

    options = job.options
    sections = extraction.Sections.of(job.given_settings)
    sections = sections.on(device=options.device, threads=options.threads, slots=options.slots)
    unread = [row for row in options.videos if not is_waiting(row, job.code, job.given_settings, options.models)]
    print(f"{len(unread)} of {len(options.videos)} videos to read")
    if job.has_crashed:  # several videos are read at the same time: only a job of its own shows which one is at fault
        print("they are left to the job of each video, since reading them together ended in a crash")
        unread = []
    if unread:
        extraction.Job(sections, options.models, job.code).extract([video_of(row, options.crops) for row in unread])
    manifest = [{**row, "read": row in unread} for row in options.videos]
    atomic.write_text(job.outputs.manifest, json.dumps(manifest, indent=1) + "\n")
