from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from moodreel.video.decode import frames
from moodreel.video.rotation import Turn, turn_of_matrix, turn_of_tag

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)

ONE = 1 << 16


def matrix(a, b, c, d):
    return np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], np.int32).tobytes()


@pytest.mark.parametrize(
    ("abcd", "degrees"),
    [((ONE, 0, 0, ONE), 0), ((0, ONE, -ONE, 0), 90), ((-ONE, 0, 0, -ONE), 180), ((0, -ONE, ONE, 0), 270)],
)
def test_quarter_turns_are_clockwise(abcd, degrees):
    turn = turn_of_matrix(matrix(*abcd))
    assert (turn.degrees, turn.is_mirrored) == (degrees, False)
    assert np.array_equal(turn.apply(PICTURE), np.rot90(PICTURE, -degrees // 90))
    assert turn.apply(PICTURE).flags.c_contiguous
    assert turn == turn_of_tag(str(degrees)) == turn_of_tag(str(degrees - 360))


@pytest.mark.parametrize("quarters", range(4))
def test_mirrored_first_then_turned(quarters):
    """A mirror matrix followed by a turn says the same as the two numbers `mirrored` and `degrees`."""
    turn = np.array([(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)][quarters]).reshape(2, 2)
    a, b, c, d = (np.diag([-1, 1]) @ turn * ONE).ravel()
    made = turn_of_matrix(matrix(a, b, c, d))
    assert (made.is_mirrored, made.degrees) == (True, 90 * quarters)
    assert np.array_equal(made.apply(PICTURE), np.rot90(PICTURE[:, ::-1], -quarters))


def test_other_angles_go_to_the_nearest_quarter():
    cos, sin = (int(f(np.radians(93)) * ONE) for f in (np.cos, np.sin))
    assert turn_of_matrix(matrix(cos, sin, -sin, cos)).degrees == 90


@pytest.mark.parametrize("tag", [None, "", "upside down", "inf", "nan"])
def test_tags_that_say_nothing(tag):
    assert turn_of_tag(tag) == Turn()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.avi", "a.mov"])
def test_exif_of_a_camera_s_motion_jpeg(tmp_path, name, orientation):
    """PyAV cannot list a frame's side data where there is Exif among it."""
    colours = np.array([[(220, 40, 40), (40, 220, 40), (40, 40, 220)], [(220,) * 3, (130,) * 3, (40,) * 3]], np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(np.kron(colours, np.ones((32, 32, 1), np.uint8)))
    picture.save(tmp_path / "a.jpg", quality=95, exif=exif)
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream("mjpeg", rate=25, width=96, height=64, pix_fmt="yuvj420p")
        for number in range(3):
            packet = av.Packet((tmp_path / "a.jpg").read_bytes())
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 25), True
            packet.pts = packet.dts = number
            container.mux(packet)
    with frames(tmp_path / name) as decoding:
        seen = [(frame.time_s, frame.picture) for frame in decoding]
    upright = np.array(ImageOps.exif_transpose(Image.open(tmp_path / "a.jpg")))
    assert [time_s for time_s, _ in seen] == pytest.approx([0, 0.04, 0.08])
    assert all(shown.shape == upright.shape for _, shown in seen)
    assert np.abs(seen[0][1][8::32, 8::32].astype(int) - upright[8::32, 8::32]).max() < 10
    assert (decoding.width, decoding.height) == (upright.shape[1], upright.shape[0])


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.h264"])
@pytest.mark.parametrize("stated", ["rotate=90", "rotate=0:flip=horizontal"])
def test_a_turn_that_the_coded_stream_states_at_key_frames_alone(tmp_path, ffmpeg, name, stated):
    """It persists, as H.264 says (ITU-T H.264, D.2.27: display_orientation_repetition_period is 1 here)."""
    plain, turned = tmp_path / f"plain-{name}", tmp_path / name
    source = ("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=0.8")
    ffmpeg(*source, "-c:v", "libx264", "-g", 8, "-bf", 2, "-pix_fmt", "yuv420p", plain)
    ffmpeg("-i", plain, "-c", "copy", "-bsf:v", f"h264_metadata=display_orientation=insert:{stated}", turned)
    stored = [frame.picture for frame in frames(plain)]
    with frames(turned) as decoding:
        seen = [frame.picture for frame in decoding]
    expected = [np.rot90(each) if stated == "rotate=90" else each[:, ::-1] for each in stored]  # anticlockwise
    assert len(seen) == len(expected) == 20 and decoding.size_changes == 0
    assert all(np.array_equal(shown, turned) for shown, turned in zip(seen, expected, strict=True))
