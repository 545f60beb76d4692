"""Fetch one remote video: `python -m moodreel.steps.fetch --source dQw4w9WgXcQ --out x.mp4 --status x.fetch.json`.

Always leaves the media file and, beside it, `<video>.fetch.json`; where the video is gone the media file is empty and
the record says why. Run one at a time: the pause between downloads is this step's own.
"""

from __future__ import annotations

from pathlib import Path

from moodreel.errors import UserError
from moodreel.settings.source import SourceSettings
from moodreel.video.download import fetch
from moodreel.video.fetched import record_path, write_record
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser("Fetch one remote video with yt-dlp.")
    parser.add_argument("--source", required=True, help="a YouTube id, given as --source=<id>, or an http(s) address")
    parser.add_argument("--out", required=True, type=Path, help="the media file to write, <video>.mp4")
    parser.add_argument("--status", required=True, type=Path, help="what became of it, <video>.fetch.json beside it")
    given = parser.parse_args()
    if given.status != record_path(given.out):
        raise UserError(f"--status must be {record_path(given.out)}: the readers of the media file look for it there")
    settings = SourceSettings.model_validate(given.settings.get("source", {}))
    record = fetch(given.source, given.out, settings.youtube)
    write_record(given.out, record)
    print(f"{given.source}: {record.reason or 'fetched'} {record.detail}".rstrip())


if __name__ == "__main__":
    step.run(main)
