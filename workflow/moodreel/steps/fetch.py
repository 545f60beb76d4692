"""Fetch one remote video with yt-dlp.

Always writes the media file and, next to it, `<video>.fetch.json`; where the video is no longer available, the media
file is empty and the record gives the reason. Run one at a time: each job makes its own pause between downloads.
"""

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={
        "out": Output("the media file, <video>.mp4"),
        "status": Output("the status of the download, <video>.fetch.json next to it"),
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
        raise UserError(f"--status-out must be {fetched.record_path(out)}: readers of the media file expect it there")
    record = fetch(source, out, job.settings.source.youtube)
    fetched.write_record(out, record)
    print(f"{source}: {record.reason or 'fetched'} {record.detail}".rstrip())
