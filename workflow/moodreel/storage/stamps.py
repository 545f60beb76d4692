"""The stamp of each file: how it was made."""

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from typing import Any

TABLES_READ: dict[str, None] = {}
"""Paths of the tables that this process has read, each once, in order."""

MEDIA_READ: dict[str, None] = {}
"""Paths of the media files that this process has opened; hashing is slow, so only inputs whose content matters are
hashed."""


_MAKING = {"table", "schema_version", "code", "settings", "libraries", "models", "inputs"}
"""The keys of a stamp that name the table and how it was made."""


def facts_of(stamp: Mapping[str, Any]) -> dict[str, Any]:
    """The step's own entries of a stamp, without those that name the table and how it was made; usually about the
    video."""
    return {name: fact for name, fact in stamp.items() if name not in _MAKING}


def onnxruntime_name() -> str:
    """The name of the installed onnxruntime distribution."""
    try:
        importlib.metadata.version("onnxruntime-gpu")
    except importlib.metadata.PackageNotFoundError:
        return "onnxruntime"
    return "onnxruntime-gpu"


def make_stamp(
    *,
    code: str,
    settings: Mapping[str, Any],
    libraries: Iterable[str] = (),
    models: Mapping[str, str] | None = None,
    inputs: Mapping[str, str] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """The stamp of a file: a mapping that can be written as JSON.

    `code` is the step's fingerprint, `libraries` names distributions whose versions are recorded (`onnxruntime` stands
    for onnxruntime-gpu where that is installed), `models` maps networks to SHA-256, `inputs` maps paths to SHA-256;
    `facts` are further entries of the step (first presentation times, reason, ...).
    """
    names = [onnxruntime_name() if name == "onnxruntime" else name for name in libraries]
    return {
        "code": code,
        "settings": dict(settings),
        "libraries": {
            "python": sys.version.split()[0],
            **{name: importlib.metadata.version(name) for name in names},
        },
        "models": dict(models or {}),
        "inputs": dict(inputs or {}),
        **facts,
    }
