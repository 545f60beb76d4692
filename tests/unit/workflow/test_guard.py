"""A step's child process that crashes, hangs or takes too much."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.settings.limits import LimitsSettings
from moodreel.video import guarded
from moodreel.video.errors import VideoError
from moodreel.workflow import guard

MUCH_MB = 100_000
"""A child of this process has all its memory."""

LIMITS = LimitsSettings(stall_s=1, timeout_s=30, memory_mb=MUCH_MB)


@pytest.fixture(autouse=True)
def _nothing_blamed():
    guarded.BLAMED.clear()
    yield
    guarded.BLAMED.clear()


def _reader(log: Path, do: Callable[[], None]) -> Callable[[], None]:
    """A step that reads `bad`, which does `do`, then `good`; it writes what became of both into `log`."""

    def step() -> None:
        for name in ("bad", "good"):
            try:
                guarded.begin(name)
                if name == "bad":
                    do()
                word = "read"
            except VideoError as error:
                word = error.reason
            with log.open("a") as file:
                file.write(f"{name} {word}\n")

    return step


def _run(step: Callable[[], None], **options) -> None:
    guard.run(step, options.pop("limits", LIMITS), **{"trial": lambda: None, **options})


def _kill(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def _spend_memory() -> None:
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1)) * 50_000_000)
        time.sleep(0.02)


def _raise(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


def _go_on_forever() -> None:
    while True:
        guarded.progress()
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("do", "limits", "reason"),
    [
        (_kill(signal.SIGSEGV), LIMITS, "crashed"),
        (_kill(signal.SIGABRT), LIMITS, "crashed"),
        (_kill(signal.SIGKILL), LIMITS, "crashed"),
        (_raise(IndexError("out of range")), LIMITS, "crashed"),
        (_raise(MemoryError()), LIMITS, "crashed"),
        (lambda: time.sleep(60), LIMITS, "timeout"),
        (_go_on_forever, LimitsSettings(timeout_s=1, stall_s=30, memory_mb=MUCH_MB), "timeout"),
    ],
)
def test_a_file_that_ends_the_child_is_left_out_and_the_others_are_read(tmp_path, do, limits, reason):
    _run(_reader(tmp_path / "log", do), limits=limits)
    assert (tmp_path / "log").read_text() == f"bad {reason}\ngood read\n"


def test_a_file_that_takes_too_much_memory_is_left_out(tmp_path):
    own_mb = int(guard.memory_mb(os.getpid()))
    _run(_reader(tmp_path / "log", _spend_memory), limits=LimitsSettings(memory_mb=own_mb + 500))
    assert (tmp_path / "log").read_text() == "bad memory\ngood read\n"


def test_a_crash_that_does_not_happen_again_costs_nothing(tmp_path):
    def do() -> None:
        if not (tmp_path / "before").exists():
            (tmp_path / "before").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    _run(_reader(tmp_path / "log", do))
    assert (tmp_path / "log").read_text() == "bad read\ngood read\n"


def test_the_machine_is_blamed_where_a_good_clip_crashes_too(tmp_path, capfd):
    with pytest.raises(SystemExit) as exit_of:
        _run(_reader(tmp_path / "log", _kill(signal.SIGSEGV)), trial=_kill(signal.SIGSEGV))
    assert exit_of.value.code == 1
    assert "so did reading a clip that is known to be good" in capfd.readouterr().err
    assert not guarded.BLAMED


def test_a_crash_before_any_file_is_not_a_files_fault(capfd):
    with pytest.raises(SystemExit) as exit_of:
        _run(_kill(signal.SIGSEGV))
    assert exit_of.value.code == 1
    assert "SIGSEGV" in capfd.readouterr().err


@pytest.mark.parametrize("error", [UserError("a wrong setting"), OSError(5, "the disk fails")])
def test_errors_of_the_user_and_of_the_disk_stay_errors(tmp_path, capfd, error):
    with pytest.raises(SystemExit) as exit_of:
        _run(_reader(tmp_path / "log", _raise(error)))
    assert exit_of.value.code == 1
    assert str(error.args[-1]) in capfd.readouterr().err
    assert not (tmp_path / "log").exists()


def test_the_child_ends_with_its_parent(tmp_path):
    """Killed runs leave nothing behind that could write results later."""
    pids = tmp_path / "pid"

    def step() -> None:
        pids.write_text(str(os.getpid()))
        time.sleep(60)

    parent = os.fork()
    if parent == 0:
        guard.in_child(step, LIMITS)
        os._exit(0)
    while not (pids.exists() and pids.read_text()):
        time.sleep(0.01)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    for _ in range(200):
        status = Path(f"/proc/{pids.read_text()}/status")
        if not status.exists() or "zombie" in status.read_text():
            return
        time.sleep(0.01)
    pytest.fail("the child outlives its parent")


def test_a_child_costs_little():
    taken_s = []
    for _ in range(10):
        began_s = time.perf_counter()
        assert guard.in_child(lambda: None, LIMITS).kind == "done"
        taken_s.append(time.perf_counter() - began_s)
    assert min(taken_s) < 0.1  # 50 ms are allowed; a pytest process is large, the machine shared
