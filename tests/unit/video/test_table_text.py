import os
import socket
import time

import pytest

from moodreel.errors import UserError
from moodreel.video.table import parse, read
from moodreel.video.table_text import MOST_BYTES, split

HEADER = "video\tsource\tperformer\n"
PLAIN = [("a1", "films/a, 1.mp4", "anna"), ("b", 'take "2".mp4', "bea")]

TABLES = {
    "tabs": 'video\tsource\tperformer\na1\tfilms/a, 1.mp4\tanna\nb\ttake "2".mp4\tbea\n',
    "excel, text": 'video\tsource\tperformer\r\na1\t"films/a, 1.mp4"\tanna\r\nb\t"take ""2"".mp4"\tbea\r\n',
    "R": '"video"\t"source"\t"performer"\n"a1"\t"films/a, 1.mp4"\t"anna"\n"b"\t"take ""2"".mp4"\t"bea"\n',
    "commas": 'video,source,performer\na1,"films/a, 1.mp4",anna\nb,"take ""2"".mp4",bea\n',
    "semicolons": 'video;source;performer;\n"a1"; "films/a, 1.mp4" ;anna;\n;;;\nb;"take ""2"".mp4";bea\n'.replace(
        '" ;', '";'
    ),
    "a line sep=": 'sep=;\r\nvideo;source;performer\r\na1;films/a, 1.mp4;anna\r\nb;take "2".mp4;bea\r\n',
    "CR": 'video\tsource\tperformer\ra1\tfilms/a, 1.mp4\tanna\rb\ttake "2".mp4\tbea',
    "mark": '\ufeffvideo\tsource\tperformer\na1\tfilms/a, 1.mp4\tanna\nb\t"take ""2"".mp4"\tbea\n',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("kind", TABLES)
def test_as_spreadsheets_r_and_pandas_write_it(tmp_path, kind, encoding):
    (tmp_path / "videos.tsv").write_bytes(TABLES[kind].encode(encoding))
    found = [(v.video, v.source, v.performer) for v in read(tmp_path / "videos.tsv")]
    assert found == PLAIN


BROKEN = {
    'a\t"films/a\nb.mp4"\tanna\n': "line 2: a cell holds a line break (it ends in line 3); remove it",
    'a\t"films/a\n\n\nb.mp4"\tanna\n': "line 2: a cell holds a line break (it ends in line 5); remove it",
    'a\t"films/a\tb.mp4"\tanna\n': "line 2: a cell holds a tab; remove it",
    'a\t"a.mp4\tanna\n': "line 2: a quotation mark at the beginning of a cell is not closed",
    'a\t"Heroes".mp4\tanna\n': "line 2: a cell goes on after its closing quotation mark",
    'a\t"' + "x" * 200_000 + '"\tanna\n': "line 2: a cell has more than",
}


@pytest.mark.parametrize("rows", BROKEN, ids=[why[:40] for why in BROKEN.values()])
def test_a_cell_that_is_broken_is_one_mistake_with_its_line(rows):
    after = "" if "not closed" in BROKEN[rows] else "c\tc.mp4\tanna\n"
    with pytest.raises(UserError) as caught:
        parse(HEADER + rows + after)
    head, mistake = str(caught.value).split("\n")
    assert head.startswith("1 mistake") and mistake.removeprefix("  - ").startswith(BROKEN[rows])


def test_lines_keep_their_numbers():
    cells = split('sep=,\n\nvideo,source\n\na,"x, y"\nb,"z\nz"\nc,d\n')
    assert cells.rows == [(3, ["video", "source"]), (5, ["a", "x, y"]), (8, ["c", "d"])]
    assert [line for line, _ in cells.mistakes] == [6]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            (HEADER + "a\tf.mp4\nb\tfröhlich.mp4").encode("latin-1"),
            "line 3 is not UTF-8 text.*'b.tfröhlich.mp4'.*iconv",
        ),
        ((HEADER + "a\ta.mp4").encode("utf-16-le"), "UTF-16 text without its mark.*UTF-16LE"),
        ((HEADER + "a\ta.mp4").encode("utf-16-be"), "UTF-16 text without its mark.*UTF-16BE"),
        ((HEADER + "a\ta\0.mp4").encode(), "NUL bytes"),
        (b"PK\3\4" + bytes(99), "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "old Excel"),
        (b"%PDF-1.4\n%\xe2\xe3", "a PDF"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"\x1aE\xdf\xa3" + bytes(range(256)) * 9, "NUL bytes"),
        (b"\xff\xfe" + HEADER.encode("utf-16-le") + b"a", "UTF"),
    ],
)
def test_what_is_no_text_is_named_with_its_remedy(tmp_path, data, words):
    (tmp_path / "videos.tsv").write_bytes(data)
    with pytest.raises(UserError, match=rf"(?s)videos.tsv.*{words}") as caught:
        read(tmp_path / "videos.tsv")
    assert len(str(caught.value)) < 1000


def _pipe(path):
    os.mkfifo(path)
    return path


def _socket(path):
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(path.name)
    return path


def _large(path):
    with open(path, "wb") as file:
        file.truncate(MOST_BYTES + 1)
    return path


def _loop(path):
    path.symlink_to(path)
    return path


SPECIAL = {
    "a named pipe": _pipe,
    "a socket": _socket,
    "a folder": lambda path: path.parent,
    "a device": lambda path: "/dev/zero",
    "MiB": _large,
    "symbolic links": _loop,
    "too long": lambda path: path.parent / ("x" * 300),
    "null byte|null character": lambda path: f"{path}\0",
    "no such table": lambda path: path,
}


@pytest.mark.parametrize("words", SPECIAL)
def test_what_is_no_file_of_text_is_refused_at_once(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    path, begin = SPECIAL[words](tmp_path / "videos.tsv"), time.monotonic()
    with pytest.raises(UserError, match=words):
        read(path)
    assert time.monotonic() - begin < 5


def test_a_table_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "videos.tsv").write_text(HEADER + "a\ta.mp4\tanna\n")
    assert [v.video for v in read("~/videos.tsv")] == ["a"]
