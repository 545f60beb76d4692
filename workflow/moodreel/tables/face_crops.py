"""Pictures of the tracked face, cut out of each frame."""

from moodreel.tables.extraction import FRAME
from moodreel.tables.schema import Column, Table

FACE_CROPS = Table(
    "face_crops",
    1,
    "The tracked face cut out of each decoded frame, if a setting needs it; the stamp's `form` names the format of the pictures. "
    "`results/videos/<video>/<extraction>/crops-<kind>/face_crops.parquet`",
    (
        *FRAME,
        Column(
            "status",
            "string",
            "",
            "status of the mesh; `outside` where the whole face lies outside the picture",
            nullable=False,
        ),
        Column("x", "float32", "px", "left edge of the box, before it is turned; null where there is none"),
        Column("y", "float32", "px", "top edge"),
        Column("width", "float32", "px", "of the box"),
        Column("height", "float32", "px", "of the box"),
        Column(
            "angle_deg", "float32", "deg", "by which it is turned about its middle, clockwise as the viewer sees it"
        ),
        Column("picture", "binary", "", "the picture"),
    ),
)
