"""Steps that read media or other programs' files, in a child process that may crash, hang or take too much memory.

Decoders are large programs in C, and files come from everywhere. Where one ends the child, the step runs again and is
told to leave this file alone (`video.guarded`): it then writes what it writes for every video that cannot be used, an
empty table with the reason. The child is forked before the step imports its libraries, which costs a few
milliseconds.

How a child's end is judged:

- it reports an error of the user, of the disk or of the configuration: so does the step;
- it has taken more memory (`limits.memory_mb`) or time (`limits.timeout_s`, `limits.stall_s`) than a file may: the
  file is the reason, `memory` or `timeout`;
- it was ended by a signal or an unexpected exception: the step runs once more, since machines fail too. If it ends in
  the same place again and a known good clip can be read, the file is the reason, `crashed`; otherwise the machine is.
"""

import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, NoReturn

from moodreel.settings.limits import LimitsSettings
from moodreel.video import guarded
from moodreel.workflow import program

UNEXPECTED = 70
"""Exit status of a child with an exception that is no UserError and no error of the system (sysexits.h: EX_SOFTWARE).
"""

CUDA_MB = 4000
"""Memory in MB that a process may take in addition where networks run on CUDA, whose libraries need 2 to 3 GB."""

WATCH_S = 0.05
"""Time between two looks at the child's memory."""

MOST_FILES = 20
"""Most files that one step leaves out: where more of them end it, they are hardly the reason."""

FROM_OUTSIDE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals by which somebody ends the job on purpose."""

_KILL_WITH_PARENT = 1
"""PR_SET_PDEATHSIG (linux/prctl.h)."""


@dataclass(frozen=True)
class End:
    """How a child ended.

    kind: `done`; `failed`, with an error that it has printed; `timeout`; `memory`; or `crashed`.
    status: the exit status, negative for a signal.
    reading: the file that it began to read last.
    detail: what happened, in words.
    """

    kind: Literal["done", "failed", "timeout", "memory", "crashed"]
    status: int
    reading: str | None
    detail: str = ""

    @property
    def place(self) -> tuple[str | None, int]:
        return self.reading, self.status


def run(
    step: Callable[[], None],
    limits: LimitsSettings,
    *,
    trial: Callable[[], None],
    again: Callable[[], None] = lambda: None,
    uses_cuda: bool = False,
) -> None:
    """Run `step` in a child process until it ends by itself.

    trial: reads a known good clip in the same way; runs in a child of its own.
    again: called in this process before `step` runs once more.

    Ends this process with the child's exit status where the step has failed, or where the machine is at fault.
    """
    if uses_cuda:
        limits = limits.model_copy(update={"memory_mb": limits.memory_mb + CUDA_MB})
    seen: set[tuple[str | None, int]] = set()
    while (end := in_child(step, limits)).kind != "done":
        file = end.reading
        if end.kind == "failed" or file is None or file in guarded.BLAMED or len(guarded.BLAMED) >= MOST_FILES:
            _leave(end)
        if end.kind == "crashed":
            if end.place not in seen:
                seen.add(end.place)
                _print(f"{file}: reading it ended in a crash ({end.detail}); it is read once more")
                again()
                continue
            if (good := in_child(trial, limits)).kind != "done":
                _print(
                    f"reading {file} ended in a crash ({end.detail}), and so did reading a clip that is known "
                    f"to be good ({good.detail or good.kind}). So this machine or what is installed on it is at fault: "
                    "look at its memory and its drivers; `make clean env` installs everything again."
                )
                _leave(end)
        guarded.BLAMED[file] = end.kind, end.detail
        _print(f"{file}: not used: {end.kind} ({end.detail})")
        again()


def in_child(function: Callable[[], None], limits: LimitsSettings) -> End:
    """Run `function` in a child process within `limits`; its output goes where this process's goes."""
    sys.stdout.flush()
    sys.stderr.flush()
    ours, theirs = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _be_child(function, theirs, limits.stall_s, parent)
    os.close(theirs)
    try:
        return _watch(child, ours, limits)
    except BaseException:  # this process is interrupted: the child, too, has to end
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(ours)


def _be_child(function: Callable[[], None], pipe: int, stall_s: float, parent: int) -> NoReturn:
    """Run `function` and end this process with its status."""
    status = UNEXPECTED
    try:
        _end_with(parent)
        guarded.connect(pipe, stall_s)
        program.run(function)
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except BaseException as error:
        traceback.print_exc()
        if _is_of_the_system(error):
            status = 1
        else:
            os.write(pipe, b"\n" + _in_words(error).encode(errors="replace")[:500] + b"\0")
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _end_with(parent: int) -> None:
    """Let Linux kill this process when its parent ends: a run that was killed leaves nothing running."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_KILL_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _is_of_the_system(error: BaseException) -> bool:
    """Whether an exception is about the disk or a file of ours, not about what a decoder found in a file."""
    return isinstance(error, OSError) and not type(error).__module__.startswith("av.")


def _in_words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _watch(child: int, pipe: int, limits: LimitsSettings) -> End:
    """Wait for the end of the child; end it where it takes more memory or time than it may."""
    reading, exception, broken = None, "", None
    began_s = time.monotonic()
    rest = b""
    while True:
        if select.select([pipe], [], [], WATCH_S)[0]:
            piece = os.read(pipe, 65536)
            if not piece:
                break
            *words, rest = (rest + piece).split(b"\0")
            for word in words:
                text = word.decode("utf-8", "surrogateescape")
                if text.startswith("\n"):
                    exception = text[1:]
                elif text != reading:
                    reading, began_s = text, time.monotonic()
        elif broken is None:
            seconds = time.monotonic() - began_s if reading else 0.0  # a slow start is no file's fault
            broken = _broken_limit(child, seconds, limits)
            if broken:
                os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if broken:
        return replace(broken, status=status, reading=reading)
    return _end_of(status, reading, exception, limits)


def _broken_limit(child: int, seconds: float, limits: LimitsSettings) -> End | None:
    if seconds > limits.timeout_s:
        return End("timeout", 0, None, f"more than limits.timeout_s, {limits.timeout_s:g} s")
    megabytes = memory_mb(child)
    if megabytes > limits.memory_mb:
        return End("memory", 0, None, f"{megabytes:.0f} MB, limits.memory_mb is {limits.memory_mb}")
    return None


def memory_mb(process: int) -> float:
    """Memory in MB that only this process has; 0 where the system does not say."""
    try:
        with open(f"/proc/{process}/statm", "rb") as file:
            _, resident, shared, *_ = file.read().split()
    except (OSError, ValueError):
        return 0.0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _end_of(status: int, reading: str | None, exception: str, limits: LimitsSettings) -> End:
    if status == 0:
        return End("done", status, reading)
    if status == -signal.SIGALRM:
        return End("timeout", status, reading, f"no frame came for limits.stall_s, {limits.stall_s:g} s")
    if status == UNEXPECTED and exception:
        return End("crashed", status, reading, exception)
    if status < 0 and -status not in FROM_OUTSIDE:
        return End("crashed", status, reading, f"ended by {signal.Signals(-status).name}")
    return End("failed", status, reading)


def _leave(end: End) -> NoReturn:
    """End this process as the child has ended."""
    if end.status < 0 and -end.status in FROM_OUTSIDE:
        signal.signal(-end.status, signal.SIG_DFL)
        os.kill(os.getpid(), -end.status)
    if end.status < 0:
        _print(f"the step {end.detail or end.kind}")
    sys.exit(end.status if 0 < end.status < 256 else 1)


def _print(message: str) -> None:
    print(f"moodreel: {message}", file=sys.stderr, flush=True)
