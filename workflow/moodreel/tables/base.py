"""Writing and reading of tables.

Writing checks the columns against the table's schema and stamps the file, reading checks them again. Data are in
Parquet, tables that people open by hand in TSV.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from moodreel.errors import UserError
from moodreel.storage.atomic import replacement, write_text
from moodreel.storage.stamps import TABLES_READ
from moodreel.tables.schema import Table
from moodreel.tables.stamp import STAMP_KEY, read_stamp

if TYPE_CHECKING:  # polars is the slowest import, and writing does not need it
    import polars as pl

ROW_GROUP_ROWS = 2048


def _metadata(spec: Table, stamp: Mapping[str, Any]) -> dict[bytes, bytes]:
    content = {"table": spec.name, "schema_version": spec.version, **stamp}
    return {STAMP_KEY: json.dumps(content, sort_keys=True, default=str).encode()}


def _float_columns(schema: pa.Schema) -> list[str]:
    """Paths of the leaf columns of floating type: byte-stream-split, which with zstd halves their size."""
    paths = []
    for field in schema:
        inner = field.type
        if pa.types.is_fixed_size_list(inner) or pa.types.is_list(inner):
            if pa.types.is_floating(inner.value_type):
                paths.append(f"{field.name}.list.element")
        elif pa.types.is_floating(inner):
            paths.append(field.name)
    return paths


def _open(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    floats = _float_columns(schema)
    others = [
        f.name
        for f in schema
        if f.name not in floats
        and not any(p.startswith(f.name + ".") for p in floats)
        and not pa.types.is_binary(f.type)  # pictures, of which no two are the same
    ]
    return pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=others or False, use_byte_stream_split=floats or False
    )


def write(path: str | Path, spec: Table, table: pa.Table | pl.DataFrame, stamp: Mapping[str, Any]) -> None:
    """Write a whole table atomically as Parquet, checked against `spec`, with `stamp` in its metadata."""
    with writer(path, spec, stamp) as append:
        append(table)


@contextmanager
def writer(path: str | Path, spec: Table, stamp: Mapping[str, Any]) -> Iterator[Any]:
    """Stream a table: yields `append(table)`, which may be called any number of times, or never.

    The caller may add to `stamp` (a dict) until the context ends, such as facts known only after the last frame.
    """
    with replacement(path) as temporary:
        parquet: pq.ParquetWriter | None = None

        def append(table: pa.Table | pl.DataFrame) -> None:
            nonlocal parquet
            table = spec.conform(table)
            if parquet is None:
                parquet = _open(temporary, table.schema)
            parquet.write_table(table, row_group_size=ROW_GROUP_ROWS)

        try:
            yield append
            if parquet is None:
                parquet = _open(temporary, spec.schema)
            parquet.add_key_value_metadata(_metadata(spec, stamp))
        finally:
            if parquet is not None:
                parquet.close()


def read(path: str | Path, spec: Table, columns: list[str] | None = None) -> pl.DataFrame:
    """Read a table written by `write`, as polars. Raises UserError when the file is absent or of another table or version."""
    stamp = read_stamp(path)
    if stamp.get("table") != spec.name or stamp.get("schema_version") != spec.version:
        raise UserError(
            f"{path}: expected a {spec.name} table of version {spec.version}, found {stamp.get('table', 'no stamp')!r} "
            f"of version {stamp.get('schema_version')}. Delete the file and run again."
        )
    with pq.ParquetFile(path) as file:  # `read_table` would import pandas
        table = file.read(columns)
    return polars_frame(table if columns is None else table.select(columns))


def write_tsv(path: str | Path, spec: Table, table: pa.Table | pl.DataFrame) -> None:
    """Write a table as tab-separated text, atomically; null is an empty cell."""
    write_text(path, polars_frame(spec.conform(table)).write_csv(separator="\t", null_value=""))


def polars_frame(table: pa.Table | pa.RecordBatch) -> pl.DataFrame:
    """The rows as a polars frame; `pl.from_arrow` is typed to return a series as well."""
    import polars as pl

    return cast(pl.DataFrame, pl.from_arrow(table))


def polars_schema(spec: Table) -> pl.Schema:
    """The polars schema of the described columns, for building a table row by row."""
    return polars_frame(spec.empty()).schema


def read_tsv(path: str | Path, spec: Table) -> pl.DataFrame:
    """Read a table written by `write_tsv`; text stays text ("0012", "1e5" and "NA" too), an empty cell is null."""
    import polars as pl

    TABLES_READ[str(path)] = None
    try:
        raw = pl.read_csv(path, separator="\t", infer_schema=False)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    target = polars_schema(spec)
    casts = []
    for name in raw.columns:
        if name in target:
            kind = target[name]
            cell = pl.col(name)
            casts.append((cell == "true").alias(name) if kind == pl.Boolean else cell.cast(kind))
    return polars_frame(spec.conform(raw.with_columns(casts)))
