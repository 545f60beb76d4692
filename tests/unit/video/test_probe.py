import pytest

from moodreel.video.decode import frames
from moodreel.video.errors import VideoError
from moodreel.video.probe import audio_start_s


def test_pictures_alone_and_what_is_no_video(tmp_path, write_clip):
    assert audio_start_s(write_clip(tmp_path / "a.mp4")) is None
    (tmp_path / "b.mp4").write_text("no video")
    with pytest.raises(VideoError):
        audio_start_s(tmp_path / "b.mp4")


@pytest.mark.parametrize("late_s", [0.0, 0.6])
def test_where_sound_begins(tmp_path, write_clip, ffmpeg, late_s):
    video = write_clip(tmp_path / "a.mp4")
    sound, both = tmp_path / "a.wav", tmp_path / "both.mkv"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", sound)
    both_kept = ("-map", "0", "-map", "1", "-c:v", "copy", "-c:a", "flac")
    ffmpeg("-i", video, "-itsoffset", late_s, "-i", sound, *both_kept, both)
    assert audio_start_s(both) - frames(both).first_pts_s == pytest.approx(late_s, abs=0.002)


def test_the_encoders_priming_is_no_sound(tmp_path, write_clip, ffmpeg):
    both = tmp_path / "both.mp4"
    ffmpeg("-i", write_clip(tmp_path / "a.mp4"), "-f", "lavfi", "-i", "sine=d=1", "-c:v", "copy", "-c:a", "aac", both)
    assert audio_start_s(both) == pytest.approx(0, abs=1e-3)
