"""Several videos that one job reads, ahead of each video's own, which takes what waits (tables/staging.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from moodreel.errors import UserError
from moodreel.extraction.job import Video, crops_beside
from moodreel.tables import staging


def is_waiting(row: Mapping[str, Any], code: str, settings: Mapping[str, Any], models: Path) -> bool:
    """Whether a video's tables were made before, by a job of its shard that did not end.

    row: path, folder of the tables, start_s, end_s. The others as in `staging.Recipe`. Raises UserError where the video
    is not there.
    """
    video = Path(row["path"])
    if not video.is_file():
        raise UserError(f"--videos: {video}: there is no such file")
    recipe = staging.Recipe(code, settings, models, video, row["start_s"], row["end_s"])
    return all(recipe.matches(staging.path(table)) for table in _tables(row))


def video_of(row: Mapping[str, Any], crops: Iterable[tuple[str, str]]) -> Video:
    """The video of such a row; its tables will wait."""
    pose, mesh = _tables(row)
    waiting, beside = (staging.path(pose), staging.path(mesh)), crops_beside(mesh, crops)
    return Video(Path(row["path"]), *waiting, row["start_s"], row["end_s"], crops=beside)


def _tables(row: Mapping[str, Any]) -> list[Path]:
    return [Path(row["folder"], name) for name in ("pose.parquet", "mesh.parquet")]
