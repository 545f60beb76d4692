"""What a process that reads media or other programs' files tells the process that guards it, and learns from it.

`moodreel.workflow.guard` runs a step in a child process. It has to know which file the child is reading when the child
ends, and the child has to know which files have ended it before. Without a guard, as in tests and notebooks, nothing
is told.
"""

import os
import signal

from moodreel.video.errors import VideoError


class _Guard:
    """The child's side: `pipe`, the file descriptor to the guard; `stall_s`, after which silence ends the child."""

    pipe: int | None = None
    stall_s: float = 0.0


BLAMED: dict[str, tuple[str, str]] = {}
"""Files that have ended an earlier child, with the reason (a key of `video.errors.REASONS`) and its detail."""


def connect(pipe: int, stall_s: float) -> None:
    """Tell the guard at the other end of `pipe` what is read from now on, and let SIGALRM, which nothing catches, end
    this process whenever `progress` has not been called for `stall_s`."""
    _Guard.pipe, _Guard.stall_s = pipe, stall_s


def begin(path: str | os.PathLike[str]) -> None:
    """Say that the file `path` is read from now on. Raises VideoError where it has ended an earlier child."""
    name = os.fspath(path)
    if name in BLAMED:
        reason, detail = BLAMED[name]
        raise VideoError(reason, name, detail)
    if _Guard.pipe is not None:
        os.write(_Guard.pipe, name.encode("utf-8", "surrogateescape") + b"\0")
    progress()


def progress() -> None:
    """Say that reading goes on: some packet, frame or piece of a table has been read. Costs less than 1 us."""
    if _Guard.stall_s:
        signal.setitimer(signal.ITIMER_REAL, _Guard.stall_s)
