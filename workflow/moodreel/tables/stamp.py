"""Reading the stamp of a table's file without pyarrow: planning reads it too, and Snakemake does not install pyarrow."""

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
"""In Thrift's compact protocol, in which the footer is written: the next field is a string."""

END = b"\x00"
"""In the same protocol: no more fields."""


def read_stamp(path: str | Path) -> dict[str, Any]:
    """The stamp of a Parquet file; {} where it has none. Raises UserError when the file is absent or not Parquet."""
    TABLES_READ[str(path)] = None
    try:
        return _stamp(_footer(Path(path)))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except ValueError as error:
        raise UserError(f"{path}: not a Parquet file ({error}). Delete it and run again.") from None


def _footer(path: Path) -> bytes:
    """The file's footer: the bytes before its last eight, which hold the footer's length. Raises ValueError where it is
    no Parquet file."""
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
    """The value of `STAMP_KEY`, parsed from JSON. The search starts from the end: after the key-value pairs only the
    name of the writer follows, while everything before them may contain strings of the rows."""
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
