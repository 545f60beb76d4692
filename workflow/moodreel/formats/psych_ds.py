"""Psych-DS (Kline Struhl et al., psych-ds.github.io, schema 1.5.1): a folder of CSV files with a description that
machines can read.

What its rules require: `dataset_description.json` in JSON-LD by schema.org with `name`, `description` and
`variableMeasured`, where every column of every CSV is named and nothing else; CSV files under `data/`, named by
keywords and ending in `_data.csv`.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from moodreel.storage.atomic import folder_replacement
from moodreel.tables.schema import Column, Table

SCHEMA = "1.5.1"
CONTEXT = "https://schema.org/"
KEYWORDS = ("study", "site", "subject", "session", "task", "condition", "trial", "stimulus", "description")
"""The official keywords of file names; others are allowed, but warned of."""

DATA_FILE = re.compile(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv")
"""The name of a data file (schema 1.5.1, FilenameKeywordFormattingError)."""

_WRITTEN = {"data", "dataset_description.json", "README.md"}


def value_of(text: str) -> str:
    """`text` as a value in a file's name: its letters a-z and digits alone; `x` where none is left."""
    return re.sub(r"[^A-Za-z0-9]", "", text) or "x"


def values_of(texts: Iterable[str]) -> dict[str, str]:
    """`value_of` each of `texts`; values that are equal, apart from upper and lower case, get a number."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        value, number = value_of(text), 1
        while (name := value if number == 1 else f"{value}n{number}").lower() in taken:
            number += 1
        taken.add(name.lower())
        found[text] = name
    return found


@dataclass
class Dataset:
    """A data set that is being written; made by `dataset`."""

    folder: Path
    _meanings: dict[str, dict[str, Column]] = field(default_factory=dict)

    def add(self, table: pl.DataFrame, spec: Table, **keywords: str) -> str:
        """Write `table`, whose columns are some of `spec`'s, under a name made of `keywords`; returns that name."""
        name = "_".join(f"{key}-{value}" for key, value in keywords.items()) + "_data.csv"
        unknown = [key for key in keywords if key not in KEYWORDS]
        if unknown or not DATA_FILE.fullmatch(name):
            raise ValueError(f"{name}: not a name that Psych-DS allows")
        if (self.folder / "data" / name).exists():
            raise ValueError(f"{name} is there twice")
        known = {column.name: column for column in spec.columns}
        for column in table.columns:
            self._meanings.setdefault(column, {})[spec.name] = known[column]
        table.write_csv(self.folder / "data" / name, null_value="")
        return name

    def variables(self) -> list[dict[str, Any]]:
        """Every column that was written, as schema.org's PropertyValue."""
        return [_variable(name, by_table) for name, by_table in self._meanings.items()]


def _variable(name: str, by_table: dict[str, Column]) -> dict[str, Any]:
    tables: dict[str, list[str]] = {}
    for table, column in by_table.items():
        tables.setdefault(column.meaning, []).append(table)
    meanings = [f"{', '.join(of)}: {meaning}" if len(tables) > 1 else meaning for meaning, of in tables.items()]
    variable = {"@type": "PropertyValue", "name": name, "description": "; ".join(meanings)}
    units = list(dict.fromkeys(column.unit for column in by_table.values() if column.unit))
    return variable | ({"unitText": " or ".join(units)} if units else {})


@contextmanager
def dataset(folder: Path, *, name: str, description: str, readme: str, **facts: Any) -> Iterator[Dataset]:
    """Yield a data set to `add` tables to; at the end its description is written and it appears as `folder`.

    facts: further properties of schema.org's Dataset. Raises UserError where `folder` holds other things.
    """
    with folder_replacement(folder, lambda child: child.name in _WRITTEN) as temporary:
        (temporary / "data").mkdir()
        made = Dataset(temporary)
        yield made
        content = {
            "@context": CONTEXT,
            "@type": "Dataset",
            "name": name,
            "description": description,
            "schemaVersion": f"Psych-DS {SCHEMA}",
            **facts,
            "variableMeasured": made.variables(),
        }
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (temporary / "dataset_description.json").write_text(text, encoding="utf-8")
        (temporary / "README.md").write_text(readme, encoding="utf-8")
