from __future__ import annotations

import pytest

from moodreel.video.errors import VideoError
from moodreel.video.probe import probe


def test_picture_alone(tmp_path, write_clip):
    facts = probe(write_clip(tmp_path / "a.mp4", [1.5 + i / 10 for i in range(10)]))
    assert (facts.codec, facts.width, facts.height, facts.rotation) == ("h264", 64, 48, 0)
    assert facts.first_pts_s == pytest.approx(1.5)
    assert facts.announced_frames == 10
    assert (facts.has_audio, facts.audio_start_s) == (False, None)


@pytest.mark.parametrize("late_s", [0.0, 0.6])
def test_where_sound_begins(tmp_path, write_clip, ffmpeg, late_s):
    video = write_clip(tmp_path / "a.mp4")
    sound, both = tmp_path / "a.wav", tmp_path / "both.mkv"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", sound)
    ffmpeg(
        "-i", video, "-itsoffset", late_s, "-i", sound, "-map", "0", "-map", "1", "-c:v", "copy", "-c:a", "flac", both
    )
    facts = probe(both)
    assert facts.has_audio
    assert facts.audio_start_s - facts.first_pts_s == pytest.approx(late_s, abs=0.002)


def test_the_encoders_priming_is_no_sound(tmp_path, write_clip, ffmpeg):
    both = tmp_path / "both.mp4"
    ffmpeg("-i", write_clip(tmp_path / "a.mp4"), "-f", "lavfi", "-i", "sine=d=1", "-c:v", "copy", "-c:a", "aac", both)
    assert probe(both).audio_start_s == pytest.approx(0, abs=1e-3)


def test_unusable(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(VideoError):
        probe(tmp_path / "a.mp4")


def test_announced_and_true_counts_differ(shared):
    """This clip's header counts 98 frames; 95 decode."""
    assert probe(shared / "data/videos/pyfeat_no_face.mp4").announced_frames == 98
