"""Fetch one remote video with yt-dlp.

Always leaves the media file and, beside it, `<video>.fetch.json`; where the video is gone the media file is empty and
the record says why. Run one at a time: the pause between downloads is this step's own.
"""

from __future__ import annotations

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={
        "out": Output("the media file, <video>.mp4"),
        "status": Output("what became of it, <video>.fetch.json beside it"),
    },
    options={"source": Option("a YouTube id, given as --source=<id>, or an http(s) address", required=True)},
    settings=("source",),
)
def main(job: Job) -> None:
    from moodreel.errors import UserError
    from moodreel.video import fetched
    from moodreel.video.download import fetch

    out, source = job.outputs.out, job.options.source
    if job.outputs.status != fetched.record_path(out):
        raise UserError(f"--status-out must be {fetched.record_path(out)}: readers of the media file look for it there")
    record = fetch(source, out, job.settings.source.youtube)
    fetched.write_record(out, record)
    print(f"{source}: {record.reason or 'fetched'} {record.detail}".rstrip())
