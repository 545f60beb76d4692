"""Names of every script and sign, and files that are no video at all."""

import gzip
import io
import os
import socket
import sqlite3
import struct
import tarfile
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.bad_input.case import Case, Make, Refused, Rows, written
from tests.bad_input.media import FRAMES, clip, encode, ffmpeg, literal, times

NAMES = (
    "caf\u00e9.mp4", "cafe\u0301.mp4", "two words.mp4", "  blanks around  .mp4", "it's.mp4", 'say "x".mp4', "two\nlines.mp4",
    "a\ttab.mp4", "-dash.mp4", "--help", "100%d.mp4", "%20.mp4", "%s%n.mp4", "$(touch x).mp4", "`id`.mp4", "a;b&c|d.mp4",
    "star*.mp4", "what?.mp4", "[a].mp4", "{a}.mp4", "#1!.mp4", "~me.mp4", "a:b.mp4", "http:x.mp4", "file:x.mp4", "pipe:0",
    "concat:a|b.mp4", "back\\slash.mp4", "end.", "end .mp4 ", ".hidden.mp4", "no suffix", "UPPER.MP4", "film.txt", "film.jpg",
    "film.m3u8", "film.h264", "film.gif", "film.tar.gz", "CON.mp4", "nul", "\u05e9\u05dc\u05d5\u05dd.mp4", "\u0645\u0631\u062d\u0628\u0627.mp4",
    "\u202egnp.4pm.mp4", "\u200bzero.mp4", "\u65e5\u672c\u8a9e.mp4", "\U0001f600.mp4", "\ufeffmark.mp4", "\x01\x1b[31m.mp4", "a" * 251 + ".mp4",
    os.fsdecode(b"latin-\xe9.mp4"), "a,b.mp4", "a=b.mp4", "@list.mp4", "...mp4",
)  # fmt: skip
"""Names that a file can have on Linux; the last but a few holds a byte that is no UTF-8."""


def named(name: str) -> Make:
    def make(folder: Path) -> Path:
        return clip(folder / "clean.mp4").rename(folder / name)

    return make


def _zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<w:document/>" * 100)
    return packed.getvalue()


def _tarred() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("clip.mp4"))
    return packed.getvalue()


def picture(suffix: str, *options: object) -> Make:
    return lambda folder: encode(folder / f"picture.{suffix}", *options, "-frames:v", 1, frames=1)


def _disguised(suffix: str) -> Make:
    """A picture under the name of a video."""
    return lambda folder: picture(suffix)(folder).rename(folder / "clip.mp4")


def _database(folder: Path) -> Path:
    with sqlite3.connect(folder / "clip.mp4") as connection:
        connection.execute("create table films (name text)")
    connection.close()
    return folder / "clip.mp4"


def _compressed(folder: Path) -> Path:
    path = clip(folder / "clip.mp4")
    path.write_bytes(gzip.compress(path.read_bytes()))
    return path


def playlist(name: str, text: str) -> Make:
    """A file that names the clip beside it, or an address."""

    def make(folder: Path) -> Path:
        film = clip(folder / "film.mp4")
        encode(folder / "film.ts", "-c:v", "libx264", "-pix_fmt", "yuv420p")
        path = folder / name
        path.write_text(text.format(film=film, stream=folder / "film.ts"), encoding="utf-8")
        return path

    return make


HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.96,\n{stream}\n#EXT-X-ENDLIST\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" '
    'profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="0" '
    'bandwidth="1000" codecs="avc1.42c00a"><BaseURL>{film}</BaseURL></Representation></AdaptationSet></Period></MPD>'
)
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"

PLAYLISTS = {
    "HLS of a file": ("list.m3u8", HLS),
    "HLS under the name of a video": ("list.mp4", HLS),
    "HLS of an address": ("list.m3u8", HLS.replace("{stream}", "http://127.0.0.1:9/film.ts")),
    "HLS of a key on the network": ("list.m3u8", HLS.replace("#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:9/k"\n#EXTINF')),
    "HLS of a system file": ("list.m3u8", HLS.replace("{stream}", "/etc/passwd")),
    "HLS of itself": ("list.m3u8", HLS.replace("{stream}", "list.m3u8")),
    "ffconcat": ("list.ffconcat", "ffconcat version 1.0\nfile {film}\n"),
    "ffconcat under the name of a video": ("list.mp4", "ffconcat version 1.0\nfile film.mp4\n"),
    "DASH": ("list.mpd", DASH),
    "DASH of an address": ("list.mpd", DASH.replace("{film}", "http://127.0.0.1:9/film.mp4")),
    "SDP": ("list.sdp", SDP),
    "M3U": ("list.m3u", "{film}\n"),
    "PLS": ("list.pls", "[playlist]\nFile1={film}\nNumberOfEntries=1\n"),
    "ASX": ("list.asx", '<asx version="3.0"><entry><ref href="http://127.0.0.1:9/film.wmv"/></entry></asx>'),
    "XSPF": ("list.xspf", "<playlist><trackList><track><location>file://{film}</location></track></trackList></playlist>"),
    "a reference in QuickTime's text": ("list.mov", "RTSPtext\nrtsp://127.0.0.1:9/film\n"),
    "WebVTT": ("words.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nwords\n"),
    "SubRip": ("words.srt", "1\n00:00:00,000 --> 00:00:01,000\nwords\n"),
    "ffmetadata": ("words.ffmeta", ";FFMETADATA1\ntitle=words\n"),
}  # fmt: skip

HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in to see this video</body></html>"
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(2000)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

NO_VIDEOS: dict[str, tuple[str, bytes | Callable[[], bytes]]] = {
    "an empty file": ("clip.mp4", b""),
    "one byte": ("clip.mp4", b"\0"),
    "text": ("clip.mp4", b"this is not a video\n" * 50),
    "a web page": ("clip.mp4", HTML),
    "a login page as JSON": ("clip.mp4", b'{"error": "login required"}'),
    "a zip": ("clip.mp4", _zipped),
    "an office document": ("clip.docx", _zipped),
    "a tar": ("clip.mp4", _tarred),
    "a PDF": ("clip.mp4", PDF),
    "a program": ("clip.mp4", ELF),
    "a pointer of Git LFS": ("clip.mp4", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"),
    "a megabyte of zeros": ("clip.mp4", bytes(1 << 20)),
    "a megabyte of ones": ("clip.mp4", b"\xff" * (1 << 20)),
    "a part of a download": ("clip.mp4.part", bytes(4096)),
    "MIDI": ("clip.mid", b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"),
    "SVG": ("clip.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    "a torrent": ("clip.torrent", b"d8:announce3:url4:infod6:lengthi1eee"),
    "a table of numbers": ("clip.avi", b"1,2,3\n" * 1000),
    "only the header of Matroska": ("clip.mkv", bytes.fromhex("1A45DFA39F4286810142F7810142F2810442F381084282886D6174726F736B61")),
    "only the header of AVI": ("clip.avi", b"RIFF\x00\x10\x00\x00AVI LIST\xc0\0\0\0hdrl"),
    "only the header of MP4": ("clip.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"),
    "only the header of FLV": ("clip.flv", b"FLV\1\5\0\0\0\x09\0\0\0\0"),
    "only the header of Ogg": ("clip.ogv", b"OggS\0\2" + bytes(20)),
    "only the header of GIF": ("clip.gif", b"GIF89a\x10\0\x10\0\x80\0\0"),
    "only the header of ASF": ("clip.wmv", bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C") + bytes(100)),
    "only the header of IVF": ("clip.ivf", b"DKIF\0\0\x20\0VP80\x40\0\x30\0\x19\0\0\0\1\0\0\0" + bytes(8)),
    "an MP4 box of 0 bytes": ("clip.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\0moov"),
    "an MP4 box of 16 exabytes": ("clip.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\1moov\x7f" + b"\xff" * 7),
    "MP4 boxes 3,000 deep": ("clip.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"".join(struct.pack(">I4s", 8 * (3000 - n), b"moov") for n in range(3000))),
    **{f"noise, seed {seed}": ("clip.mp4", lambda seed=seed: Random(seed).randbytes(20_000)) for seed in range(6)},
    **{f"noise behind the beginning of a {name}": (f"clip.{name}", lambda head=head: head + Random(7).randbytes(20_000))
       for name, head in (("mkv", bytes.fromhex("1A45DFA3")), ("avi", b"RIFF\0\0\1\0AVI "), ("ts", b"G@\0\x10"), ("mpg", b"\0\0\1\xba"), ("mp4", b"\0\0\0\x18ftypmp42"), ("flv", b"FLV\1\1\0\0\0\x09"))},
}  # fmt: skip


def _folder(folder: Path) -> Path:
    (folder / "clip.mp4").mkdir()
    return folder / "clip.mp4"


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "clip.mp4")
    return folder / "clip.mp4"


def _socket(folder: Path) -> Path:
    here = os.getcwd()  # an address of a socket has at most 107 bytes
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(folder / "clip.mp4", here))
    return folder / "clip.mp4"


def link(target: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / "clip.mp4").symlink_to(target)
        return folder / "clip.mp4"

    return make


def _link_to_clip(folder: Path) -> Path:
    clip(folder / "film.mp4")
    (folder / "link.mp4").symlink_to("film.mp4")
    return folder / "link.mp4"


def _hard_link(folder: Path) -> Path:
    clip(folder / "film.mp4")
    (folder / "link.mp4").hardlink_to(folder / "film.mp4")
    return folder / "link.mp4"


def _deep(folder: Path) -> Path:
    path = folder.joinpath(*["folder of thirty letters or so"] * 20)
    path.mkdir(parents=True)
    return clip(path / "clip.mp4")


def _read_only(folder: Path) -> Path:
    path = clip(folder / "clip.mp4")
    path.chmod(0o444)
    return path


def _wave_under_another_name(folder: Path) -> Path:
    with wave.open(str(folder / "clip.mp4"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(Random(1).randbytes(16_000))
    return folder / "clip.mp4"


def _disguised_clip(suffix: str, name: str, *options: object) -> Make:
    """A good clip under a suffix of another container."""
    return lambda folder: encode(folder / f"clip.{suffix}", *options).rename(folder / name)


UNUSABLE = Refused(("unreadable", "format_not_allowed", "no_video_stream", "no_decoder", "no_frames"))


def cases() -> list[Case]:
    """Names and kinds of files."""
    found = []

    def add(kind: str, name: str, make: Make, *expect: Rows | Refused, run: str = "video") -> None:
        found.append(Case(name, kind, make, run, expect))

    whole = Rows(FRAMES, times())
    for name in NAMES:
        add("names", ascii(name)[1:-1][:60], named(name), whole)
    # FFmpeg takes it for a series of pictures, and its own programs refuse the clip as well
    add("names", "image-%03d.png", named("image-%03d.png"), Refused(("format_not_allowed",), ("rename the file",)))
    for name, (file, content) in NO_VIDEOS.items():
        add("no videos", name, written(content, file), UNUSABLE)
    add("no videos", "a database", _database, UNUSABLE)
    add("no videos", "a compressed clip", _compressed, UNUSABLE)
    for suffix in ("png", "jpg", "bmp", "webp", "tiff", "ppm"):
        add("no videos", f"a picture, {suffix}", picture(suffix), Refused(("format_not_allowed", "unreadable")))
        add(
            "no videos",
            f"a picture, {suffix}, under the name of a video",
            _disguised(suffix),
            Refused(("format_not_allowed", "unreadable")),
        )
    for name, (file, text) in PLAYLISTS.items():
        add("playlists", name, playlist(file, text), Refused(("format_not_allowed", "unreadable")))
    unreadable = Refused(("unreadable",))
    missing = Refused(words=("no such file|cannot be read|not a file",))
    for run in ("video", "sound"):
        also = "" if run == "video" else ", for its sound"
        add("kinds of files", f"a folder{also}", _folder, unreadable, Refused(words=("folder",)), run=run)
        add("kinds of files", f"a FIFO{also}", fifo, unreadable, Refused(words=("FIFO|pipe|regular file",)), run=run)
        add("kinds of files", f"a socket{also}", _socket, unreadable, Refused(words=("socket|regular file",)), run=run)
        for device in ("/dev/null", "/dev/zero", "/dev/random", "/dev/tty"):
            add(
                "kinds of files",
                f"{device}{also}",
                link(device),
                unreadable,
                Refused(words=("device|regular file",)),
                run=run,
            )
        add("kinds of files", f"a link to nothing{also}", link("nowhere.mp4"), missing, unreadable, run=run)
        add(
            "kinds of files",
            f"a link to itself{also}",
            link("clip.mp4"),
            missing,
            unreadable,
            Refused(words=("link",)),
            run=run,
        )
    add("kinds of files", "a link to a clip", _link_to_clip, whole)
    add("kinds of files", "a hard link", _hard_link, whole)
    add("kinds of files", "a clip 20 folders deep", _deep, whole)
    add("kinds of files", "a clip that may only be read", _read_only, whole)
    add("kinds of files", "sound under the name of a video", _wave_under_another_name, Refused(("no_video_stream",)))
    x264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
    for suffix, name in (("mkv", "clip.mp4"), ("ts", "clip.mp4"), ("avi", "clip.mkv"), ("mp4", "clip.avi"), ("flv", "clip.mpg"),
                         ("ogv", "clip.mp4"), ("gif", "clip.mp4"), ("mov", "clip.png"), ("webm", "clip.srt")):  # fmt: skip
        codec = {"ogv": ("-c:v", "libtheora"), "gif": (), "webm": ("-c:v", "libvpx")}.get(suffix, x264[:2])
        options = (*codec, *(() if suffix == "gif" else x264[2:]), *(("-bf", 0) if suffix == "avi" else ()))
        add("kinds of files", f"{suffix} under the name {name}", _disguised_clip(suffix, name, *options), whole)

    def sum_of_parts(folder: Path) -> Path:
        """A film whose picture and sound are far longer than the limit of any memory if they were kept."""
        ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "color=gray:s=1280x720:r=25:d=20",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            literal(folder / "clip.mkv"),
        )
        return folder / "clip.mkv"

    add("kinds of files", "500 frames of 1280 x 720 px", sum_of_parts, Rows(500))
    return found
