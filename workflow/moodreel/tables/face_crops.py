"""Pictures of the followed face, cut out of each frame."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table
from moodreel.tables.extraction import FRAME

FACE_CROPS = Table(
    "face_crops",
    1,
    "The followed face cut out of each decoded frame, where it is asked for; the stamp's `form` says how pictures are kept. "
    "`results/videos/<video>/<extraction>/crops-<kind>/face_crops.parquet`",
    (
        *FRAME,
        Column(
            "status",
            pa.string(),
            "",
            "that of the mesh; `outside` where there is one and nothing of it lies in the picture",
            nullable=False,
        ),
        Column("x", pa.float32(), "px", "left edge of the box, before it is turned; null where there is none"),
        Column("y", pa.float32(), "px", "top edge"),
        Column("width", pa.float32(), "px", "of the box"),
        Column("height", pa.float32(), "px", "of the box"),
        Column(
            "angle_deg", pa.float32(), "deg", "by which it is turned about its middle, clockwise as the viewer sees it"
        ),
        Column("picture", pa.binary(), "", "what it shows"),
    ),
)
