"""Emotion scores of a network, per frame and per clip."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table
from moodreel.tables.extraction import FRAME

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The classes of FER2013 in the order of the network's outputs. They name what raters wrote beside a picture, not what
anybody felt."""

EMOTION_SCORES = Table(
    "emotions",
    1,
    "What an emotion network says of one face in each decoded frame; only where `emotions.backend` asks for it (docs/emotions.md). "
    "`results/videos/<video>/emotions-<detector>-<settings>/emotions.parquet`",
    (
        *FRAME,
        Column("status", pa.string(), "", "`ok`, or `no_face`: the detector found none", nullable=False),
        Column(
            "detector", pa.string(), "", "who looked for the face: `mesh`, `haar`, `mtcnn` or `facenet`", nullable=False
        ),
        Column("faces", pa.int16(), "", "how many it found; the scores are of its first", nullable=False),
        Column("x", pa.int32(), "px", "left edge of the face's box in the upright picture; null where there is none"),
        Column("y", pa.int32(), "px", "top edge"),
        Column("width", pa.int32(), "px", "of the box"),
        Column("height", pa.int32(), "px", "of the box"),
        *(
            Column(name, pa.float32(), "0..1", f"score of the class that FER2013 calls {name}; all seven add up to 1")
            for name in EMOTIONS
        ),
    ),
)
