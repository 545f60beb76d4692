import json
import os
import socket
import time
from pathlib import Path

import pytest

from moodreel.storage import content_marks
from moodreel.storage.content_marks import ABSENT, FOLDER, PIECE, UNREADABLE, Marks


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * 4000)
    return path


def looked(tmp_path, *paths):
    marks = Marks(tmp_path / "cache" / "marks.json")
    marks.look([str(path) for path in paths])
    return marks


def test_a_touched_file_keeps_its_mark_and_is_known_to_be_touched_as_long_as_it_is_remembered(film, tmp_path):
    before = looked(tmp_path, film)
    assert not before.is_touched(str(film))
    os.utime(film, (2e9, 2e9))
    for _ in range(2):
        after = looked(tmp_path, film)
        assert after.mark(str(film)) == before.mark(str(film))
        assert after.is_touched(str(film))
    (tmp_path / "cache" / "marks.json").write_text("{half")
    assert not looked(tmp_path, film).is_touched(str(film))


@pytest.mark.parametrize("where", [0, 1_024_000 // 2, 1_024_000 - 1, slice(PIECE, None)])
def test_other_content_has_another_mark_however_old_it_is(film, tmp_path, where):
    """Also where it is shorter."""
    before = looked(tmp_path, film)
    content = bytearray(film.read_bytes())
    if isinstance(where, slice):
        del content[where]
    else:
        content[where] ^= 1
    film.write_bytes(content)
    os.utime(film, (1e9, 1e9))
    after = looked(tmp_path, film)
    assert after.mark(str(film)) != before.mark(str(film))
    assert not after.is_touched(str(film))


def test_a_file_is_read_again_only_when_its_times_or_size_have_changed(film, tmp_path, monkeypatch):
    mark = looked(tmp_path, film).mark(str(film))
    monkeypatch.setattr(content_marks, "_mark", lambda *_: pytest.fail("read again"))
    marks = looked(tmp_path, film)
    assert marks.mark(str(film)) == mark
    monkeypatch.setattr(content_marks, "_look", lambda *_: pytest.fail("looked at again by the same process"))
    marks.look([str(film)])


def test_what_is_gone_keeps_no_mark_but_is_remembered(film, tmp_path):
    looked(tmp_path, film)
    film.unlink()
    assert looked(tmp_path, film).mark(str(film)) == ABSENT
    assert str(film) in json.loads((tmp_path / "cache" / "marks.json").read_text())


def test_nobody_looks_into_a_folder(tmp_path):
    folder = tmp_path / "json"
    folder.mkdir()
    marks = looked(tmp_path, folder)
    mark = marks.mark(str(folder))
    assert mark.startswith(FOLDER)
    os.utime(folder, (2e9, 2e9))
    later = looked(tmp_path, folder)
    assert not later.is_touched(str(folder)) and later.mark(str(folder)) != mark, "its time is all that tells"


def test_one_file_can_be_looked_at_alone_and_where_nothing_can_be_written(film, tmp_path):
    alone = Marks(tmp_path / "none.json").mark(str(film))
    (tmp_path / "cache").write_text("a file, where a folder should be")
    assert looked(tmp_path, film).mark(str(film)) == alone
    assert len(alone) == 16


@pytest.fixture
def link(film, tmp_path):
    """A link to the film, made an hour after it."""
    path = tmp_path / "link.mp4"
    path.symlink_to(film.name)
    made_s = film.stat().st_mtime + 3600
    os.utime(path, (made_s, made_s), follow_symlinks=False)
    return path


def test_a_link_made_again_to_the_same_file_is_known_to_be_touched(link, tmp_path):
    before = looked(tmp_path, link)
    assert not before.is_touched(str(link))
    target = os.readlink(link)
    link.unlink()
    link.symlink_to(target)
    after = looked(tmp_path, link)
    assert after.mark(str(link)) == before.mark(str(link))
    assert after.is_touched(str(link))


def test_a_link_to_another_file_has_another_mark(link, film, tmp_path):
    before = looked(tmp_path, link).mark(str(link))
    other = film.with_name("other.mp4")
    other.write_bytes(film.read_bytes()[::-1])
    os.utime(other, ns=(film.stat().st_mtime_ns,) * 2)
    made_ns = os.lstat(link).st_mtime_ns
    link.unlink()
    link.symlink_to(other.name)
    os.utime(link, ns=(made_ns, made_ns), follow_symlinks=False)
    assert looked(tmp_path, link).mark(str(link)) != before


@pytest.mark.parametrize("remake", [False, True])
def test_what_an_older_version_has_remembered_makes_no_file_new(link, film, tmp_path, remake):
    """It knew of a link only how old the file is."""
    found = film.stat()
    times = {"modified_ns": found.st_mtime_ns, "changed_ns": found.st_ctime_ns, "first_ns": found.st_mtime_ns}
    remembered = {"bytes": found.st_size, **times, "mark": looked(tmp_path, film).mark(str(film))}
    memory = tmp_path / "cache" / "marks.json"
    memory.write_text(json.dumps({str(film): remembered, str(link): remembered}))
    if remake:
        link.unlink()
        link.symlink_to(film.name)
    after = looked(tmp_path, film, link)
    assert not after.is_touched(str(film))
    assert (after.mark(str(link)), after.is_touched(str(link))) == (remembered["mark"], True)


def test_a_file_that_may_not_be_opened_says_why_and_keeps_what_was_remembered(film, tmp_path, monkeypatch):
    mark = looked(tmp_path, film).mark(str(film))
    os.utime(film, (2e9, 2e9))
    with monkeypatch.context() as patch:
        patch.setattr(content_marks, "_mark", lambda *_: os.stat(tmp_path / "none such"))
        marks = looked(tmp_path, film)
        assert marks.mark(str(film)) == UNREADABLE
        assert marks.why(str(film)) == "No such file or directory"
    marks = looked(tmp_path, film)
    assert (marks.mark(str(film)), marks.why(str(film)), marks.is_touched(str(film))) == (mark, "", True)


def test_what_is_no_file_is_never_opened(tmp_path, monkeypatch):
    """Opening a pipe waits until something writes into it; a device never ends."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    os.symlink("pipe", "link")
    with socket.socket(socket.AF_UNIX) as own:
        own.bind("socket")
        marks, begin = Marks(tmp_path / "marks.json"), time.monotonic()
        paths = {"pipe": "a named pipe", "link": "a named pipe", "socket": "a socket", "/dev/zero": "a device"}
        marks.look(paths)
    assert time.monotonic() - begin < 5
    assert {path: (marks.mark(path), marks.why(path)) for path in paths} == {
        path: (UNREADABLE, f"{kind}, not a file") for path, kind in paths.items()
    }


@pytest.mark.skipif(not os.path.exists("/proc/kmsg"), reason="a file of Linux")
def test_a_file_of_the_kernel_is_never_opened(tmp_path, monkeypatch):
    """Files such as /proc/kmsg call themselves regular, and reading them waits for the next message."""
    os.symlink("/proc/self/status", tmp_path / "link")
    monkeypatch.setattr("builtins.open", lambda path, *_: pytest.fail(f"{path} was opened"))
    marks = Marks(tmp_path / "marks.json")
    for path in ("/proc/kmsg", str(tmp_path / "link")):
        assert (marks.mark(path), marks.why(path)) == (UNREADABLE, "a file of the kernel, not a file")


@pytest.mark.parametrize("path", ["a\0b", "x" * 300, "/".join(["folder"] * 1000), "loop"])
def test_what_no_file_can_be_named_is_absent(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    os.symlink("loop", "loop")
    marks = Marks(tmp_path / "marks.json")
    assert marks.mark(path) == ABSENT and marks.why(path) and marks.content(path) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "5", '{"one": 5}', '{"one": {"mark": 5}}', '{"one": {"mark": "x"}}', "[" * 100_000, "\xff"]
)
def test_stored_marks_that_are_none_are_made_again(tmp_path, text):
    film = tmp_path / "one"
    film.write_bytes(b"film")
    mark = Marks(tmp_path / "none.json").mark(str(film))
    (tmp_path / "marks.json").write_text(text.replace("one", str(film)), encoding="latin-1")
    marks = Marks(tmp_path / "marks.json")
    marks.look([str(film)])
    assert marks.mark(str(film)) == mark


@pytest.mark.parametrize(
    "make", [Path.touch, lambda path: path.symlink_to("nowhere/else"), lambda path: path.mkdir(0o500)]
)
def test_where_marks_cannot_be_stored_they_are_still_made(tmp_path, make):
    (tmp_path / "one").write_bytes(b"film")
    make(tmp_path / ".cache")
    marks = Marks(tmp_path / ".cache" / "marks.json" / "more.json")
    marks.look([str(tmp_path / "one")])
    assert len(marks.mark(str(tmp_path / "one"))) == 16


def test_copies_have_the_same_content_and_nothing_else_has(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in {"one": b"film", "copy": b"film", "two": b"other", "empty": b"", "void": b""}.items():
        Path(name).write_bytes(content)
    Path("folder").mkdir()
    marks = Marks(tmp_path / "marks.json")
    marks.look(["one", "copy", "two"])
    assert marks.content("one") == marks.content("copy") != marks.content("two")
    assert [marks.content(name) for name in ("empty", "void", "folder", "nowhere")] == [None] * 4
    Path("copy").unlink()
    again = Marks(tmp_path / "marks.json")
    assert again.mark("copy") == ABSENT and again.content("copy") == again.content("one")
