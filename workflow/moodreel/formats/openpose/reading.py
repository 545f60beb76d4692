"""Reads all frames of a folder or an archive, checked, as one table of one person."""

import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.formats.openpose.archive import json_files
from moodreel.formats.openpose.frame import Mistake, people
from moodreel.formats.openpose.person import track_person
from moodreel.pose.body25 import COLUMNS
from moodreel.tables.base import polars_schema
from moodreel.tables.extraction import BODY_25, POSE

MISTAKES_SHOWN, MISTAKES_LOOKED_FOR = 20, 1000
LAST_FRAME = 50_000_000
"""Highest number of a frame: 23 days at 25 Hz."""

SMALLEST_PX = 2.0
"""Where all keypoints are nearer to the corner than this they were scaled to 0..1 or -1..1."""

FRAMES_AT_ONCE = 4096

_NAME = re.compile(r"(?P<video>.*?)(?P<frame>\d{1,18})(?:_keypoints)?\.json", re.IGNORECASE | re.DOTALL)


def read(path: Path) -> pl.DataFrame:
    """The columns of POSE except `time_s`, one row per file, in order of the frames, which count from 0 as in the
    files' names (`<video>_000000000012_keypoints.json`).

    x and y are null where OpenPose found nothing (0, 0, 0), and the confidence is 0 there, as in the file; what COCO
    lacks is null altogether except `mid_hip`, which is halfway between the hips. One of several people is tracked
    (`person.track_person`); `people_seen` is how many the file holds, `confidence` the mean over the keypoints that
    were found, since a half-body picture is no worse for the legs that it does not show. `cut` is false: OpenPose does
    not report cuts. Frames without a file have no row.

    Raises UserError with up to `MISTAKES_SHOWN` mistakes, each with its file and what was expected; then nothing at
    all is read.
    """
    frames = _read_frames(path)
    indices = sorted(frames)
    found = [frames[index] for index in indices]
    counts = np.array([len(people) for people in found], np.int16)
    extent, farthest = _extent(found)
    if extent.any() and farthest <= SMALLEST_PX:
        raise UserError(
            f"{path}: x and y are nowhere above {farthest:.3g}, so they are not pixels but shares of the picture "
            "(OpenPose's --keypoint_scale 3 or 4). Write pixels: --keypoint_scale 0, the default."
        )
    chosen = track_person(zip(indices, found, strict=True), (extent[1], extent[0]))
    body = np.full((len(indices), len(BODY_25), 3), np.nan, np.float32)
    for row, person in enumerate(chosen):
        if person is not None:
            body[row] = person
    del frames, found, chosen  # a long video's would not fit in memory beside the table
    return _table(np.array(indices, np.int32), body, counts)


def _extent(found: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """The largest x and y of all frames' people, (2,), at least 0, and the largest distance from 0 of any of them."""
    extent, farthest = np.zeros(2), 0.0
    for start in range(0, len(found), FRAMES_AT_ONCE):
        points = np.concatenate(found[start : start + FRAMES_AT_ONCE])[:, :, :2]
        extent = np.fmax(extent, np.nanmax(points, (0, 1), initial=0.0))
        farthest = max(farthest, float(np.nanmax(np.abs(points), initial=0.0)))
    return extent, farthest


def _read_frames(path: Path) -> dict[int, np.ndarray]:
    """People (n, 25, 3) by the number of the frame."""
    frames: dict[int, np.ndarray] = {}
    names: dict[int, str] = {}
    videos: Counter[str] = Counter()
    models: dict[str, str] = {}
    mistakes: list[str] = []
    for name, content in json_files(path):
        if len(mistakes) >= MISTAKES_LOOKED_FOR:
            break  # not OpenPose's files at all: more mistakes would add nothing
        match = _NAME.fullmatch(name)
        if not match or (frame := int(match["frame"])) > LAST_FRAME:
            mistakes.append(
                f"{_shorten(name)}: no number of a frame in the name; expected <video>_000000000012_keypoints.json"
            )
            continue
        videos[match["video"]] += 1
        if frame in names:
            mistakes.append(
                f"{_shorten(name)}: frame {frame} is there twice; the other file is {_shorten(names[frame])}"
            )
            continue
        names[frame] = name
        try:
            frames[frame], model = people(content)
        except Mistake as mistake:
            mistakes.append(f"{_shorten(name)} (frame {frame}): {mistake}")
            continue
        if model:
            models.setdefault(model, name)
    if not names and not mistakes:
        raise UserError(f"{path}: no JSON file in it; expected <video>_000000000012_keypoints.json{_below(path)}")
    if len(videos) > 1:
        listed = ", ".join(f"{_shorten(video)!r} ({count} files)" for video, count in videos.most_common(5))
        mistakes.insert(0, f"files of {len(videos)} videos: {listed}. Each needs a folder or archive of its own.")
    if len(models) > 1:
        listed = ", ".join(f"{model} ({_shorten(name)})" for model, name in sorted(models.items()))
        mistakes.insert(0, f"frames of different models: {listed}. Expected one model for all.")
    if mistakes:
        raise UserError(_report_mistakes(path, mistakes))
    return frames


def _report_mistakes(path: Path, mistakes: list[str]) -> str:
    shown = "\n".join(f"  - {mistake}" for mistake in mistakes[:MISTAKES_SHOWN])
    more = len(mistakes) - MISTAKES_SHOWN
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return f"{path}: {count}, nothing was imported:\n{shown}" + (f"\n  and {more} more" if more > 0 else "")


def _shorten(name: str) -> str:
    """A name short enough to be read, without what would break the line."""
    name = name.encode("unicode_escape").decode()
    return name if len(name) <= 80 else name[:40] + "..." + name[-37:]


def _below(path: Path) -> str:
    """A hint where the files lie one folder deeper."""
    below = [child for child in sorted(path.iterdir()) if child.is_dir()] if path.is_dir() else []
    with_json = [child.name for child in below if next(child.glob("*.json"), None)]
    return f". Did you mean the folder {with_json[0]!r} in it?" if with_json else ""


def _table(indices: np.ndarray, body: np.ndarray, counts: np.ndarray) -> pl.DataFrame:
    visible = ~np.isnan(body[:, :, 0]).all(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no keypoints
        confidence = np.nanmean(np.where(np.isnan(body[:, :, 0]), np.nan, body[:, :, 2]), 1)
    schema = polars_schema(POSE)
    table = pl.DataFrame(
        {
            "frame": indices,
            "cut": np.zeros(len(indices), bool),
            "status": np.where(visible, "ok", "no_person").astype(str),
            "people_seen": counts,
            "confidence": confidence.astype(np.float32),
            **dict(zip(COLUMNS, body.reshape(len(indices), len(COLUMNS)).T, strict=True)),
        }
    ).with_columns(pl.col("confidence", *COLUMNS).fill_nan(None))
    return table.select(pl.col(name).cast(schema[name]) for name in table.columns)
