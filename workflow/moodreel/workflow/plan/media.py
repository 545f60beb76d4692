"""The path of a video's media file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from moodreel.video.table import Video

if TYPE_CHECKING:
    from moodreel.settings.resolve import Settings


def media_path(video: Video, settings: Settings) -> Path | None:
    """The media file of a video, None where there is none.

    A local file is used in place; a relative path counts from the working folder. Built-in clips and fetched videos lie
    under `results/sources/`; the folder of built-in clips contains their noise seed, since another seed makes other
    pictures.
    """
    if video.source is None:
        return None
    if video.kind == "file":
        return Path(video.source).expanduser()
    folder = f"builtin-{settings.actors.noise_seed}" if video.kind == "builtin" else "youtube"
    return Path("results", "sources", folder, f"{video.video}.mp4")
