import errno
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.storage import atomic, run_token
from moodreel.storage.atomic import folder_replacement, of_suffix, replacement, sha256, write_text
from moodreel.storage.disk_full import DiskFull


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a" / "x.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacement(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]


def test_the_temporary_name_keeps_the_suffix(tmp_path):
    path = tmp_path / "clip.mp4"
    with replacement(path) as temporary:
        assert temporary.suffix == ".mp4" and temporary.parent == tmp_path
        temporary.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_killed_processes_left_of_a_file_is_removed_and_nothing_else(tmp_path, dead):
    host, old = socket.gethostname(), time.time() - atomic.STALE_S - 60
    left = [f".moodreel.x.{host}.{dead}.tsv", ".moodreel.x.elsewhere.7.tsv", f".moodreel.x.{host}.{dead}"]
    stays = [
        *(f".moodreel.x.{host}.{os.getppid()}.tsv", ".moodreel.x.other.7.tsv", f".moodreel.y.{host}.{dead}.tsv"),
        *(".x.tsv", "x.1.tsv", ".x.backup.20240101.tsv"),
    ]
    for name in left + stays:
        (tmp_path / name).write_text("half")
    for name in (".moodreel.x.elsewhere.7.tsv", ".x.backup.20240101.tsv"):
        os.utime(tmp_path / name, (old, old))
    write_text(tmp_path / "x.tsv", "whole")
    assert {p.name for p in tmp_path.iterdir()} == {*stays, left[2], "x.tsv"}


def test_what_killed_processes_left_of_a_folder_is_removed(tmp_path, dead):
    host = socket.gethostname()
    for process in (dead, os.getpid(), os.getppid()):  # in containers a process may find its own number taken
        (tmp_path / f".moodreel.out.{host}.{process}").mkdir()
        (tmp_path / f".moodreel.out.{host}.{process}" / "half").write_text("half")
    with folder_replacement(tmp_path / "out", lambda child: False) as folder:
        (folder / "whole").write_text("whole")
    assert {p.name for p in tmp_path.iterdir()} == {f".moodreel.out.{host}.{os.getppid()}", "out"}
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["whole"]


def test_what_people_have_hidden_was_not_left_behind(tmp_path, dead, monkeypatch):
    old = time.time() - atomic.STALE_S - 60
    for name in (".notes.backup.20240101", ".notes.v2.1.md", f".x.{socket.gethostname()}.{dead}.tsv"):
        (tmp_path / name).write_text("mine")
        os.utime(tmp_path / name, (old, old))
    atomic.temporary_path(tmp_path / "x.tsv", ".tsv").write_text("half, of this process")
    monkeypatch.setattr(os, "getpid", lambda: dead)
    left = {atomic.temporary_path(tmp_path / "a.b.tsv", ".tsv"), atomic.temporary_path(tmp_path / "out")}
    for path in left:
        path.write_text("half")
    assert {*atomic.leftovers(tmp_path)} == left


def test_files_and_folders_are_on_the_disk_before_they_have_their_names(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(Path(os.readlink(f"/proc/self/fd/{file}"))))
    write_text(tmp_path / "x.txt", "whole")
    assert [(path.parent, path.name.startswith(".moodreel.x.")) for path in synced] == [(tmp_path, True)]
    synced.clear()
    with folder_replacement(tmp_path / "out", lambda child: True) as folder:
        (folder / "data").mkdir()
        names = ["a.json", "b.json", "data/c.csv"]
        for name in names:
            (folder / name).write_text(name)
        assert not synced
    assert sorted(synced) == sorted([folder, folder / "data", *(folder / name for name in names)])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.json", "b.json", "data"]


def test_a_disk_that_turns_out_to_be_full_leaves_no_folder(tmp_path, monkeypatch):
    def full(_file):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(DiskFull, match="your quota"),
        folder_replacement(tmp_path / "out", lambda child: True) as folder,
    ):
        (folder / "a.json").write_text("a")
    assert not list(tmp_path.iterdir())


def test_file_systems_that_settle_no_folders_do(tmp_path, monkeypatch):
    fsync = os.fsync

    def files_only(file):
        if os.path.isdir(f"/proc/self/fd/{file}"):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(file)

    monkeypatch.setattr(os, "fsync", files_only)
    with folder_replacement(tmp_path / "out", lambda child: True) as folder:
        (folder / "a.json").write_text("a")
    assert (tmp_path / "out" / "a.json").exists()


@pytest.fixture
def of_a_run(tmp_path, monkeypatch) -> Path:
    """A folder in which this process belongs to the run that began last."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(run_token.VARIABLE, "ours")
    _record("ours")
    return tmp_path


def _record(token: str) -> None:
    run_token.RECORD.parent.mkdir(exist_ok=True)
    run_token.RECORD.write_text(json.dumps({"token": token}))


def test_a_job_of_a_run_before_publishes_nothing(of_a_run):
    write_text("x.txt", "theirs")
    assert Path("x.txt").read_text() == "theirs", "of the last run"
    with pytest.raises(run_token.NotCurrent, match="another one has begun"), replacement("x.txt") as temporary:
        temporary.write_text("late")
        _record("another")
    with pytest.raises(run_token.NotCurrent), folder_replacement(Path("out"), lambda child: True):
        pass
    assert Path("x.txt").read_text() == "theirs"
    assert {p.name for p in of_a_run.iterdir()} == {"results", "x.txt"}


@pytest.mark.parametrize("record", ["", "{", "{}", None, "by hand"])
def test_nothing_is_refused_where_the_record_is_empty_or_by_hand(of_a_run, monkeypatch, record):
    if record is None:
        run_token.RECORD.unlink()
    elif record == "by hand":
        _record("another")
        monkeypatch.delenv(run_token.VARIABLE)
    else:
        run_token.RECORD.write_text(record)
    write_text("x.txt", "whole")
    assert Path("x.txt").exists()


def killed_shell(job: str, first: str) -> None:
    """A job in a shell that does `first`; the shell is killed once the job has begun, and the job goes on until it ends."""
    waiting = (
        "    pathlib.Path('begun').touch()\n    while not pathlib.Path('go').exists():\n        time.sleep(0.01)\n"
    )
    text = f"import pathlib, time\ndef wait():\n{waiting}{job}"
    environment = {**os.environ, "JOB": text, "PYTHONPATH": str(Path(atomic.__file__).parents[2])}
    command = f'{first}; {sys.executable} -c "$JOB" 2> said; echo ended'
    shell = subprocess.Popen(["bash", "-c", command], env=environment, stdout=subprocess.DEVNULL)
    _until(Path("begun").exists)
    shell.kill()
    shell.wait()
    Path("go").touch()
    _until(lambda: "the shell that started it has ended" in Path("said").read_text())


FILE = """\
from moodreel.storage.atomic import replacement
with replacement('x.txt') as temporary:
    temporary.write_text('late')
    wait()
"""
FOLDER = """\
wait()
from moodreel.storage.atomic import of_suffix, folder_replacement
with folder_replacement(pathlib.Path('gallery'), of_suffix('.jpg')) as folder:
    (folder / 'late.jpg').touch()
"""


@pytest.mark.parametrize(("job", "first"), [(FILE, "true"), (FOLDER, f"export {run_token.SHELL}=$$")])
def test_a_job_whose_shell_was_killed_publishes_nothing(of_a_run, job, first):
    """Also one whose parent is another process from the start, since the shell was killed before the job began."""
    killed_shell(job, first)
    assert not Path("x.txt").exists() and not Path("gallery").exists()


def test_a_folder_is_replaced_where_only_such_files_lie_in_it(tmp_path):
    (tmp_path / "figures").mkdir()
    for name in ("old.png", atomic.TIMESTAMP):
        (tmp_path / "figures" / name).touch()
    with folder_replacement(tmp_path / "figures", of_suffix(".png")) as folder:
        (folder / "new.png").touch()
    assert [p.name for p in (tmp_path / "figures").iterdir()] == ["new.png"]
    (tmp_path / "figures" / "notes.txt").touch()
    with pytest.raises(UserError, match=r"notes\.txt"), folder_replacement(tmp_path / "figures", of_suffix(".png")):
        pass
    assert (tmp_path / "figures" / "new.png").exists()


def _until(what) -> None:
    for _ in range(1000):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("nothing came")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_with_the_file_and_the_room_that_is_left(tmp_path, number):
    path = tmp_path / "x.parquet"
    path.write_text("old")
    with pytest.raises(DiskFull) as caught, replacement(path) as temporary:
        temporary.write_text("half")
        raise OSError(number, os.strerror(number))
    assert str(path) in str(caught.value)
    assert "B of " in str(caught.value) and "run snakemake again" in str(caught.value)
    with pytest.raises(DiskFull), folder_replacement(tmp_path / "out", lambda child: True):
        raise OSError(number, os.strerror(number))
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet"]


def test_other_errors_stay_what_they_are(tmp_path):
    for error in (OSError(errno.EIO, "broken"), OSError("of a library"), ValueError("no"), UserError("your mistake")):
        with pytest.raises(type(error)) as raised, replacement(tmp_path / "x"):
            raise error
        assert raised.value is error


@pytest.mark.parametrize("kind", ["a pipe", "a device"])
def test_the_hash_of_what_never_ends_is_that_of_nothing(tmp_path, kind):
    path = tmp_path / "a"
    if kind == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    (tmp_path / "nothing").touch()
    assert sha256(path) == sha256(tmp_path / "nothing")
