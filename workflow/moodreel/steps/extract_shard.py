"""Read body pose and face mesh from several videos in one process, ahead of each video's own job, which takes them."""

import json

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import CROPS, MODELS, WHERE, Option, Output


@declare(
    inputs={},
    outputs={"manifest": Output("JSON list of what was read, and what before")},
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
    settings=("pose", "face", "extraction", "pose.backend"),
)
def main(job: Job) -> None:
    from moodreel.extraction import job as extraction
    from moodreel.extraction.shard import is_waiting, video_of
    from moodreel.storage import atomic

    told = job.options
    sections = extraction.Sections.of(job.told).on(device=told.device, threads=told.threads, slots=told.slots)
    unread = [row for row in told.videos if not is_waiting(row, job.code, job.told, told.models)]
    print(f"{len(unread)} of {len(told.videos)} videos to read")
    if unread:
        extraction.Job(sections, told.models, job.code).extract([video_of(row, told.crops) for row in unread])
    manifest = [{**row, "read": row in unread} for row in told.videos]
    atomic.write_text(job.outputs.manifest, json.dumps(manifest, indent=1) + "\n")
