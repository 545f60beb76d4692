"""Characters in texts of tables that are not seen but change what is."""

import re

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
"""Characters that are not seen but change what is: control characters, marks and overrides of the direction of text,
spaces of no width, halves of characters."""


def make_visible(text: str) -> str:
    """`text` with the replacement character U+FFFD in the place of each of the HIDDEN ones."""
    return HIDDEN.sub("\ufffd", text)
