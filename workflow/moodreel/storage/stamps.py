"""The stamp that each file carries: what made it."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from typing import Any

TABLES_READ: dict[str, None] = {}
"""Paths of the tables that this process has read, each once, in order."""

MEDIA_READ: dict[str, None] = {}
"""Those of the media files that it has opened: hashing them takes time, so that only those do whose content counts."""


_MAKING = {"table", "schema_version", "code", "settings", "libraries", "models", "inputs"}


def facts_of(stamp: Mapping[str, Any]) -> dict[str, Any]:
    """What a stamp says besides which table the file is and what made it: of the video, as a rule."""
    return {name: fact for name, fact in stamp.items() if name not in _MAKING}


def onnxruntime_name() -> str:
    """The name under which onnxruntime is installed."""
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
    """What a file carries about its making.

    `code` is the step's fingerprint, `libraries` names distributions whose versions matter (`onnxruntime` stands for
    onnxruntime-gpu where that is installed), `models` maps names to SHA-256, `inputs` maps paths to SHA-256; `facts`
    are the step's own (first presentation times, reason, ...).
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
