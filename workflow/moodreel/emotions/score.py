"""Scores by the emotion network for one face in each frame of a video."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.emotions.detectors import Detector
from moodreel.emotions.scorers import Scorer
from moodreel.settings.limits import LimitsSettings
from moodreel.tables import base
from moodreel.tables.base import ROW_GROUP_ROWS
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.video.decode import frames
from moodreel.video.errors import VideoError
from moodreel.video.frame import Frame
from moodreel.video.progress import Progress

OF_CROPS = ("table", "schema_version", "mesh", "form")
"""Keys in the stamp of face crops about the crops and not about the video."""

BATCH = 32
"""Faces per batch: 0.7 ms each with one thread; one by one takes longer."""


@dataclass(frozen=True)
class _Visible:
    """A frame's time, the number of faces found, and the first of them that can be cut out."""

    frame: int
    time_s: float
    faces: int
    box: np.ndarray | None
    face: np.ndarray | None


def scores(frames: Iterable[Frame], detector: Detector, name: str, scorer: Scorer) -> Iterator[pl.DataFrame]:
    """Parts of the table EMOTION_SCORES, as large as a file's row groups, one row for each of `frames`, in their order.

    detector: finds the faces, `name` is its name; the first face is scored, as users of FER take the first.
    """
    yield from _parts((_first_face(frame, detector, scorer) for frame in frames), name, scorer)


def scores_of_crops(crops: Path, name: str, scorer: Scorer) -> Iterator[pl.DataFrame]:
    """As `scores`, for faces from a table FACE_CROPS of the scorer's kind (`networks.CROPS`)."""
    yield from _parts(_read_crops(crops, scorer), name, scorer)


def scores_of_video(
    video: Path,
    detector: Detector,
    name: str,
    scorer: Scorer,
    facts: dict[str, Any],
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    limits: LimitsSettings,
) -> Iterator[pl.DataFrame]:
    """As `scores`, for a media file's frames from `start_s` until before `end_s`, within `limits`. Facts of the file,
    or the reason why it cannot be read, are added to `facts`."""
    progress = Progress()
    progress.begin(str(video), start_s or 0.0)
    try:
        with frames(video, start_s=start_s, end_s=end_s, **limits.decoding) as decoding:
            yield from scores(progress.count(decoding), detector, name, scorer)
        facts |= decoding.facts
    except VideoError as error:
        facts |= {"reason": error.reason, "detail": error.detail}


def facts_of_crops(crops: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Facts of the video in the stamp of its face crops, without the keys in `known`, the stamp of its scores."""
    stamp = base.read_stamp(crops)
    return {key: stamp[key] for key in stamp if key == "reason" or (key not in known and key not in OF_CROPS)}


def _parts(visible: Iterable[_Visible], name: str, scorer: Scorer) -> Iterator[pl.DataFrame]:
    parts: list[pl.DataFrame] = []
    held: list[_Visible] = []
    for row in visible:
        held.append(row)
        if len(held) == BATCH:
            parts.append(_table(held, name, scorer))
            held = []
        if len(parts) * BATCH >= ROW_GROUP_ROWS:
            yield pl.concat(parts)
            parts = []
    if held:
        parts.append(_table(held, name, scorer))
    if parts:
        yield pl.concat(parts)


def _first_face(frame: Frame, detector: Detector, scorer: Scorer) -> _Visible:
    """The first face of a frame that can be cut out; the frame is released."""
    boxes = detector.boxes(frame)
    cut_out = ((box, scorer.face(frame.picture, box)) for box in boxes)
    box, face = next(((box, face) for box, face in cut_out if face is not None), (None, None))
    frame.release()
    return _Visible(frame.index, frame.time_s, len(boxes), box, face)


def _read_crops(crops: Path, scorer: Scorer) -> Iterator[_Visible]:
    columns = ["frame", "time_s", "status", "x", "y", "width", "height", "picture"]
    with pq.ParquetFile(crops) as file:
        for batch in file.iter_batches(batch_size=ROW_GROUP_ROWS, columns=columns):
            for frame, time_s, status, *box, picture in base.polars_frame(batch).iter_rows():
                there = picture is not None
                face = scorer.decode(picture) if there else None
                found = int(status in ("ok", "outside"))
                yield _Visible(frame, time_s, found, np.array(box, int) if there else None, face)


def _table(visible: list[_Visible], name: str, scorer: Scorer) -> pl.DataFrame:
    there = np.array([row.face is not None for row in visible])
    found = np.full((len(visible), len(EMOTIONS)), np.nan, np.float32)
    boxes = np.zeros((len(visible), 4), np.int32)
    if there.any():
        found[there] = scorer.scores(np.stack([row.face for row in visible if row.face is not None]))
        boxes[there] = [row.box for row in visible if row.box is not None]
    columns = {
        "frame": [row.frame for row in visible],
        "time_s": [row.time_s for row in visible],
        "status": np.where(there, "ok", "no_face"),
        "detector": name,
        "faces": [row.faces for row in visible],
        **dict(zip(("x", "y", "width", "height"), boxes.T, strict=True)),
        **dict(zip(EMOTIONS, found.T, strict=True)),
    }
    nowhere = pl.when(pl.col("status") == "ok").then(pl.col("x", "y", "width", "height", *EMOTIONS))
    return pl.DataFrame(columns, schema=base.polars_schema(EMOTION_SCORES)).with_columns(nowhere)
