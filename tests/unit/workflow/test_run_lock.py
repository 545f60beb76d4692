import errno
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.storage import disk_full, run_token
from moodreel.workflow import run_lock

HOLD = "import sys; from moodreel.workflow import run_lock; held = run_lock.begin(); print('held', flush=True); {then}"


def elsewhere(then: str) -> subprocess.Popen:
    """A process that has the lock of this folder."""
    environment = {**os.environ, "PYTHONPATH": str(Path(run_lock.__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(then=then)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_run_is_reported_of_the_first():
    first = elsewhere("sys.stdin.read()")
    try:
        with pytest.raises(UserError) as error:
            run_lock.begin()
        record = json.loads(run_token.RECORD.read_text())
        for part in (f"process {first.pid} on {record['host']}", record["since"], "--dry-run"):
            assert part in str(error.value)
        assert run_token.VARIABLE not in os.environ
    finally:
        first.kill()
        first.wait()
    os.close(run_lock.begin())


def test_jobs_of_a_killed_run_do_not_hold_its_lock():
    job = "import subprocess; p = subprocess.Popen(['sleep', '30']); print(p.pid, flush=True); sys.stdin.read()"
    first = elsewhere(job)
    orphan = int(first.stdout.readline())
    first.kill()
    first.wait()
    try:
        os.close(run_lock.begin())
        os.kill(orphan, 0)  # it was alive meanwhile
    finally:
        os.kill(orphan, 9)


def test_each_run_writes_itself_down_and_lets_its_jobs_know():
    os.close(run_lock.begin())
    first = json.loads(run_token.RECORD.read_text())
    assert first["process"] == os.getpid()
    assert os.environ[run_token.VARIABLE] == first["token"]
    run_token.require_current()
    run_token.RECORD.write_text(json.dumps({**first, "host": "a longer name" * 9}))
    os.close(run_lock.begin())
    second = json.loads(run_token.RECORD.read_text())
    assert second["token"] != first["token"]
    assert {**second, "token": 0, "since": 0} == {**first, "token": 0, "since": 0}


def failing(number: int):
    """A call of the system that fails with this number, and names the file where it is given a path."""

    def fail(file, *_, **__):
        raise OSError(number, os.strerror(number), str(file) if isinstance(file, Path) else None)

    return fail


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP])
def test_without_locks_a_run_goes_on_with_a_warning(monkeypatch, capsys, number):
    monkeypatch.setattr(fcntl, "flock", failing(number))
    os.close(run_lock.begin())
    assert "without locks" in capsys.readouterr().err
    assert run_token.RECORD.exists()


def test_a_full_disk_is_reported_before_anything_runs(monkeypatch):
    monkeypatch.setattr(os, "pwrite", failing(errno.ENOSPC))
    with pytest.raises(disk_full.DiskFull, match="run.json"):
        run_lock.begin()


def test_locks_that_a_killed_job_left_in_the_list_of_fonts_are_removed():
    left = Path(run_lock.MATPLOTLIB_LOCKS.replace("*", "fontlist-v390.json"))
    left.parent.mkdir(parents=True)
    left.touch()
    os.close(run_lock.begin())
    assert not left.exists()


def test_a_plan_from_before_another_run_does_not_begin():
    os.close(run_lock.begin())
    before = run_lock.Before.look()
    assert before.still_so
    other = elsewhere("pass")
    assert other.wait() == 0
    assert not before.still_so
    with pytest.raises(UserError, match="Start again"):
        run_lock.begin(before)
    now = run_lock.Before.look()
    os.close(run_lock.begin(now))
    assert now.still_so, "its own run does not count"


def test_a_plan_from_next_to_another_run_does_not_begin():
    other = elsewhere("sys.stdin.read()")
    before = run_lock.Before.look()
    assert before.at_work
    other.communicate(b"")
    assert not before.still_so
    with pytest.raises(UserError, match="Start again"):
        run_lock.begin(before)


def test_where_nobody_ever_ran_a_plan_may_begin():
    before = run_lock.Before.look()
    assert before == run_lock.Before(None, at_work=False)
    assert before.still_so
    assert not run_token.RECORD.exists(), "looking makes no file"
    os.close(run_lock.begin(before))


def test_who_looks_for_a_moment_is_waited_for(monkeypatch):
    os.close(run_lock.begin())
    looking = open(run_token.RECORD, "rb")  # noqa: SIM115
    fcntl.flock(looking, fcntl.LOCK_SH)
    monkeypatch.setattr(run_lock.time, "sleep", lambda _: looking.close())
    os.close(run_lock.begin())
    assert looking.closed


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda patch: Path("results").symlink_to("/not/mounted"), "link to /not/mounted, which is not there"),
        (lambda patch: Path("results").touch(), "results: File exists. A run writes into results/"),
        (
            lambda patch: patch.setattr(Path, "mkdir", failing(errno.EROFS)),
            "Read-only file system. A run writes into results/",
        ),
    ],
    ids=["a link to nowhere", "no folder", "a read-only disk"],
)
def test_results_that_cannot_be_written_to_are_reported(monkeypatch, spoil, message):
    spoil(monkeypatch)
    with pytest.raises(UserError, match=message):
        run_lock.begin()
