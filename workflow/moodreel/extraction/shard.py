"""Extraction of a shard: one job reads several videos into staging tables for the jobs of each video
(tables/staging.py)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from moodreel.errors import UserError
from moodreel.extraction.job import Video, staged_crops
from moodreel.tables import staging


def is_waiting(row: Mapping[str, Any], code: str, settings: Mapping[str, Any], models: Path) -> bool:
    """Whether the staging tables of a video exist and are up to date, from an earlier job of its shard.

    row: path, folder of the tables, start_s, end_s. The others as in `staging.Recipe`. Raises UserError where the video
    does not exist.
    """
    video = Path(row["path"])
    if not video.is_file():
        raise UserError(f"--videos: {video}: there is no such file")
    recipe = staging.Recipe(code, settings, models, video, row["start_s"], row["end_s"])
    return all(recipe.matches(staging.path(table)) for table in _tables(row))


def video_of(row: Mapping[str, Any], crops: Iterable[tuple[str, str]]) -> Video:
    """The video of such a row, with staging tables as its outputs."""
    pose, mesh = _tables(row)
    outputs = staging.path(pose), staging.path(mesh)
    return Video(Path(row["path"]), *outputs, row["start_s"], row["end_s"], crops=staged_crops(mesh, crops))


def _tables(row: Mapping[str, Any]) -> list[Path]:
    return [Path(row["folder"], name) for name in ("pose.parquet", "mesh.parquet")]
