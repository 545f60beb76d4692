"""Each test runs in a folder of its own, and leaves no token of a run behind."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodreel.storage import run_token


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    os.environ.pop(run_token.VARIABLE, None)
