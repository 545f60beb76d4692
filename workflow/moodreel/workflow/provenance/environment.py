"""The libraries that are installed, for the files that carry no versions themselves."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from functools import cache
from pathlib import Path


@cache
def here() -> tuple[str, dict[str, str]]:
    """The installed libraries' versions, Python's and the machine's kind, after a short name for all of it."""
    # by the folders' names: reading what lies in each takes longer than the files of a small run
    folders = {found.stem for place in sys.path if place for found in Path(place).glob("*.dist-info")}
    found = {
        name.lower().replace("_", "-"): version for name, _, version in (one.rpartition("-") for one in sorted(folders))
    }
    found |= {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:8], found
