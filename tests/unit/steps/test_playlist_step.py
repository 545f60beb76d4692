import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from moodreel.errors import UserError
from moodreel.steps import playlist as step
from moodreel.tables import base
from moodreel.tables.paper import PLAYLIST
from moodreel.video import playlist
from moodreel.video.playlist_status import PATIENCE
from moodreel.video.table import read
from unit.steps.calls import call

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>clips</title>{items}</channel></rss>"""


@pytest.fixture
def site(monkeypatch):
    """A site on loopback whose feeds are playlists for yt-dlp. It remembers what it was asked."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            status, content, media = 200, b"\0" * 2000, "video/mp4"
            if self.path in self.server.feeds:
                items = "".join(
                    f"<item><title>{name}</title><link>{self.server.address}/{name}.mp4</link></item>"
                    for name in self.server.feeds[self.path]
                )
                content, media = FEED.format(items=items).encode(), "application/rss+xml"
            elif self.path in self.server.statuses:
                status, content = self.server.statuses[self.path], b""
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.statuses = [], {}
    server.feeds = {"/feed.xml": ["one", "two", "gone", "three"]}
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run(site, tmp_path, capsys):
    """Runs the step on the site's feeds; returns what it says where it refuses, else ''."""

    def go(*playlists: str, accepted: bool = True, pause_s: str = "0") -> str:
        addresses = [f"{site.address}{p}" for p in playlists or ("/feed.xml",)]
        out = {"out": tmp_path / "videos.tsv", "status_out": tmp_path / "status.tsv"}
        try:
            call(step, playlist=addresses, **out, pause_s=pause_s, accept_terms=accepted or None)
        except UserError as error:
            return str(error)
        return ""

    return go


def statuses(tmp_path):
    table = base.read_tsv(tmp_path / "status.tsv", PLAYLIST)
    return [(row["title"], row["status"]) for row in table.iter_rows(named=True)]


def test_a_playlist_becomes_a_table_of_videos(site, run, tmp_path):
    site.statuses["/gone.mp4"] = 404
    assert run() == ""
    assert statuses(tmp_path) == [("one", "found"), ("two", "found"), ("gone", "deleted"), ("three", "found")]
    videos = read(tmp_path / "videos.tsv")
    assert [(v.video, v.kind) for v in videos] == [("one", "youtube"), ("two", "youtube"), ("three", "youtube")]
    assert videos[1].source == f"{site.address}/two.mp4"
    row = base.read_tsv(tmp_path / "status.tsv", PLAYLIST).filter(title="gone").row(0, named=True)
    assert "404" in row["detail"] and row["asked"].endswith("+00:00")


def test_what_is_known_is_not_asked_again(site, run, tmp_path):
    site.statuses["/two.mp4"] = 500
    message = run()
    assert "1 of 4 entries have no status yet" in message and "again later" in message
    assert statuses(tmp_path)[1] == ("two", None)
    assert [v.video for v in read(tmp_path / "videos.tsv")] == ["one", "gone", "three"]
    mine = (tmp_path / "videos.tsv").read_text().replace(".mp4\t", ".mp4\tsinger")
    (tmp_path / "videos.tsv").write_text(mine)
    site.statuses.clear()
    site.asked.clear()
    site.feeds["/feed.xml"].append("four")
    assert run() == ""
    assert {p for p in site.asked if p.endswith(".mp4")} == {"/two.mp4", "/four.mp4"}
    assert [(v.video, v.performer) for v in read(tmp_path / "videos.tsv")] == [
        ("one", "singer"), ("gone", "singer"), ("three", "singer"), ("two", "two"), ("four", "four"),
    ]  # fmt: skip


def test_each_answer_is_written_at_once(site, run, tmp_path, monkeypatch):
    ask = playlist.ask

    def stopped(source, **manners):
        if source.endswith("/gone.mp4"):
            raise KeyboardInterrupt
        return ask(source, **manners)

    monkeypatch.setattr(playlist, "ask", stopped)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert statuses(tmp_path) == [("one", "found"), ("two", "found"), ("gone", None), ("three", None)]


def test_a_site_that_says_nothing_is_left_alone(site, run, tmp_path):
    names = [f"v{n}" for n in range(PATIENCE + 3)]
    site.feeds["/feed.xml"] = names
    site.statuses.update({f"/{name}.mp4": 429 for name in names})
    assert "no video was found" in run()
    asked = {p for p in site.asked if p.endswith(".mp4")}
    assert len(asked) == PATIENCE
    assert not (tmp_path / "videos.tsv").exists()


def test_a_playlist_that_is_gone_does_not_stop_the_others(site, run, tmp_path):
    site.statuses["/lost.xml"] = 404
    site.feeds["/more.xml"] = ["two", "five"]
    assert run("/lost.xml", "/feed.xml", "/more.xml") == ""
    table = base.read_tsv(tmp_path / "status.tsv", PLAYLIST)
    lost = table.filter(position=0).row(0, named=True)
    assert (lost["playlist"], lost["status"]) == (f"{site.address}/lost.xml", "unavailable")
    assert [v.video for v in read(tmp_path / "videos.tsv")] == ["one", "two", "gone", "three", "five"]
    assert len([p for p in site.asked if p == "/two.mp4"]) == len([p for p in site.asked if p == "/five.mp4"])


def test_there_is_a_pause_before_each_request(site, run, monkeypatch):
    pauses = []
    monkeypatch.setattr(playlist.time, "sleep", lambda s: pauses.append((s, len(site.asked))))
    run(pause_s="1.5")
    assert [s for s, _ in pauses].count(1.5) >= 5
    assert pauses[0] == (1.5, 0)


def test_nothing_is_asked_before_the_terms_are_accepted(site, run, tmp_path):
    assert "--accept-terms" in run(accepted=False)
    assert not site.asked and not list(tmp_path.iterdir())


def test_the_command(site, tmp_path):
    command = [sys.executable, "-m", "moodreel.steps.playlist", "--playlist", f"{site.address}/feed.xml", "--pause-s=0"]
    command += ["--out", tmp_path / "videos.tsv", "--status-out", tmp_path / "status.tsv"]
    settings = json.dumps({"source": {"youtube": {"accept_terms": True}}})
    done = subprocess.run([*command, "--settings", settings], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "4 found" in done.stdout
