"""The content of a result as columns, for any kind of file.

Tables have their columns. A text (a page, a drawing, settings) has two: its numbers, and the text around them, so that
a page can be compared by value too. A saved classifier is a text (its structure) with arrays. Pictures and films have
no columns: they are compared only by their bytes.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from moodreel.workflow.provenance.digest import Digest, Exact, Numbers

SEPARATORS = {".tsv": "\t", ".csv": ","}
TEXTS = {".json", ".yaml", ".html", ".svg", ".eaf", ".txt", ".md"}
BATCH_ROWS = 2048

_NUMBER = re.compile(r"(?<![\w.])(?!-?\d{6,}(?!\w|\.\d))-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")
"""Whole numbers of six digits and more belong to the text, where they have to be equal: 1e-5 of them is 1 or more."""
_WRITTEN_AT = re.compile(r' DATE="[^"]*"')  # ELAN requires a date
_EMBEDDED = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+")

Batch = Mapping[str, pa.Array]


def by_value(path: Path) -> bool:
    """Whether the file's content can be compared by value."""
    return path.suffix in {".parquet", ".skops", ".zip", *SEPARATORS, *TEXTS}


def batches(path: Path) -> Iterator[Batch]:
    """The file's columns, piece by piece; none where the file is not compared by value.

    Raises ValueError where its content does not match its suffix.
    """
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                    yield dict(zip(batch.schema.names, batch.columns, strict=True))
                if not file.metadata.num_rows:
                    yield {field.name: pa.nulls(0, field.type) for field in file.schema_arrow}
        elif path.suffix in SEPARATORS:
            yield _separated(path)
        elif path.suffix == ".skops":
            yield _classifier(path)
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield _text(f"{name}\n{archive.read(name).decode()}")
        elif path.suffix in TEXTS:
            text = path.read_text(encoding="utf-8")
            yield _text(_WRITTEN_AT.sub("", text, count=1) if path.suffix == ".eaf" else text)
    except (pa.ArrowInvalid, zipfile.BadZipFile, UnicodeDecodeError, KeyError) as error:
        raise ValueError(f"{path}: not a {path.suffix} file ({error})") from None


def digests(path: Path) -> list[Digest]:
    """The digest of each of the file's columns."""
    columns: dict[str, Any] = {}
    for batch in batches(path):
        scalars = {name: column for name, column in batch.items() if pa.types.is_floating(column.type)}
        if len({len(column) for column in scalars.values()}) == 1:
            _add_scalars(columns, scalars)
        else:
            for name, column in scalars.items():
                _add_scalars(columns, {name: column})
        for name, column in batch.items():
            if name not in scalars:
                _add(columns, name, column)
    found = [one for entry in columns.values() for one in entry.digests()]
    return sorted(found, key=lambda digest: digest.column)


def plain(column: pa.Array) -> np.ndarray:
    """A column of decimal numbers as float64, NaN where null."""
    return column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)


def is_list(kind: pa.DataType) -> bool:
    """Whether each value of a column of this type is a list."""
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


class _Whole:
    def __init__(self, name: str, kind: str) -> None:
        self.exact = Exact(name, kind)

    def digests(self) -> list[Digest]:
        return [self.exact.digest()]


class _Lists:
    """A column of lists of decimal numbers: the lists' lengths, and the numbers one after the other."""

    def __init__(self, name: str, kind: str) -> None:
        self.lengths, self.numbers = Exact(name, kind), Numbers([name], [kind])

    def digests(self) -> list[Digest]:
        (found,) = self.numbers.digests()
        return [Digest(**{**vars(found), "sha256": self.lengths.digest().sha256})]


def _add_scalars(columns: dict[str, Any], scalars: Batch) -> None:
    """Add all columns of decimal numbers together: tables have many, and most are short."""
    key = "\0".join(scalars)
    if key not in columns:
        columns[key] = Numbers(list(scalars), [str(column.type) for column in scalars.values()])
    arrays = list(scalars.values())
    null = np.stack([column.is_null().to_numpy(False) for column in arrays], axis=1)
    columns[key].add(np.stack([plain(column) for column in arrays], axis=1), null)


def _add(columns: dict[str, Any], name: str, column: pa.Array) -> None:
    kind = str(column.type)
    if is_list(column.type) and pa.types.is_floating(column.type.value_type):
        into = columns.setdefault(name, _Lists(name, kind))
        values = column.flatten()
        into.numbers.add(plain(values)[:, None], values.is_null().to_numpy(False)[:, None])
        into.lengths.add(lengths(column))
    else:
        columns.setdefault(name, _Whole(name, kind)).exact.add(column)


def lengths(column: pa.Array) -> pa.Array:
    """The length of each list of the column, null where there is none."""
    if pa.types.is_fixed_size_list(column.type):
        return column.is_valid()  # the type gives their length
    return column.value_lengths()


def _separated(path: Path) -> Batch:
    """The columns of a text table: a column is numeric where all its values are numbers, at least one with decimals."""
    import polars as pl

    try:
        frame = pl.read_csv(path, separator=SEPARATORS[path.suffix], infer_schema=False)
    except pl.exceptions.NoDataError:
        return _text(path.read_text(encoding="utf-8"))
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{path}: not a table ({error})") from None
    columns = {}
    for name in frame.columns:
        text = frame[name]
        numbers = text.str.strip_chars().cast(pl.Float64, strict=False)
        decimal = numbers.null_count() == text.null_count() < len(text) and text.str.contains(r"[.e]").any()
        columns[name] = (numbers if decimal else text).to_arrow()
    return columns


def _text(text: str) -> Batch:
    """The columns of a text, without embedded pictures and films, which have their own files."""
    text = _EMBEDDED.sub("data:", text)
    numbers = np.array([float(found) for found in _NUMBER.findall(text)])
    return {"text": _arrow([_NUMBER.sub("#", text)]), "numbers": _arrow(numbers)}


def _arrow(values: list[str] | np.ndarray) -> pa.Array:
    import polars as pl  # `pa.array` would import pandas

    return pl.Series(values).to_arrow()


def _classifier(path: Path) -> Batch:
    """The columns of a saved classifier. skops names objects and arrays by their addresses in memory; they are
    renumbered in the order in which they occur, which is the same in every run."""
    order: dict[str, int] = {}
    numbers: list[np.ndarray] = []

    def normalise(node: Any) -> Any:
        if isinstance(node, list):
            return [normalise(one) for one in node]
        if not isinstance(node, dict):
            return node
        node = dict(node)
        if node.get("__loader__") == "SetNode":  # sets have no fixed order
            node["content"] = sorted(node["content"], key=lambda one: str(one.get("content")))
        if "__id__" in node:
            node["__id__"] = order.setdefault(str(node["__id__"]), len(order))
        if str(node.get("file", "")).endswith(".npy"):
            array = np.load(io.BytesIO(archive.read(node["file"])), allow_pickle=False)
            decimal = np.issubdtype(array.dtype, np.floating)
            node["file"] = [array.shape, str(array.dtype), None if decimal else array.tolist()]
            if decimal:
                numbers.append(array.astype(float).ravel())
        return {key: normalise(value) for key, value in node.items()}

    with zipfile.ZipFile(path) as archive:
        structure = normalise(json.loads(archive.read("schema.json")))
    found = _text(json.dumps(structure, default=str))
    return {**found, "arrays": _arrow(np.concatenate([np.empty(0), *numbers]))}
