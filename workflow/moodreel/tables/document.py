"""The documentation of the tables, from their schemas."""

import importlib
import pkgutil

import moodreel.tables
from moodreel.tables.schema import Table


def all_tables() -> list[Table]:
    """Every table, in the order of the modules that describe them."""
    found: dict[str, Table] = {}
    for module in pkgutil.iter_modules(moodreel.tables.__path__):
        for value in vars(importlib.import_module(f"moodreel.tables.{module.name}")).values():
            if isinstance(value, Table):
                found.setdefault(value.name, value)
    return list(found.values())


def tables_page() -> str:
    """Markdown page of every table's columns: type, unit, whether it may be null, meaning."""
    lines = [
        "# Tables",
        "",
        "Written by `make docs` from `workflow/moodreel/tables/`. Names without a folder lie under `results/runs/<run>/`.",
        "Missing values are null, never zero.",
    ]
    for table in all_tables():
        lines += ["", f"## {table.name} (version {table.version})", "", table.meaning, ""]
        lines += ["| column | type | unit | null | meaning |", "|---|---|---|---|---|"]
        for c in table.columns:
            cells = (f"`{c.name}`", c.type, c.unit, "may be" if c.nullable else "never", c.meaning)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if table.extra is not None:
            lines.append(f"| ... | {table.extra} |  | may be | further columns, named by the settings |")
    return "\n".join(lines) + "\n"
