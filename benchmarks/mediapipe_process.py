"""Runs MediaPipe in its own environment and processes."""

import subprocess
import sys
import time
from pathlib import Path

from moodreel.errors import UserError

MEDIAPIPE = "0.10.21"
ENVIRONMENT = Path("results/.cache/bench-mediapipe")
WORKER = Path(__file__).with_name("mediapipe_worker.py")


def mediapipe_python() -> Path:
    """The Python of an environment with MediaPipe 0.10.21, which uv makes at the first use.

    It is separate from moodreel's environment since that version needs numpy < 2. Raises UserError where it cannot be
    made.
    """
    uv = Path(sys.executable).with_name("uv")
    install = ["pip", "install", "--quiet", "--python", str(ENVIRONMENT), f"mediapipe=={MEDIAPIPE}"]
    for arguments in (["venv", "--quiet", "--allow-existing", "--python", ">=3.9,<3.13", str(ENVIRONMENT)], install):
        done = subprocess.run([str(uv), *arguments], capture_output=True, text=True)
        if done.returncode:
            raise UserError(
                f"MediaPipe {MEDIAPIPE} cannot be installed in {ENVIRONMENT}, which needs Python 3.9 to 3.12 and a "
                f"package index: {done.stderr.strip()}"
            )
    return ENVIRONMENT / "bin" / "python"


def run_mediapipe(interpreter: Path, pictures: Path, *options: str) -> str:
    """The output of `mediapipe_worker` for `pictures` (.npy). Raises UserError where it fails."""
    command = [interpreter, WORKER, "--pictures", pictures, *options, "--started", str(time.monotonic())]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"MediaPipe ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout
