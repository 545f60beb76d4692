from __future__ import annotations

import json
import os

import pytest

from moodreel.video.same import ABSENT, FOLDER, PIECE, Marks


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * 4000)
    return path


def looked(tmp_path, *paths):
    marks = Marks(tmp_path / "cache" / "marks.json")
    marks.look([str(path) for path in paths])
    return marks


def test_a_touched_file_keeps_its_mark_and_is_known_to_be_touched(film, tmp_path):
    before = looked(tmp_path, film)
    assert not before.touched(str(film))
    os.utime(film, (2e9, 2e9))
    for _ in range(2):
        after = looked(tmp_path, film)
        assert after.mark(str(film)) == before.mark(str(film))
        assert after.touched(str(film))


def test_without_memory_nothing_is_known_to_be_touched(film, tmp_path):
    looked(tmp_path, film)
    os.utime(film, (2e9, 2e9))
    (tmp_path / "cache" / "marks.json").write_text("{half")
    assert not looked(tmp_path, film).touched(str(film))


@pytest.mark.parametrize("where", [0, 1_024_000 // 2, 1_024_000 - 1])
def test_other_content_has_another_mark_however_old_it_is(film, tmp_path, where):
    before = looked(tmp_path, film)
    content = bytearray(film.read_bytes())
    content[where] ^= 1
    film.write_bytes(content)
    os.utime(film, (1e9, 1e9))
    after = looked(tmp_path, film)
    assert after.mark(str(film)) != before.mark(str(film))
    assert not after.touched(str(film))


def test_another_length_is_another_mark(film, tmp_path):
    before = looked(tmp_path, film).mark(str(film))
    film.write_bytes(film.read_bytes()[:PIECE])
    assert looked(tmp_path, film).mark(str(film)) != before


def test_a_file_is_read_again_only_when_its_times_or_size_have_changed(film, tmp_path, monkeypatch):
    mark = looked(tmp_path, film).mark(str(film))
    monkeypatch.setattr("moodreel.video.same._mark", lambda *_: pytest.fail("read again"))
    assert looked(tmp_path, film).mark(str(film)) == mark


def test_what_is_gone_keeps_no_mark_but_is_remembered(film, tmp_path):
    looked(tmp_path, film)
    film.unlink()
    assert looked(tmp_path, film).mark(str(film)) == ABSENT
    assert str(film) in json.loads((tmp_path / "cache" / "marks.json").read_text())


def test_nobody_looks_into_a_folder(tmp_path):
    folder = tmp_path / "json"
    folder.mkdir()
    marks = looked(tmp_path, folder)
    assert marks.mark(str(folder)) == FOLDER
    os.utime(folder, (2e9, 2e9))
    assert not looked(tmp_path, folder).touched(str(folder)), "its time is all that tells"


def test_a_folder_that_cannot_be_written_to_may_be_planned_in(film, tmp_path):
    (tmp_path / "cache").write_text("a file, where a folder should be")
    assert len(looked(tmp_path, film).mark(str(film))) == 16


def test_one_file_can_be_asked_for_alone(film, tmp_path):
    assert Marks(tmp_path / "none.json").mark(str(film)) == looked(tmp_path, film).mark(str(film))
