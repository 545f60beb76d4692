"""What the emotion network says of one face in each frame of a video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import polars as pl

from moodreel.emotions import crop
from moodreel.emotions.detectors import Detector, Network
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


def scores(frames: Iterable[Frame], detector: Detector, name: str, network: Network) -> Iterator[pl.DataFrame]:
    """Parts of the table EMOTION_SCORES, as large as a file's row groups, one row for each of `frames`, in their order.

    detector: who finds the faces, called `name`; the first of them is scored, as FER's users take the first.
    network: faces as `crop.normalised` gives them to `scores`, (n, 7).
    """
    parts: list[pl.DataFrame] = []
    for part in _scored(frames, detector, name, network):
        parts.append(part)
        if len(parts) * BATCH >= ROW_GROUP_ROWS:
            yield pl.concat(parts)
            parts = []
    if parts:
        yield pl.concat(parts)


def _scored(frames: Iterable[Frame], detector: Detector, name: str, network: Network) -> Iterator[pl.DataFrame]:
    """The same in parts of `BATCH` rows. A frame is let go of once its face is cut out."""
    held: list[_Seen] = []
    for frame in frames:
        held.append(_look(frame, detector.boxes(frame)))
        frame.release()
        if len(held) == BATCH:
            yield _table(held, name, network)
            held = []
    if held:
        yield _table(held, name, network)


def _look(frame: Frame, boxes: np.ndarray) -> _Seen:
    if not len(boxes):
        return _Seen(frame.index, frame.time_s, 0, None, None)
    grey = crop.padded(cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY))
    cut_out = ((box, crop.face(grey, box)) for box in boxes)
    box, face = next(((box, face) for box, face in cut_out if face is not None), (None, None))
    return _Seen(frame.index, frame.time_s, len(boxes), box, face)


def _table(seen: list[_Seen], name: str, network: Network) -> pl.DataFrame:
    there = np.array([row.face is not None for row in seen])
    found = np.full((len(seen), len(EMOTIONS)), np.nan, np.float32)
    boxes = np.zeros((len(seen), 4), np.int32)
    if there.any():
        found[there] = network(crop.normalised(np.stack([row.face for row in seen if row.face is not None])))["scores"]
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
