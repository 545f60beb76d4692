"""The sound stream of a file that is used; what it is, tests/unit/music/test_audio.py tries."""

from moodreel.storage.stamps import MEDIA_READ
from moodreel.video import sounds
from moodreel.video.good_clip import write_good_clip


def test_a_file_is_recorded_by_the_path_that_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_good_clip("clip.mkv")
    MEDIA_READ.clear()
    assert sounds.choose("clip.mkv").number == 0
    assert list(MEDIA_READ) == ["clip.mkv"]
