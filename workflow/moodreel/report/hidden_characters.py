"""Characters in texts of tables that are not seen but change what is."""

import re

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""Characters that are not seen but change what is: control characters, marks and overrides of the direction of text,
spaces and letters of no width, tags, halves of characters. What joins letters and emoji (U+200C, U+200D) stays."""


def make_visible(text: str) -> str:
    """`text` with the replacement character U+FFFD in the place of each of the HIDDEN ones."""
    return HIDDEN.sub("\ufffd", text)
