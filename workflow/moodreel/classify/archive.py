"""Makes skops archives of the same object the same bytes.

skops names objects and arrays by their address in memory, writes sets in Python's own order, and dates each file.
"""

import io
import json
import zipfile
from pathlib import PurePath
from typing import Any

SCHEMA = "schema.json"


def reproducible(archive: bytes) -> bytes:
    """The same archive with objects and files numbered as they appear, sets sorted, and no dates."""
    objects: dict[Any, int] = {}
    files: dict[str, str] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(one) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("__loader__") == "SetNode":
            node = {**node, "content": sorted(node["content"], key=lambda one: str(one.get("content")))}
        found = {name: renumber(value) for name, value in node.items()}
        if "__id__" in node:
            found["__id__"] = objects.setdefault(node["__id__"], len(objects) + 1)
        if node.get("file") in names:
            found["file"] = files.setdefault(node["file"], f"{len(files) + 1}{PurePath(node['file']).suffix}")
        return found

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(made, "w") as whole:
        names = set(given.namelist()) - {SCHEMA}
        schema = renumber(json.loads(given.read(SCHEMA)))
        for old, new in files.items():
            whole.writestr(zipfile.ZipInfo(new), given.read(old))
        whole.writestr(zipfile.ZipInfo(SCHEMA), json.dumps(schema, indent=2))
    return made.getvalue()
