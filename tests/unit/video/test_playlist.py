from types import SimpleNamespace

import pytest
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import DownloadError, ExtractorError

from moodreel.errors import UserError
from moodreel.video.playlist import address_of_playlist, entries, reply_of_error, reply_of_info, table_text
from moodreel.video.table import parse


def listed(id, title, **more):
    """One entry of a flat list, with the keys that yt-dlp's YouTube extractor gives it."""
    return {
        "_type": "url", "ie_key": "Youtube", "id": id, "url": f"https://www.youtube.com/watch?v={id}", "title": title,
        "description": None, "duration": None, "availability": None, **more,
    }  # fmt: skip


def test_what_a_list_says_of_its_videos():
    videos = [
        listed("aaaaaaaaaaa", "A song"),
        listed("bbbbbbbbbbb", "[Private video]"),
        listed("ccccccccccc", "[Deleted video]"),
        listed("ddddddddddd", "For members", availability="subscriber_only"),
        None,
        {"_type": "url", "url": "https://example.org/clip.mp4", "title": None},
    ]
    found = entries({"entries": videos})
    assert [(e.position, e.source, e.status) for e in found] == [
        (1, "aaaaaaaaaaa", None),
        (2, "bbbbbbbbbbb", "private"),
        (3, "ccccccccccc", "deleted"),
        (4, "ddddddddddd", "unavailable"),
        (6, "https://example.org/clip.mp4", None),
    ]
    assert (found[2].detail, found[3].detail) == ("[Deleted video]", "availability: subscriber_only")
    assert entries({"entries": []}) == []


def refused(text, cause=None, *, expected=True):
    error = ExtractorError(text, expected=expected, cause=cause)
    return DownloadError(f"ERROR: [youtube] aaaaaaaaaaa: {text}", (type(error), error, None))


def http_error(status):
    return HTTPError(SimpleNamespace(status=status, reason="no", close=list))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (refused("Private video. Sign in if you've been granted access to this video"), "private"),
        (refused("This video has been removed by the uploader"), "deleted"),
        (refused("Video unavailable. This video is no longer available because the account has been terminated"), "deleted"),
        (refused("Video unavailable"), "unavailable"),
        (refused("Sign in to confirm your age. This video may be inappropriate for some users"), "unavailable"),
        (refused("Join this channel to get access to members-only content like this video"), "unavailable"),
        (refused("Sign in to confirm you’re not a bot. Use --cookies"), None),
        (refused("This content isn't available, try again later. The session has been rate-limited"), None),
        (refused("Unable to extract initial player response", expected=False), None),
        (refused("Unable to download webpage", http_error(404)), "deleted"),
        (refused("Unable to download webpage", http_error(451)), "unavailable"),
        (refused("Unable to download webpage", http_error(429)), None),
        (refused("Unable to download webpage", TransportError("no route to host")), None),
    ],
)  # fmt: skip
def test_what_the_site_says_when_it_refuses(error, status):
    reply = reply_of_error(error)
    assert reply.status == status and reply.detail.startswith("[youtube] aaaaaaaaaaa: ")


def test_what_the_site_says_of_a_video():
    infos = ({"availability": "public"}, {"id": "x"}, {"live_status": "is_upcoming"}, {"availability": "private"})
    assert [reply_of_info(info).status for info in infos] == ["found", "found", "unavailable", "private"]


def test_playlists_are_given_by_id_or_address():
    assert address_of_playlist("PLabc-def_0123") == "https://www.youtube.com/playlist?list=PLabc-def_0123"
    assert address_of_playlist("https://example.org/feed") == "https://example.org/feed"
    for wrong in ("file:///etc/passwd", "short", "a b c d e f g h", ""):
        with pytest.raises(UserError, match="no playlist"):
            address_of_playlist(wrong)


def test_every_id_becomes_a_name():
    found = [(name, name) for name in ("-bcdefghijk", "_bcdefghijk", "Abcdefghijk", "abcdefghijk")]
    found += [("https://example.org/a b/clip one.mp4", "https://example.org/a%20b/c.mp4")]
    videos = parse(table_text([*found, found[0]]))
    assert [v.video for v in videos] == ["v--bcdefghijk", "v-_bcdefghijk", "Abcdefghijk", "abcdefghijk-2", "v-clip-one"]
    assert [v.source for v in videos] == [source for _, source in found]
    assert {v.kind for v in videos} == {"youtube"} and all(v.performer == v.video for v in videos)


def test_what_a_person_wrote_stays():
    mine = "video\tsource\tperformer\temotion\nsinger-1\taaaaaaaaaaa\tsinger\tjoy\n"
    text = table_text([("aaaaaaaaaaa", "aaaaaaaaaaa"), ("bbbbbbbbbbb", "bbbbbbbbbbb")], mine)
    assert text.startswith(mine)
    assert [(v.video, v.performer) for v in parse(text)] == [("singer-1", "singer"), ("bbbbbbbbbbb", "bbbbbbbbbbb")]
    assert table_text([("bbbbbbbbbbb", "bbbbbbbbbbb")], text) == text
