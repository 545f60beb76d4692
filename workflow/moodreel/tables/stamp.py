"""What is stamped into a table's file, read without pyarrow: planning asks for it too, and Snakemake brings none."""

import json
import os
from pathlib import Path
from typing import Any

from moodreel.errors import UserError
from moodreel.storage.stamps import TABLES_READ

STAMP_KEY = b"moodreel"
"""The stamp's key among the pairs of texts that a Parquet file carries."""

MAGIC = b"PAR1"
"""A Parquet file begins and ends with it (github.com/apache/parquet-format)."""

TEXT_NEXT = b"\x18"
"""In Thrift's compact protocol, in which the footer is written: the next field, a text."""

END = b"\x00"
"""There too: no more fields."""


def read_stamp(path: str | Path) -> dict[str, Any]:
    """What was stamped into a Parquet file; {} where nothing was. Raises UserError when it is absent or not Parquet."""
    TABLES_READ[str(path)] = None
    try:
        return _stamp(_footer(Path(path)))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except ValueError as error:
        raise UserError(f"{path}: not a Parquet file ({error}). Delete it and run again.") from None


def _footer(path: Path) -> bytes:
    """The bytes that describe the file: before its last eight, which say how many these are. Raises ValueError where it
    is no Parquet file."""
    with open(path, "rb") as file:
        first = file.read(len(MAGIC))
        size = file.seek(0, os.SEEK_END)
        if first != MAGIC or size < 3 * len(MAGIC):
            raise ValueError("it does not begin as one")
        file.seek(-8, os.SEEK_END)
        length, last = int.from_bytes(file.read(4), "little"), file.read(4)
        if last != MAGIC or length > size - 12:
            raise ValueError("it is not whole")
        file.seek(-8 - length, os.SEEK_END)
        return file.read(length)


def _stamp(footer: bytes) -> dict[str, Any]:
    """The text that belongs to the key. It is looked for from the end: behind the pairs stands only who wrote the file,
    while all else, which may hold texts of the rows, comes before them."""
    before = TEXT_NEXT + bytes([len(STAMP_KEY)]) + STAMP_KEY + TEXT_NEXT
    found = footer.rfind(before)
    if found < 0:
        return {}
    start, length, bits = found + len(before), 0, 0
    for byte in footer[start:]:  # seven bits of a number in each byte, the lowest first; the highest bit: more follow
        start, length, bits = start + 1, length | (byte & 0x7F) << bits, bits + 7
        if byte < 0x80:
            break
    end = start + length
    if footer[end : end + 1] != END:
        raise ValueError("its stamp is not whole")
    return json.loads(footer[start:end])
