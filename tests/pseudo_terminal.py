"""Run a command as a person does, in a terminal."""

import contextlib
import os
import pty
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path


def run(command: Sequence[str | Path], *, folder: Path | None = None, **environment: str) -> tuple[int, str]:
    """The command's status, and all that it writes to a terminal of 30 lines with 100 characters."""
    ours, theirs = pty.openpty()
    size = {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **size, **environment}, stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # when nobody is left at the other end
            while data := os.read(ours, 65536):
                said += data
    os.close(ours)
    return running.returncode, said.decode()


def plain(said: str) -> str:
    """The text without colours and moves of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said).replace("\r", "")
