import av
import numpy as np
import pytest

from moodreel.demo import encode
from moodreel.demo.catalogue import parse
from moodreel.demo.portraits import PICTURE_PX
from moodreel.demo.render import frames
from moodreel.demo.script import script
from moodreel.demo.soundtrack import SOUND_HZ
from moodreel.errors import UserError
from moodreel.steps import actor
from moodreel.tables import base
from moodreel.tables.truth import TRUTH

SOURCE = "builtin:astronaut/smile/2"


def run_step(folder, source=SOURCE):
    clip, truth = folder / "clip.mp4", folder / "clip.truth.parquet"
    settings = '{"actors": {"noise_seed": 5}}'
    actor.main(["--source", source, "--out", str(clip), "--truth-out", str(truth), "--settings", settings])
    return clip, truth


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_step(tmp_path_factory.mktemp("clip"))


def test_the_file_holds_125_frames_at_25_per_second(made):
    with av.open(str(made[0])) as media:
        stream = media.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", PICTURE_PX, PICTURE_PX)
        times_s = [float(frame.pts * frame.time_base) for frame in media.decode(video=0)]
        assert "synthetic" in media.metadata["title"] and "synthetic" in media.metadata["comment"]
    assert times_s == pytest.approx([i / 25 for i in range(125)])


def test_the_file_holds_five_seconds_of_sound(made):
    with av.open(str(made[0])) as media:
        assert media.streams.audio[0].codec_context.name == "aac"
        sound = np.concatenate([frame.to_ndarray() for frame in media.decode(audio=0)], axis=1)
    assert sound.shape[1] / SOUND_HZ == pytest.approx(5, abs=0.05)
    assert np.sqrt(np.mean(sound**2)) > 0.01


def test_the_pictures_are_the_rendered_ones(made):
    clip = parse(SOURCE)
    rendered = frames(clip, script(clip), noise_seed=5)
    with av.open(str(made[0])) as media:
        for frame, picture in zip(media.decode(video=0), rendered, strict=True):
            assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - picture).mean() < 5


def test_the_truth_lies_next_to_it_and_making_both_again_gives_the_same_bytes(made, tmp_path):
    truth, stamp = base.read(made[1], TRUTH), base.read_stamp(made[1])
    assert truth["expression"].to_list() == ["smile"] * 125
    assert (stamp["source"], stamp["settings"]) == (SOURCE, {"actors": {"noise_seed": 5}})
    again, _ = run_step(tmp_path)
    assert again.read_bytes() == made[0].read_bytes()


def test_an_unknown_clip_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="no such built-in clip"):
        run_step(tmp_path, "builtin:hopper/wink/1")
    assert not list(tmp_path.iterdir())


def test_a_failure_of_ffmpeg_or_while_rendering_is_reported_and_leaves_no_file(tmp_path):
    picture = np.zeros((32, 32, 3), np.uint8)

    def write(pictures, audio_rate_hz):
        rates = {"rate_hz": 25, "audio_rate_hz": audio_rate_hz}
        encode.write(tmp_path / "x.mp4", parse(SOURCE), pictures, np.zeros(100, np.float32), side_px=32, **rates)

    def one_picture():
        yield picture
        raise ArithmeticError("no second picture")

    with pytest.raises(RuntimeError, match=r"x\.mp4: ffmpeg failed: .*sample_rate"):
        write([picture] * 2, -1)
    with pytest.raises(ArithmeticError):
        write(one_picture(), 44100)
    assert not list(tmp_path.iterdir())
