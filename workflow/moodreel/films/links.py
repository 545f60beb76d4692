"""Links to films on the page of a run."""

from collections.abc import Collection
from pathlib import Path

from moodreel.films import word
from moodreel.report.page import Film


def links(videos: Collection[str], folder: Path, requested: Collection[str] | str) -> list[Film]:
    """The films that were requested (ids, or `all`) and exist in `folder`, that of the run, in the order of
    `videos`."""
    found = []
    for video in videos:
        path = folder / "annotated" / f"{video}.mp4"
        if (requested == "all" or video in requested) and path.is_file():
            found.append(Film(video, path.relative_to(folder).as_posix(), word.read(path).get("reason")))
    return found
