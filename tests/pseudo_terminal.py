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
        output = b""
        with contextlib.suppress(OSError):  # when the other end is closed
            while data := os.read(ours, 65536):
                output += data
    os.close(ours)
    return running.returncode, output.decode()


def plain(text: str) -> str:
    """The text without colours and moves of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
