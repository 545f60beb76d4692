"""docs/unusable.md names every reason."""

import re
from pathlib import Path

from moodreel.video.errors import REASONS

ROOT = Path(__file__).parents[2]


def test_every_reason_is_described():
    page = (ROOT / "docs" / "unusable.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(REASONS)
