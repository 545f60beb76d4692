"""Folders and archives of OpenPose, in every form."""

import gzip
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from tests.bad_input.case import Case, Make, Refused, Rows, written
from tests.bad_input.face_tables import ROWS, WITHOUT_FACE
from tests.bad_input.media import FRAMES, clip


def person(x: float = 300.0, points: int = 25, **changes: Any) -> dict[str, Any]:
    """A person of OpenPose, keypoints on a grid; `changes` sets single numbers, as `n0=...`."""
    numbers: list[Any] = []
    for k in range(points):
        numbers += [x + k % 5 * 20, 150 + k // 5 * 25, 0.8]
    for place, value in changes.items():
        numbers[int(place[1:])] = value
    return {"person_id": [-1], "pose_keypoints_2d": numbers}


def document(number: int, *, version: object = 1.3, points: int = 25) -> dict[str, Any]:
    """A frame with one person, who walks, or nobody."""
    return {"version": version, "people": [] if number in WITHOUT_FACE else [person(300.0 + number, points)]}


Files = dict[str, bytes]


def poses(name: str = "clip_{n:012d}_keypoints.json", first: int = 0, count: int = ROWS, **how: Any) -> Files:
    """OpenPose's files by name."""
    return {name.format(n=n + first): json.dumps(document(n, **how)).encode() for n in range(count)}


def in_folder(files: Files) -> Make:
    def make(folder: Path) -> Path:
        clip(folder / "film.mp4")
        (folder / "json").mkdir()
        for name, content in files.items():
            (folder / "json" / name).write_bytes(content)
        return folder / "json"

    return make


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"", top: str = "") -> Make:
    def make(folder: Path) -> Path:
        clip(folder / "film.mp4")
        with zipfile.ZipFile(folder / "json.zip", "w", method) as archive:
            archive.comment = comment
            for name, content in files.items():
                archive.writestr(top + name, content)
        return folder / "json.zip"

    return make


def tarred(files: Files, form: str = "", top: str = "") -> Make:
    def make(folder: Path) -> Path:
        clip(folder / "film.mp4")
        path = folder / f"json.tar{'.' * bool(form)}{form}"
        with tarfile.open(path, f"w:{form}") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(top + name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return path

    return make


def cut(make: Make, share: float) -> Make:
    """A file cut to a share of its size."""

    def make_cut(folder: Path) -> Path:
        path = make(folder)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        return path

    return make_cut


def _prefixed(make: Make) -> Make:
    """An archive behind a program that unpacks it."""

    def prefix(folder: Path) -> Path:
        path = make(folder)
        path.write_bytes(b"#!/bin/sh\n" * 100 + path.read_bytes())
        return path

    return prefix


def _encrypted(folder: Path) -> Path:
    """A zip whose members claim to be encrypted."""
    path = zipped(poses())(folder)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(mark, place + 4)
    path.write_bytes(data)
    return path


def _with_link(target: str) -> Make:
    def make(folder: Path) -> Path:
        path = in_folder(poses())(folder)
        (path / f"clip_{ROWS:012d}_keypoints.json").symlink_to(target)
        return path

    return make


def _with_fifo(folder: Path) -> Path:
    path = in_folder(poses())(folder)
    os.mkfifo(path / f"clip_{ROWS:012d}_keypoints.json")
    return path


def _tar_of_links(folder: Path) -> Path:
    path = tarred(poses())(folder)
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo(f"clip_{ROWS:012d}_keypoints.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


def bomb(folder: Path) -> Path:
    """A frame of 512 MB of blanks, packed to half a megabyte."""
    path = folder / "json.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("clip_0_keypoints.json", "w") as member,
    ):
        for _ in range(512):
            member.write(b" " * 2**20)
    return path


def _bomb_of_a_tar(folder: Path) -> Path:
    """512 MB that are no frame, before one."""
    path = folder / "json.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        member = tarfile.TarInfo("clip_0_keypoints.json")
        member.size = 512 * 2**20
        packed.write(member.tobuf())
        for _ in range(512):
            packed.write(bytes(2**20))
    return path


def _with_first(content: bytes) -> Files:
    files = poses()
    files["clip_000000000000_keypoints.json"] = content
    return files


def _changed_person(**changes: Any) -> bytes:
    return json.dumps({"version": 1.3, "people": [person(**changes)]}).encode()


BAD_FRAMES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "an empty file": (b"", ("json",)),
    "a file that was cut": (json.dumps(document(0)).encode()[:200], ("cut short|json",)),
    "zeros": (bytes(400), ("json",)),
    "nested 100,000 deep": (b"[" * 100_000, ("nested|json",)),
    "NaN": (_changed_person(n0=float("nan")), ("nan",)),
    "an infinite number": (_changed_person(n0=float("inf")), ("infinity",)),
    "a number beyond all numbers": (_changed_person().replace(b"300.0", b"1e999", 1), ("number",)),
    "a number of 10,000 digits": (_changed_person().replace(b"300.0", b"9" * 10_000, 1), ()),
    "a text for a number": (_changed_person(n0="300"), ("number",)),
    "true for a number": (_changed_person(n0=True), ("number",)),
    "null for a number": (_changed_person(n0=None), ("number",)),
    "a confidence in per cent": (_changed_person(n2=80), ("confidence",)),
    "24 keypoints": (json.dumps({"version": 1.3, "people": [person(points=24)]}).encode(), ("72", "75")),
    "no people": (b'{"version": 1.3}', ("people",)),
    "people that are no list": (b'{"version": 1.3, "people": {}}', ("people",)),
    "a list": (b"[]", ("people",)),
    "another version": (b'{"version": 2.0, "people": []}', ("version",)),
    "a text for the version": (b'{"version": "1.3", "people": []}', ("version",)),
    "no version": (b'{"people": []}', ("version",)),
    "5,000 people": (json.dumps({"version": 1.3, "people": [{"pose_keypoints_2d": []}] * 5000}).encode(), ("5000", "people")),
    "17 megabytes": (b'{"version": 1.3, "people": []}' + b" " * (17 * 2**20), ("bytes",)),
    "latin letters": (b'{"version": 1.3, "people": [], "x": "\xe4"}', ("json",)),
}  # fmt: skip


def _without_start(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[400:])
    return path


def cases() -> list[Case]:
    found = []

    def add(name: str, make: Make, *expect: Rows | Refused, **options: object) -> None:
        found.append(Case(f"OpenPose: {name}", "imports", make, "pose_file", expect, options))

    twin = in_folder(poses())
    same = Rows(ROWS, values={"seen": (ROWS - len(WITHOUT_FACE), 0)}, twin=twin)
    plain = poses()
    for name, make in {
        "a folder": in_folder(plain),
        "a zip": zipped(plain),
        "a zip that is not compressed": zipped(plain, zipfile.ZIP_STORED),
        "a zip with bzip2": zipped(plain, zipfile.ZIP_BZIP2),
        "a zip with LZMA": zipped(plain, zipfile.ZIP_LZMA),
        "a zip with a folder": zipped(plain, top="output/json/"),
        "a zip with a remark": zipped(plain, comment=b"x" * 5000),
        "a zip behind a program": _prefixed(zipped(plain)),
        "a zip with Macintosh's twins": zipped({**plain, **{f"__MACOSX/._{name}": b"\0\5\x16\7" for name in plain}}),
        "a tar": tarred(plain),
        "a tar with gzip": tarred(plain, "gz"),
        "a tar with bzip2": tarred(plain, "bz2"),
        "a tar with xz": tarred(plain, "xz"),
        "a tar whose names lead out": tarred(plain, top="../../../tmp/"),
        "a tar with absolute names": tarred(plain, top="/etc/"),
        "a tar with a link": _tar_of_links,
        "names without zeros": in_folder(poses("clip_{n}_keypoints.json")),
        "names without the word keypoints": in_folder(poses("clip_{n:012d}.json")),
        "numbers alone": in_folder(poses("{n:012d}_keypoints.json")),
        "names with blanks": in_folder(poses("my clip (1)_{n:012d}_keypoints.json")),
        "names of other scripts": in_folder(poses("\u65e5\u672c_{n:012d}_keypoints.json")),
        "names in capitals": in_folder(poses("CLIP_{n:012d}_KEYPOINTS.JSON")),
        "hidden files beside": in_folder(
            {**plain, ".DS_Store": b"\0", "._clip_000000000000_keypoints.json": b"\0", "Thumbs.db": b"\0"}
        ),
        "other files beside": in_folder({**plain, "readme.txt": b"x", "clip.avi": b"RIFF"}),
        "a byte order mark": in_folder({name: b"\xef\xbb\xbf" + content for name, content in plain.items()}),
        "UTF-16": in_folder({name: content.decode().encode("utf-16") for name, content in plain.items()}),
        "indented JSON": in_folder({name: json.dumps(json.loads(c), indent=4).encode() for name, c in plain.items()}),
        "Windows's line ends": in_folder(
            {n: json.dumps(json.loads(c), indent=1).replace("\n", "\r\n").encode() for n, c in plain.items()}
        ),
        "version 1.2": in_folder(poses(version=1.2)),
        "version 1": in_folder(poses(version=1)),
        "keys of other programs": in_folder(
            {n: c.replace(b'"version"', b'"image": "a", "version"') for n, c in plain.items()}
        ),
    }.items():
        add(name, make, same)
    add("files from 1", in_folder(poses(first=1)), same, video="film.mp4")
    add("files from 1 in a zip", zipped(poses(first=1)), same, video="film.mp4")
    add("files from 1, without a video", in_folder(poses(first=1)), same)
    add("on its video", zipped(plain), Rows(FRAMES, values={"seen": (ROWS - 2, 0)}), video="film.mp4")
    add("every second frame", in_folder({name: c for n, (name, c) in enumerate(plain.items()) if n % 2 == 0}),
        Rows(ROWS - 1, values={"seen": (11, 0)}))  # fmt: skip
    add("COCO's 18 points", in_folder(poses(points=18)), Rows(ROWS, values={"seen": (ROWS - 2, 0)}))
    for name, (content, words) in BAD_FRAMES.items():
        add(f"a frame: {name}", in_folder(_with_first(content)), Refused(words=words))
        if len(content) < 1000:
            add(f"a frame in a zip: {name}", zipped(_with_first(content)), Refused(words=words))
    two = {**poses("one_{n:012d}_keypoints.json"), **poses("two_{n:012d}_keypoints.json")}
    models = {**plain, "clip_000000000024_keypoints.json": json.dumps(document(24, points=18)).encode()}
    small = {
        n: json.dumps({"version": 1.3, "people": [{"pose_keypoints_2d": [0.1, 0.2, 0.8] * 25}]}).encode() for n in plain
    }
    for name, make, words in (
        ("two videos", in_folder(two), ("2 videos",)),
        ("two models", in_folder(models), ("COCO", "BODY_25")),
        (
            "a frame twice",
            in_folder({**plain, "clip_3_keypoints.json": plain["clip_000000000003_keypoints.json"]}),
            ("twice",),
        ),
        ("a name without a number", in_folder({**plain, "clip_keypoints.json": b"{}"}), ("number",)),
        ("a number beyond all numbers", in_folder({**plain, f"clip_{10**17}_keypoints.json": b"{}"}), ("number",)),
        ("shares of the picture for pixels", in_folder(small), ("keypoint_scale",)),
        ("an empty folder", in_folder({}), ("no JSON",)),
        ("an empty zip", zipped({}), ("no JSON",)),
        ("a zip that was cut", cut(zipped(plain), 0.6), ("cut short|damaged",)),
        ("a zip without its beginning", lambda folder: _without_start(zipped(plain)(folder)), ("cut short|damaged",)),
        ("a tar that was cut", cut(tarred(plain), 0.51), ("cut short|damaged",)),
        ("a gzip that was cut", cut(tarred(plain, "gz"), 0.6), ("cut short|damaged",)),
        ("an xz that was cut", cut(tarred(plain, "xz"), 0.6), ("cut short|damaged",)),
        ("a zip with a password", _encrypted, ("password",)),
        ("one frame alone", written(json.dumps(document(0)).encode(), "clip_000000000000_keypoints.json"), ("folder",)),
        ("a table for an archive", written(b"frame,x\n1,2\n", "poses.csv"), ("zip",)),
        ("a frame that unpacks to 512 MB", bomb, ("bytes|large",)),
        ("a tar that unpacks to 512 MB", _bomb_of_a_tar, ("bytes|large",)),
        ("a missing folder", lambda folder: folder / "json", ("no such",)),
    ):
        add(name, make, Refused(words=words))
    add("ten files for a video of 24 frames", in_folder(poses(count=10)), Refused(words=("10", "24")), video="film.mp4")
    add(
        "a frame that is far away",
        in_folder({**plain, "clip_49000000_keypoints.json": json.dumps(document(0)).encode()}),
        Refused(words=("frame",)),
    )
    told = Rows(ROWS, values={"seen": (ROWS - 2, 0)}), Refused(words=("link|regular file|no such|cannot be read",))
    add("a link to nothing in the folder", _with_link("nowhere.json"), *told)
    add("a link to itself in the folder", _with_link(f"clip_{ROWS:012d}_keypoints.json"), *told)
    add("a device in the folder", _with_link("/dev/zero"), *told)
    add("a FIFO in the folder", _with_fifo, *told)
    return found
