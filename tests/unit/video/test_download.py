import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from moodreel.errors import UserError
from moodreel.settings.source import YouTubeSettings
from moodreel.storage.atomic import sha256
from moodreel.video import download, fetched
from moodreel.video.decode import frames
from moodreel.video.download import address_of, fetch
from moodreel.video.errors import REASONS, VideoError
from moodreel.video.probe import audio_start_s

SETTINGS = YouTubeSettings(accept_terms=True, pause_s=0, timeout_s=5, retries=0)

LIVE_LIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-VERSION:3\n#EXTINF:1,\nclip.ts\n"
VIDEOS_PAGE = b"<html><title>two</title><body><video src='clip.mp4'></video><video src='b.mp4'></video></body></html>"


@pytest.fixture
def site(tmp_path, write_clip, monkeypatch):
    """A site on loopback; what it answers stands in the paths, or in its `files`. Yields the server, which knows what it
    was asked."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    clip = write_clip(tmp_path / "original.mp4").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            kind, _, rest = self.path.removeprefix("/").partition("/")
            status, content, media = 200, self.server.files.get(self.path, clip), "video/mp4"
            if kind == "status":
                status, content, media = int(rest.split("/")[0]), b"", "text/html"
            elif kind == "live":
                content, media = LIVE_LIST, "application/vnd.apple.mpegurl"
            elif kind == "page":
                content, media = {"one": b"<html>hello</html>", "many": VIDEOS_PAGE}[rest], "text/html"
            elif kind == "cut":
                content = clip[: len(clip) // 2]
            self.send_response(status)
            self.send_header("Content-Type", media)
            if self.server.announces and kind != "endless":
                self.send_header("Content-Length", str(len(clip) if kind == "broken" else len(content)))
            self.end_headers()
            while kind == "endless" and self.command == "GET" and self.server.sent < 50_000_000:
                self.server.sent += self.wfile.write(bytes(10_000))
            if self.command == "GET":
                self.wfile.write(content[: len(content) // 2] if kind == "broken" else content)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.files, server.announces, server.sent = [], {}, True, 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def media(tmp_path):
    return tmp_path / "fetched" / "x.mp4"


def test_a_video_is_fetched_whole(site, media, tmp_path):
    record = fetch(f"{site.address}/clip.mp4", media, SETTINGS)
    assert record.reason is None
    assert media.read_bytes() == (tmp_path / "original.mp4").read_bytes()
    assert record.sha256 == sha256(media) and [p.name for p in media.parent.iterdir()] == ["x.mp4"]


@pytest.mark.parametrize(
    ("path", "reason", "detail"),
    [*((f"status/{status}/x.mp4", "gone", str(status)) for status in (404, 410, 451)), ("live/x.m3u8", "live", "")],
)
def test_a_vanished_video_or_a_live_stream_leaves_an_empty_file(site, media, path, reason, detail):
    record = fetch(f"{site.address}/{path}", media, SETTINGS)
    assert record.reason == reason and detail in record.detail
    assert [(p.name, p.stat().st_size) for p in media.parent.iterdir()] == [("x.mp4", 0)]


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("parts", [1, 2])
def test_a_video_that_is_too_large_leaves_an_empty_file(site, media, monkeypatch, announced, parts):
    """Two parts of which each is small enough are too large together."""
    from yt_dlp.extractor.generic import GenericIE

    monkeypatch.setattr(download, "MB", 1000)
    site.announces = announced
    site.files["/large"] = bytes(5000 // parts)
    kinds = [("avc1", "none"), ("none", "mp4a")] if parts == 2 else [("avc1", "mp4a")]
    formats = [
        {"format_id": f"{n}", "ext": "mp4", "vcodec": v, "acodec": a, "url": f"{site.address}/large", "height": 48}
        for n, (v, a) in enumerate(kinds)
    ]
    monkeypatch.setattr(GenericIE, "_real_extract", lambda self, url: {"id": "x", "title": "x", "formats": formats})
    record = fetch(f"{site.address}/x", media, SETTINGS.model_copy(update={"max_mb": 4}))
    assert record.reason == "too_large_file" and "at most 4 MB" in record.detail
    assert [(p.name, p.stat().st_size) for p in media.parent.iterdir()] == [("x.mp4", 0)]


def test_a_download_stops_soon_after_its_limit(site, media, monkeypatch):
    """The site sends without an end."""
    monkeypatch.setattr(download, "MB", 100_000)
    record = fetch(f"{site.address}/endless/x.mp4", media, SETTINGS.model_copy(update={"max_mb": 3}))
    assert record.reason == "too_large_file" and site.sent < 20_000_000


FOREIGN = [
    "[]",
    "5",
    "null",
    "{}",
    '{"reason": 3}',
    '{"reason": "why", "detail": ""}',
    "no JSON",
    '{"reason": ',
    "[" * 10**5,
]


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
def test_an_empty_file_next_to_a_foreign_record_is_an_empty_file(tmp_path, text):
    (tmp_path / "x.mp4").touch()
    (tmp_path / "x.fetch.json").write_text(text)
    with pytest.raises(VideoError, match="the file is empty"):
        frames(tmp_path / "x.mp4")


def test_a_record_that_is_huge_a_folder_or_no_text_is_none(tmp_path):
    (tmp_path / "a.fetch.json").mkdir()
    (tmp_path / "b.fetch.json").write_bytes(b'{"reason": "gone", "detail": "\xff"}')
    (tmp_path / "c.fetch.json").write_text(json.dumps({"reason": "gone", "detail": "x" * 10**6}))
    (tmp_path / "d.fetch.json").write_text(json.dumps({"reason": "gone"}))
    assert [fetched.why_absent(tmp_path / f"{name}.mp4") for name in "abcd"] == [None, None, None, ("gone", "")]
    assert set(fetched.ABSENT_REASONS) <= set(REASONS)


def test_a_file_cut_at_the_source_is_left_to_the_decoder(site, media):
    assert fetch(f"{site.address}/cut/x.mp4", media, SETTINGS).reason is None
    with pytest.raises(VideoError):
        frames(media)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        *((f"{what}/x.mp4", "could not be fetched") for what in ("broken", "status/429", "status/403", "status/500")),
    ],
)
def test_what_is_not_the_videos_fault_or_is_something_else_stops(site, media, path, message):
    with pytest.raises(UserError, match=message):
        fetch(f"{site.address}/{path}", media, SETTINGS)
    assert not [*media.parent.glob("*")]
    assert not any("clip.mp4" in asked for asked in site.asked)


@pytest.mark.parametrize(("path", "detail"), [("page/one", "Unsupported URL"), ("page/many", "list of videos")])
def test_an_address_without_a_single_video_drops_only_this_one(site, media, path, detail):
    record = fetch(f"{site.address}/{path}", media, SETTINGS)
    assert record.reason == "no_single_video" and detail in record.detail
    assert media.read_bytes() == b""
    assert not any("clip.mp4" in asked for asked in site.asked)


def test_no_network_stops(site, media):
    site.shutdown()
    site.server_close()
    with pytest.raises(UserError, match="check the network"):
        fetch(f"{site.address}/clip.mp4", media, SETTINGS)
    assert not media.exists()


def test_nothing_is_asked_before_the_terms_are_accepted(site, media):
    with pytest.raises(UserError, match=r"source\.youtube\.accept_terms: true"):
        fetch(f"{site.address}/clip.mp4", media, YouTubeSettings())
    assert not site.asked
    assert not media.parent.exists()


def test_addresses_and_files_of_this_machine_which_are_not_fetched(tmp_path, media):
    assert address_of("-Qw4w9WgX_Q") == "https://www.youtube.com/watch?v=-Qw4w9WgX_Q"
    assert address_of("https://youtu.be/dQw4w9WgXcQ") == "https://youtu.be/dQw4w9WgXcQ"
    with pytest.raises(UserError, match="only http and https"):
        fetch(f"file://{tmp_path}/original.mp4", media, SETTINGS)
    assert not media.exists()


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Private video. Sign in if you've been granted access to this video", True),
        ("Video unavailable. This video is no longer available because the YouTube account has been terminated", True),
        ("This video has been removed by the uploader", True),
        ("Join this channel to get access to members-only content like this video", True),
        ("Sign in to confirm your age. This video may be inappropriate for some users", True),
        ("This live event will begin in 3 hours.", True),
        ("Video unavailable. This content isn't available, try again later. The session has been rate-limited", False),
        ("Sign in to confirm you’re not a bot. Use --cookies", False),
        ("Requested format is not available. Use --list-formats", False),
        ("Unable to extract initial player response", False),
    ],
)
def test_what_youtube_says(media, monkeypatch, text, gone):
    """yt-dlp's own exceptions, raised where its YouTube extractor raises them; texts of its 2026.10 release."""
    from yt_dlp.extractor.youtube import YoutubeIE
    from yt_dlp.utils import ExtractorError

    def refuse(self, url):
        raise ExtractorError(text, expected=True, video_id="dQw4w9WgXcQ")

    monkeypatch.setattr(YoutubeIE, "_real_extract", refuse)
    if gone:
        record = fetch("dQw4w9WgXcQ", media, SETTINGS)
        assert (record.reason, media.stat().st_size) == ("gone", 0) and text.rstrip(".") in record.detail
    else:
        with pytest.raises(UserError, match="dQw4w9WgXcQ"):
            fetch("dQw4w9WgXcQ", media, SETTINGS)


def test_the_pause_comes_before_each_download(site, media, monkeypatch):
    pauses = []
    monkeypatch.setattr(download.time, "sleep", lambda s: pauses.append((s, len(site.asked))))
    fetch(f"{site.address}/clip.mp4", media, SETTINGS.model_copy(update={"pause_s": 3.5}))
    assert pauses[0] == (3.5, 0)


def test_picture_and_sound_that_come_apart_are_joined(media, tmp_path, write_clip, ffmpeg, monkeypatch, site):
    """The way YouTube sends them: yt-dlp joins them with the embedded ffmpeg, whatever its file is called."""
    from yt_dlp.extractor.generic import GenericIE

    ffmpeg("-f", "lavfi", "-i", "sine=d=1", tmp_path / "sound.m4a")
    site.files["/sound.m4a"] = (tmp_path / "sound.m4a").read_bytes()
    picture = {"format_id": "p", "ext": "mp4", "vcodec": "avc1", "acodec": "none"}
    sound = {"format_id": "s", "ext": "m4a", "vcodec": "none", "acodec": "mp4a"}
    small = picture | {"url": f"{site.address}/clip.mp4", "width": 64, "height": 48}
    large = picture | {"format_id": "q", "url": f"{site.address}/status/404/large", "width": 1920, "height": 1080}
    formats = [small, large, sound | {"url": f"{site.address}/sound.m4a"}]
    monkeypatch.setattr(GenericIE, "_real_extract", lambda self, url: {"id": "x", "title": "x", "formats": formats})
    assert fetch(f"{site.address}/both", media, SETTINGS).reason is None
    assert (frames(media).width, audio_start_s(media) is not None) == (64, True)
    assert [p.name for p in media.parent.iterdir()] == ["x.mp4"]


def test_a_page_whose_data_are_missing_is_not_gone(site, media, monkeypatch):
    from yt_dlp.extractor.generic import GenericIE

    found = {"id": "x", "title": "x", "ext": "mp4", "url": f"{site.address}/status/404/data"}
    monkeypatch.setattr(GenericIE, "_real_extract", lambda self, url: found)
    with pytest.raises(UserError, match="404"):
        fetch(f"{site.address}/x", media, SETTINGS)


def test_the_step(site, media):
    settings = {"source": {"youtube": SETTINGS.model_dump()}}

    def run(path: str, status: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "moodreel.steps.fetch", f"--source={site.address}{path}", "--out", media]
        command += ["--status-out", media.with_name(status), "--settings", json.dumps(settings)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert run("/status/404/x.mp4", "x.fetch.json").returncode == 0
    assert json.loads(media.with_name("x.fetch.json").read_text())["reason"] == "gone"
    with pytest.raises(VideoError) as caught:
        frames(media)
    assert caught.value.reason == "gone"
    wrong = run("/clip.mp4", "other.json")
    assert (wrong.returncode, "x.fetch.json" in wrong.stderr, "Traceback" in wrong.stderr) == (1, True, False)
