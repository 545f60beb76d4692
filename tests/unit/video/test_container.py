import contextlib
import errno
import os
import re
import socket
from types import SimpleNamespace

import av
import pytest

from moodreel.errors import UserError
from moodreel.video import container
from moodreel.video.container import open_media
from moodreel.video.decode import frames
from moodreel.video.errors import REASONS, VideoError
from moodreel.video.fetched import FetchRecord, record_path, write_record
from moodreel.video.good_clip import is_machine_able, write_good_clip
from moodreel.video.probe import audio_start_s


def reason_of(path) -> str:
    with pytest.raises(VideoError, match=re.escape(str(path))) as caught:
        open_media(path)
    assert REASONS[caught.value.reason] in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    "content",
    [b"this is a note, not a video\n" * 50, b"\0" * 5000, b"PK\x03\x04" + b"\x07" * 400, b""],
    ids=["text", "zeros", "zip", "empty"],
)
def test_other_files_with_the_name_of_a_video(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    assert reason_of(tmp_path / "a.mp4") == "unreadable"


def test_empty_file_that_could_not_be_fetched(tmp_path):
    media = tmp_path / "a.mp4"
    media.touch()
    write_record(media, FetchRecord("x", "https://x.invalid/", "yt-dlp", "gone", "Private video"))
    assert record_path(media).name == "a.fetch.json"
    with pytest.raises(VideoError, match="Private video") as caught:
        open_media(media)
    assert caught.value.reason == "gone"


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{other}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile {other}\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1" bandwidth="1"><BaseURL>{other}</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.txt"])
def test_files_that_name_other_files_are_not_followed(tmp_path, write_clip, kind, name):
    other = write_clip(tmp_path / "other.ts")
    (tmp_path / name).write_text(PLAYLISTS[kind].format(other=other.name))
    assert reason_of(tmp_path / name) in ("format_not_allowed", "unreadable")


def test_concat_would_have_been_followed(tmp_path, write_clip):
    """The list is one that FFmpeg opens when it may: the refusal above is ours."""
    other = write_clip(tmp_path / "other.ts")
    (tmp_path / "list.txt").write_text(PLAYLISTS["concat"].format(other=other.name))
    with av.open(str(tmp_path / "list.txt")) as opened:
        assert len(list(opened.decode(video=0))) == 10


def test_only_files_are_read_even_where_a_playlist_is_opened(tmp_path, write_clip, ffmpeg, monkeypatch):
    """Without a list of protocols FFmpeg follows a file to `crypto:` and `data:` too, as this encrypted playlist asks."""
    write_clip(tmp_path / "clip.mp4")
    (tmp_path / "key.ts").write_bytes(bytes(range(16)))
    (tmp_path / "key.txt").write_text(f"key.ts\n{tmp_path / 'key.ts'}\n")
    key = ("-hls_key_info_file", tmp_path / "key.txt", "-hls_segment_filename", tmp_path / "%d.ts")
    ffmpeg("-i", tmp_path / "clip.mp4", "-c", "copy", *key, tmp_path / "list.m3u8")
    monkeypatch.setattr(container, "FORMATS", (*container.FORMATS, "hls"))
    assert reason_of(tmp_path / "list.m3u8") == "unreadable"
    with av.open(f"file:{tmp_path / 'list.m3u8'}") as opened:  # it is one that can be read
        assert len(list(opened.decode(video=0))) == 10


@pytest.mark.parametrize(
    "name",
    ["a:b.mp4", "http:x.mp4", "-i.mp4", "%03d.mp4", "a b'\"$(x).mp4", "ü–字.mp4", "x.mp4?y=1#z", "concat:a|b.mp4"],
)
def test_no_name_is_taken_for_an_address(tmp_path, write_clip, name, monkeypatch):
    write_clip(tmp_path / "plain.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(frames(name))) == 10


def test_pictures_addresses_and_folders_are_not_opened(tmp_path, write_clip, ffmpeg):
    path = write_clip(tmp_path / "a.mp4")
    ffmpeg("-i", path, tmp_path / "%d.png")
    assert reason_of(tmp_path / "1.png") == "format_not_allowed"
    for address in (tmp_path / "%d.png", f"file:{path}", "http://127.0.0.1:9/x.mp4", f"concat:{path}|{path}", "-"):
        with pytest.raises(UserError, match="no such file"):
            open_media(address)


def test_too_large_pictures(tmp_path, write_clip):
    path = write_clip(tmp_path / "a.mp4")
    assert len(list(frames(path, max_pixels=64 * 48))) == 10
    with pytest.raises(VideoError, match="64 x 48 px") as caught:
        frames(path, max_pixels=64 * 48 - 1)
    assert caught.value.reason == "too_large"


def test_ffmpeg_does_not_take_up_too_large_pictures_as_it_opens_a_file(tmp_path, write_clip, monkeypatch):
    """An AVI's pictures say themselves how large they are, so FFmpeg decodes one to know."""
    monkeypatch.setattr(container, "CODED_MARGIN_PX", 0)
    path = write_clip(tmp_path / "a.avi", codec="mpeg4")
    for most, size in ((64 * 48, (64, 48)), (64 * 48 - 1, (0, 0))):
        with open_media(path, most) as opened:
            codec = opened.streams.video[0].codec_context
            assert (codec.width, codec.height) == size


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a socket", "a device"])
def test_only_regular_files_are_opened(tmp_path, kind):
    """A pipe without a writer and a device without an end would never return."""
    path = tmp_path / "a.mp4"
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as bound, contextlib.chdir(tmp_path):
            bound.bind("a.mp4")
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(VideoError, match=f"this is {kind}, a media file is needed"):
        open_media(path)
    assert reason_of(path) == "unreadable"


@pytest.mark.parametrize("name", ["loop.mp4", "a" * 300 + ".mp4"])
def test_names_that_cannot_be_opened(tmp_path, name):
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    assert reason_of(tmp_path / name) == "unreadable"


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EMFILE, errno.EIO])
def test_a_failing_machine_is_not_the_videos_fault(tmp_path, write_clip, monkeypatch, number):
    """But an input error of a file that can be read is the file's."""
    path = write_clip(tmp_path / "a.mp4")

    def fail(*_, **__):
        raise av.error.FFmpegError(number, "failing")

    monkeypatch.setattr(container.av, "open", fail)
    if number == errno.EIO:
        assert reason_of(path) == "unreadable"
    else:
        with pytest.raises(av.error.FFmpegError, match="failing"):
            open_media(path)


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EMFILE, errno.ENFILE])
def test_a_file_alone_that_fails_is_at_fault(tmp_path, write_clip, monkeypatch, number):
    """Where a good clip can be read at the same moment."""
    path, opened = write_clip(tmp_path / "a.mp4"), av.open

    def fail(name, *rest, **options):
        if str(path) in str(name):
            raise av.error.FFmpegError(number, "failing")
        return opened(name, *rest, **options)

    monkeypatch.setattr(container.av, "open", fail)
    assert reason_of(path) == "unreadable"


def test_an_index_that_asks_for_too_much_memory_is_damage(tmp_path, write_clip):
    """FFmpeg then says that the machine is out of memory."""
    path = write_clip(tmp_path / "a.mp4")
    content = bytearray(path.read_bytes())
    entries = content.index(b"stts") + 8
    content[entries : entries + 4] = b"\x0f\xff\xff\xff"
    path.write_bytes(content)
    with pytest.raises(MemoryError), av.open(str(path)):
        pass
    assert reason_of(path) == "unreadable"


def test_the_good_clip_has_picture_and_sound(tmp_path):
    write_good_clip(tmp_path / "good")
    assert len(list(frames(tmp_path / "good"))) == 10
    assert audio_start_s(tmp_path / "good") == 0
    assert is_machine_able()


def test_a_stream_that_turns_up_late_is_no_fault(tmp_path, write_clip):
    """PyAV ends such a file with an IndexError."""
    path = write_clip(tmp_path / "a.ts")
    with open_media(path) as opened:
        stream = opened.streams.video[0]

        def demux(_):
            yield from (packet for packet in opened.demux(stream) if packet.size)
            raise IndexError("list index out of range")

        late = SimpleNamespace(container=SimpleNamespace(demux=demux), decode=stream.decode)
        corrupt: list[int] = []
        assert len(list(container.decode(late, path, lambda: corrupt.append(1)))) == 10
        assert not corrupt


@pytest.mark.parametrize(
    ("sizes", "marked", "used"),
    [
        (((32, 24), (96, 72)), 0, 1),
        (((96, 72), (32, 24)), 0, 0),
        (((64, 48), (80, 60)), 0, 0),
        (((64, 48), (80, 60)), 1, 1),
        (((80, 60), (64, 48)), 1, 1),
        (((64, 48), (128, 96)), None, 1),
        (((32, 24), (48, 36), (96, 72)), 0, 2),
    ],
    ids=["first by habit", "first", "a little larger", "marked", "marked, smaller", "none marked", "three"],
)
@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_which_of_several_moving_pictures_is_used(tmp_path, write_clip, ffmpeg, suffix, sizes, marked, used):
    """Programs mark the first stream as default where nobody has chosen one, also if it is far smaller."""
    inputs, maps = [], []
    for number, size in enumerate(sizes):
        inputs += ["-i", write_clip(tmp_path / f"{number}.mkv", size=size)]
        default = ("-disposition:v:" + str(number), "default" if number == marked else "0")
        maps += ["-map", f"{number}:v", *default]
    ffmpeg(*inputs, *maps, "-c", "copy", tmp_path / f"a.{suffix}")
    with frames(tmp_path / f"a.{suffix}") as decoding:
        assert (decoding.width, decoding.height) == sizes[used]
        assert decoding.other_streams.startswith(f"stream {used} ")


def test_a_damaged_index_is_told_as_such(tmp_path, write_clip):
    """And not only that memory is lacking, as FFmpeg says."""
    path = write_clip(tmp_path / "a.mp4")
    content = bytearray(path.read_bytes())
    entries = content.index(b"stts") + 8
    content[entries : entries + 4] = b"\x0f\xff\xff\xff"
    path.write_bytes(content)
    with pytest.raises(VideoError, match="its index is damaged.*Cannot allocate memory"):
        open_media(path)


def test_a_name_that_stands_for_a_series_of_pictures(tmp_path, write_clip):
    write_clip(tmp_path / "a.mp4").rename(tmp_path / "image-%03d.png")
    with pytest.raises(VideoError, match="rename the file") as caught:
        open_media(tmp_path / "image-%03d.png")
    assert caught.value.reason == "format_not_allowed"


def test_pictures_too_large_for_the_decoder_are_told_as_such(tmp_path, ffmpeg):
    """A PNG's size is known to FFmpeg only by decoding one, which the limit prevents."""
    ffmpeg("-f", "lavfi", "-i", "color=gray:s=2000x1000:d=0.2", "-c:v", "png", tmp_path / "a.mov")
    with pytest.raises(VideoError, match="2000 x 1000 px") as caught:
        frames(tmp_path / "a.mov", max_pixels=800_000)
    assert caught.value.reason == "too_large"
