"""What the emotion network says of one face in each frame of a video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.emotions.detectors import Detector
from moodreel.emotions.scorers import Scorer
from moodreel.tables import base
from moodreel.tables.base import ROW_GROUP_ROWS
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.video.decode import Frame

BATCH = 32
"""Faces that are scored at a time: 0.7 ms each with one thread, where one by one takes longer."""


@dataclass(frozen=True)
class _Seen:
    """A frame's time, how many faces were found, and the first of them that can be cut out."""

    frame: int
    time_s: float
    faces: int
    box: np.ndarray | None
    face: np.ndarray | None


def scores(frames: Iterable[Frame], detector: Detector, name: str, scorer: Scorer) -> Iterator[pl.DataFrame]:
    """Parts of the table EMOTION_SCORES, as large as a file's row groups, one row for each of `frames`, in their order.

    detector: who finds the faces, called `name`; the first of them is scored, as FER's users take the first.
    """
    yield from _parts((_look(frame, detector, scorer) for frame in frames), name, scorer)


def scores_of_crops(crops: Path, name: str, scorer: Scorer) -> Iterator[pl.DataFrame]:
    """The same of faces that were cut out before: a table FACE_CROPS of the scorer's kind (`networks.CROPS`)."""
    yield from _parts(_cut_before(crops, scorer), name, scorer)


def _parts(seen: Iterable[_Seen], name: str, scorer: Scorer) -> Iterator[pl.DataFrame]:
    parts: list[pl.DataFrame] = []
    held: list[_Seen] = []
    for row in seen:
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


def _look(frame: Frame, detector: Detector, scorer: Scorer) -> _Seen:
    """The first face of a frame that can be cut out; the frame is let go of then."""
    boxes = detector.boxes(frame)
    cut_out = ((box, scorer.face(frame.picture, box)) for box in boxes)
    box, face = next(((box, face) for box, face in cut_out if face is not None), (None, None))
    frame.release()
    return _Seen(frame.index, frame.time_s, len(boxes), box, face)


def _cut_before(crops: Path, scorer: Scorer) -> Iterator[_Seen]:
    columns = ["frame", "time_s", "status", "x", "y", "width", "height", "picture"]
    with pq.ParquetFile(crops) as file:
        for batch in file.iter_batches(batch_size=ROW_GROUP_ROWS, columns=columns):
            for frame, time_s, status, *box, picture in base.polars_frame(batch).iter_rows():
                there = picture is not None
                face = scorer.decode(picture) if there else None
                found = int(status in ("ok", "outside"))
                yield _Seen(frame, time_s, found, np.array(box, int) if there else None, face)


def _table(seen: list[_Seen], name: str, scorer: Scorer) -> pl.DataFrame:
    there = np.array([row.face is not None for row in seen])
    found = np.full((len(seen), len(EMOTIONS)), np.nan, np.float32)
    boxes = np.zeros((len(seen), 4), np.int32)
    if there.any():
        found[there] = scorer.scores(np.stack([row.face for row in seen if row.face is not None]))
        boxes[there] = [row.box for row in seen if row.box is not None]
    columns = {
        "frame": [row.frame for row in seen],
        "time_s": [row.time_s for row in seen],
        "status": np.where(there, "ok", "no_face"),
        "detector": name,
        "faces": [row.faces for row in seen],
        **dict(zip(("x", "y", "width", "height"), boxes.T, strict=True)),
        **dict(zip(EMOTIONS, found.T, strict=True)),
    }
    nowhere = pl.when(pl.col("status") == "ok").then(pl.col("x", "y", "width", "height", *EMOTIONS))
    return pl.DataFrame(columns, schema=base.polars_schema(EMOTION_SCORES)).with_columns(nowhere)
