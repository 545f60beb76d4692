"""The path of a video's media file."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from moodreel.video.source import expand
from moodreel.video.table_rows import Video

if TYPE_CHECKING:
    from moodreel.settings.resolve import Settings


def media_path(video: Video, settings: Settings) -> Path | None:
    """The media file of a video, None where there is none.

    A local file is used in place (`locate`); a relative path counts from the working folder. Built-in clips and
    fetched videos lie under `results/sources/`; the folder of built-in clips contains their noise seed, since another
    seed makes other pictures.
    """
    if video.source is None:
        return None
    if video.kind == "file":
        return Path(locate(video.source))
    folder = f"builtin-{settings.actors.noise_seed}" if video.kind == "builtin" else "youtube"
    return Path("results", "sources", folder, f"{video.video}.mp4")


def with_located_files(video: Video) -> Video:
    """The video with the paths at which the files with its pose and face lie."""
    pose, face = (path and locate(path) for path in (video.pose_file, video.face_file))
    return (
        video if (pose, face) == (video.pose_file, video.face_file) else replace(video, pose_file=pose, face_file=face)
    )


def locate(path: str) -> str:
    """The path of a file that the table names: `~` is the home folder, and where no file has this name, but one has the
    same in another Unicode form, it is meant. macOS writes an umlaut as two characters, other systems as one."""
    expanded = expand(path)
    if expanded.isascii() or os.path.lexists(expanded):
        return expanded
    forms = (unicodedata.normalize(form, expanded) for form in ("NFC", "NFD"))
    return next((form for form in forms if os.path.lexists(form)), expanded)
