"""The rules of Psych-DS 1.5.1 (psych-ds.github.io, schema_model) whose breach is an error."""

import csv
import json
import re
from pathlib import Path

OFFICIAL = {"study", "site", "subject", "session", "task", "condition", "trial", "stimulus", "description"}


def check(folder: Path) -> dict:
    """Assert that `folder` keeps them, that its keywords are official ones and its variables typed; returns its
    description."""
    description = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
    assert description["@context"] == "https://schema.org/" and description["@type"] == "Dataset"
    assert all(description[key] for key in ("name", "description", "variableMeasured"))
    names = [variable["name"] for variable in description["variableMeasured"]]
    assert len(set(names)) == len(names)
    assert all(variable["@type"] == "PropertyValue" for variable in description["variableMeasured"])
    columns = set()
    files = sorted((folder / "data").rglob("*"))
    assert files
    for file in files:
        assert re.fullmatch(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv", file.name)
        assert {part.split("-")[0] for part in file.stem.split("_")[:-1]} <= OFFICIAL
        header, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
        assert header and len(set(header)) == len(header)
        assert all(len(row) == len(header) for row in rows)
        columns |= set(header)
    assert columns == set(names)  # neither CSV_COLUMN_MISSING_FROM_METADATA nor VARIABLE_MISSING_FROM_CSV_COLUMNS
    return description
