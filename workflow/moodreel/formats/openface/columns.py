"""What the numbers in OpenFace's CSV may be; its columns' names are in `tables.openface`."""

from __future__ import annotations

import math

from moodreel.formats.csv_text import NumberRange
from moodreel.tables.openface import AU_C, AU_R, GAZE_ANGLES, GAZE_VECTORS, LANDMARKS_Y, ROTATION

_UNIT = NumberRange(-1.001, 1.001, "a direction's part from -1 to 1")
_RADIANS = NumberRange(-2 * math.pi, 2 * math.pi, "an angle in radians, from -2 pi to 2 pi")

ANY_NUMBER = NumberRange(-1e9, 1e9, "a number")
"""What any other column may be: px, mm, parameters of a shape."""

ROW = {
    "frame": NumberRange(0, 2**31 - 1, "the frame's number, whole, from 0", whole=True),
    "face_id": NumberRange(0, 2**31 - 1, "the face's number, whole, from 0", whole=True),
    "timestamp": NumberRange(0, 1e7, "a time in seconds"),
    "success": NumberRange(0, 1, "0 or 1", whole=True),
    "confidence": NumberRange(0, 1, "a confidence from 0 to 1"),
}
"""What says which frame a row is of, and whether a face was seen."""

MEASURED = {
    **dict.fromkeys(GAZE_VECTORS, _UNIT),
    **dict.fromkeys((*GAZE_ANGLES, *ROTATION), _RADIANS),
    **dict.fromkeys(LANDMARKS_Y, NumberRange(-1e5, 1e5, "a landmark's place in px, within 100,000")),
    **dict.fromkeys(AU_R, NumberRange(0, 5, "an intensity from 0 to 5")),
    **dict.fromkeys(AU_C, NumberRange(0, 1, "0 or 1", whole=True)),
}
"""What is read of a face that was seen."""
