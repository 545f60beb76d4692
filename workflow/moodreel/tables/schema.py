"""Description of tables: their columns with types, units and meanings.

Steps name the tables that they read and write, and Snakemake imports all steps at every start, also where nothing but
Snakemake is installed. So pyarrow and polars are imported here only inside functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column: its name, type, unit ('' where it has none) and meaning.

    type: one of arrow's (`float64`, `string`, ...), or `float32 x 478` for 478 numbers in each cell.
    """

    name: str
    type: str
    unit: str
    meaning: str
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """A table's schema. With `extra`, further columns of that type may follow (features, whose names depend on settings)."""

    name: str
    version: int
    meaning: str
    columns: tuple[Column, ...]
    extra: str | None = None

    @property
    def schema(self) -> pa.Schema:
        """The arrow schema of the described columns."""
        return self.schema_with([])

    def schema_with(self, names: list[str]) -> pa.Schema:
        """The arrow schema with the further columns `names` (only for tables with `extra`)."""
        import pyarrow as pa

        described = [pa.field(c.name, _arrow_type(c.type), c.nullable) for c in self.columns]
        return pa.schema([*described, *(pa.field(name, _arrow_type(self.extra or "")) for name in names)])

    @property
    def names(self) -> list[str]:
        return [c.name for c in self.columns]

    def conform(self, table: pa.Table | pl.DataFrame) -> pa.Table:
        """The table cast to this schema, columns in its order.

        Raises ValueError naming every missing, unknown, wrongly typed or null-holding column.
        """
        import pyarrow as pa

        table = table if isinstance(table, pa.Table) else table.to_arrow()
        known = set(self.names)
        extra = [n for n in table.column_names if n not in known]
        missing = [n for n in self.names if n not in table.column_names]
        mistakes = [f"missing column {n!r}" for n in missing]
        if extra and self.extra is None:
            mistakes += [f"unknown column {n!r}" for n in extra]
        schema = self.schema_with(extra if self.extra is not None else [])
        arrays = []
        for field in schema:
            if field.name not in table.column_names:
                continue
            column = table.column(field.name)
            if not field.nullable and column.null_count:
                mistakes.append(f"{column.null_count} nulls in column {field.name!r}")
            try:
                arrays.append(column if column.type == field.type else column.cast(field.type))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                mistakes.append(f"column {field.name!r}: {error}")
        if mistakes:
            raise ValueError(f"not a {self.name} table: " + "; ".join(mistakes))
        return pa.Table.from_arrays(arrays, schema=schema)

    def empty(self) -> pa.Table:
        import pyarrow as pa

        return pa.Table.from_batches([], self.schema)  # `empty_table()` would import pandas


def _arrow_type(text: str) -> pa.DataType:
    import pyarrow as pa

    name, _, size = text.partition(" x ")
    kind = pa.type_for_alias(name)
    return pa.list_(kind, int(size)) if size else kind
