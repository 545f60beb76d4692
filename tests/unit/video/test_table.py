import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.settings.resolve import resolve
from moodreel.video import nothing
from moodreel.video.table import MOST_MISTAKES, parse, read, read_table
from moodreel.video.table_pairs import overlaps
from moodreel.video.table_rows import OPTIONAL, REQUIRED, Video
from moodreel.workflow.plan.media import media_path

HEADER = "video\tsource\tperformer\temotion\tstart_s\tend_s\n"


def mistakes_in(text: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        parse(text, "mine.tsv")
    head, *lines = str(caught.value).split("\n")
    assert head.endswith("in mine.tsv:") and int(head.split()[0]) == len(lines)
    return [line.removeprefix("  - ") for line in lines]


def test_cells_stay_as_written_and_some_may_be_left_out():
    videos = parse(HEADER + "0012\t1e5.mp4\tTRUE\t1.0\t0.50\t2\n")
    assert videos == [Video("0012", "1e5.mp4", "file", "TRUE", "1.0", 0.5, 2.0)]
    expected = [Video(name, f"{name}.mp4", "file", name, None, None, None) for name in "ab"]
    assert parse("source\tvideo\tperformer\na.mp4\ta\t\nb.mp4\tb") == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_files_from_spreadsheets(tmp_path, newline):
    rows = ["video\tsource\tperformer\temotion\t\t", " a \ta.mp4\tann\t\t\t", "\t\t\t", "b\tb c.mp4\tann\tSad", "", ""]
    (tmp_path / "videos.tsv").write_bytes(b"\xef\xbb\xbf" + newline.join(rows).encode())
    videos = read(tmp_path / "videos.tsv")
    assert [(v.video, v.source, v.emotion) for v in videos] == [("a", "a.mp4", None), ("b", "b c.mp4", "Sad")]


KINDS = {
    "file": ["films/a.mp4", "/films/a.mp4", "~/a.mp4", "abcdefghij", "./abcdefghijk"],
    "youtube": ["dQw4w9WgXcQ", "-Qw4w9WgX_Q", "https://youtu.be/dQw4w9WgXcQ", "HTTP://127.0.0.1:80/x.mp4"],
    "builtin": ["builtin:astronaut/smile/1"],
}


@pytest.mark.parametrize(("kind", "source"), [(kind, source) for kind, sources in KINDS.items() for source in sources])
def test_kinds(kind, source):
    assert parse(HEADER + f"a\t{source}")[0].kind == kind


def test_every_mistake_is_reported_with_its_line():
    table = (
        "video\tsource\tpreformer\tperformer\tstart_s\tend_s\n"
        "ok\ta.mp4\t\tanna\t1\t2\n"
        "\n"
        "../up\t\t\tAnna\t1,5\t2\n"
        "OK\ta.mp4\t\tx/y\t3\t2\n"
        "ok\tftp://x.org/a.mp4\t\t\t\t0\n"
        "c\tbuiltin:astronaut\t\t\t\t-1\textra\n"
        "d\tbuiltin:astronaut\n"
    )
    expected = [
        ("line 1", "no column 'preformer'. Did you mean 'performer'?"),
        ("line 4, video", "'../up'"),
        ("line 4, start_s", "'1,5'"),
        ("line 4, source", "'' is no source"),
        ("line 5, performer", "'x/y'"),
        ("line 5, end_s", "2 is not after start_s (3)"),
        ("line 6, end_s", "0 is not after"),
        ("line 6, source", "http and https"),
        ("line 7", "7 cells, but 6 columns"),
        ("line 8, source", "builtin:<person>/<expression>/<take>"),
        ("line 5, video", "the id of line 2 except for case"),
        ("line 6, video", "the id of line 2; ids are unique"),
    ]
    for line, (where, what) in zip(mistakes_in(table), expected, strict=True):
        assert line.startswith(where) and what in line


@pytest.mark.parametrize(
    "id_", ["", ".a", "-a", "_a", "a/b", "a\\b", "a..b", "a b", "ä", "a" * 65, "a\0", "a;b", "{a}"]
)
def test_ids_that_are_refused(id_):
    [mistake] = mistakes_in(HEADER + f"{id_}\ta.mp4\tanna")
    assert mistake.startswith("line 2, video")


@pytest.mark.parametrize("id_", ["a", "0", "A.b-c_d", "a" * 64, "1.5", "Nan-1"])
def test_ids_that_are_allowed(id_):
    assert parse(HEADER + f"{id_}\ta.mp4")[0].performer == id_


REFUSED = {
    "start_s": ["-1", "1e3", "inf", "1:30", "1,5", "5 s", "٣", ".5", "99999999", "864001"],
    "rate_hz": ["0", "0.0", "-25", "30000/1001", "0.0000001", "0.49", "1000.1", "9999999"],
    "source": [
        "-i.mp4", "file:///etc/passwd", "http://", "https://a b/", "https://me:word@x.org/a", "http://[x/", "a\x07.mp4",
        "a{b}.mp4", "folder {x/a.mp4", "}.mp4", "C:\\films\\a.mp4", "d:/a.mp4", "\\\\server\\films\\a.mp4",
    ],
    "face_file": ["-i.csv", "a{b}.csv", "C:\\a.csv", "file:///data/a.csv"],
    "emotion": ["joy\u200b", "a" * 65, "#REF!", "#DIV/0!", "#WERT!", "#¡NUM!"],
}  # fmt: skip


@pytest.mark.parametrize(("column", "cell"), [(column, cell) for column, cells in REFUSED.items() for cell in cells])
def test_cells_that_are_refused(column, cell):
    row = {"video": "a", "source": "a.mp4", "performer": "", column: cell}
    [mistake] = mistakes_in("\t".join(row) + "\n" + "\t".join(row.values()))
    assert mistake.startswith(f"line 2, {column}: ") and "word" not in mistake
    assert ("rename the file or link to it" in mistake) == ("{" in cell or "}" in cell)


def test_performers_that_differ_in_case_or_would_pass_for_an_id():
    [mistake] = mistakes_in(HEADER + "a\ta.mp4\tAnna\nb\tb.mp4\tanna")
    assert mistake.startswith("line 3, performer: 'anna' differs from 'Anna' (line 2)")
    [mistake] = mistakes_in(HEADER + "anna\ta.mp4\t\nb\tb.mp4\tanna")
    assert mistake.startswith("line 2, performer: empty")
    assert len(parse(HEADER + "anna\ta.mp4\tanna\nb\tb.mp4\tanna")) == 2


def test_headers():
    assert "2 times" in mistakes_in("video\tsource\tperformer\tvideo\na\ta.mp4")[0]
    assert mistakes_in("video\tsource\na\ta.mp4") == ["line 1: column 'performer' is missing"]
    assert mistakes_in(HEADER + "a\ta.mp4\n" + HEADER) == ["line 3: the header again; remove the line"]
    assert "separated by tabs" in mistakes_in("video source performer\na a.mp4 x")[0]
    assert mistakes_in(HEADER)[0].startswith("no video")


def test_empty_and_absent_tables(tmp_path):
    with pytest.raises(UserError, match="the table is empty"):
        parse("\n\n")
    with pytest.raises(UserError, match="no such table"):
        read(tmp_path / "videos.tsv")


@pytest.mark.parametrize("module", ["video.table", "workflow.plan.media", "networks.catalogue"])
def test_nothing_heavy_is_imported_where_the_rules_import_at_every_start(module):
    heavy = {"numpy", "polars", "pyarrow", "av", "cv2", "yt_dlp", "onnx", "onnxruntime", "tflite"}
    code = f"import sys, moodreel.{module}; sys.exit({heavy} & set(sys.modules) or 0)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_where_media_files_lie():
    settings = resolve({"videos": "videos.tsv", "actors": {"noise_seed": 7}})
    sources = ["films/a.mov", "dQw4w9WgXcQ", "builtin:astronaut/smile/1", "~/d.mp4"]
    table = HEADER + "".join(f"{video}\t{source}\n" for video, source in zip("abcd", sources, strict=True))
    own, youtube, builtin, at_home = (media_path(video, settings) for video in parse(table))
    assert (own, at_home) == (Path("films/a.mov"), Path.home() / "d.mp4")
    assert (youtube, builtin) == (Path("results/sources/youtube/b.mp4"), Path("results/sources/builtin-7/c.mp4"))


IMPORTED = "video\tsource\tperformer\tpose_backend\tpose_file\tface_backend\tface_file\trate_hz\n"


def test_what_others_have_read_stands_in_for_a_video_and_a_face_is_enough():
    (video,) = parse(IMPORTED + "a\t\tanna\topenpose\tjson/a\topenface\ta.csv\t29.97\n")
    assert (video.source, video.kind, video.rate_hz) == (None, "none", 29.97)
    assert (video.pose_backend, video.pose_file) == ("openpose", "json/a")
    assert (video.face_backend, video.face_file) == ("openface", "a.csv")
    (video,) = parse(IMPORTED + "a\t\tanna\tnone\t\topenface\ta.csv\n")
    assert (video.kind, video.pose_backend, video.pose_file) == ("none", "none", None)
    (video,) = parse(IMPORTED + "a\t\tanna\topenpose\ta.zip\tnone\t\n")
    assert (video.kind, video.pose_file, video.face_backend) == ("none", "a.zip", "none")
    (mistake,) = mistakes_in(IMPORTED + "a\t\tanna\topenpose\t\t\t\n")
    assert mistake.startswith("line 2, source: '' is no source")
    assert "face_file" in mistake


def test_mistakes_of_what_others_have_read():
    found = mistakes_in(IMPORTED + "a\ta.mp4\t\topenpos\t-x\tblazepose\t{y}.csv\t25 Hz\n")
    columns = ["rate_hz", "pose_backend", "face_backend", "pose_file", "face_file"]
    assert [line.partition(":")[0] for line in found] == [f"line 2, {column}" for column in columns]
    assert "did you mean 'openpose'?" in found[1]


NOTHING = [
    "NA", "n/a", "#N/A", "NaN", "None", "null", "NULL", "?", "-", "n.d.", "<NA>", "unknown", "n.a", "N. A.", "k. A.",
    "#NV", "#NULL!", "NA_character_", "\\N", "(blank)", "...", "\u2212", "Not available",
]  # fmt: skip


@pytest.mark.parametrize("word", NOTHING)
def test_a_word_for_nothing_is_an_empty_cell_wherever_one_may_be_empty(tmp_path, word):
    columns = [column for column in OPTIONAL if not column.endswith("_backend")]
    table = "\t".join([*REQUIRED, *columns]) + "\n"
    for video in "ab":
        table += "\t".join([video, f"{video}.mp4", word, *[word] * len(columns)]) + "\n"
    (tmp_path / "videos.tsv").write_text(table, encoding="utf-8")
    found = read_table(tmp_path / "videos.tsv")
    assert found.videos == [Video(name, f"{name}.mp4", "file", name, None, None, None) for name in "ab"]
    assert found.read_as_nothing == {word: [(line, column) for line in (2, 3) for column in ("performer", *columns)]}
    for column, row in (("video", f"{word}\ta.mp4\tanna"), ("source", f"a\t{word}\tanna")):
        [mistake] = mistakes_in(HEADER + row)
        assert mistake.startswith(f"line 2, {column}: {word!r}") and " is no " in mistake


def test_the_backend_none_is_a_backend():
    (video,) = parse(IMPORTED + "a\tNA\tanna\tnone\tNA\topenface\ta.csv\tNA\n")
    assert (video.pose_backend, video.source, video.pose_file, video.rate_hz) == ("none", None, None, None)


@pytest.mark.parametrize(
    "other", ["Joy", "JOY", "jo y", "j_oy", "ｊｏｙ", "'joy'", "“joy”", "joy.", "j-oy", "jo\u034fy", "joy\ufe0f"]
)
def test_labels_that_people_would_read_as_one(other):
    [mistake] = mistakes_in(HEADER + f"a\ta.mp4\t\tjoy\nb\tb.mp4\t\tsad\nc\tc.mp4\t\t{other}")
    assert mistake.startswith("line 4, emotion: ") and "differs from 'joy' (line 2)" in mistake


@pytest.mark.parametrize(("one", "other"), [("1", "01"), ("7", "7.0"), ("p_1", "p-1"), ("Anna.B", "anna-b")])
def test_performers_that_people_would_read_as_one(one, other):
    [mistake] = mistakes_in(HEADER + f"a\ta.mp4\t{one}\nb\tb.mp4\t{other}")
    assert mistake.startswith(f"line 3, performer: {other!r} differs from {one!r} (line 2)")


@pytest.mark.parametrize(("one", "other"), [("1.1", "1.10"), ("1.1", "11"), ("p1", "p01"), ("a", "b")])
def test_performers_that_are_two(one, other):
    assert len(parse(HEADER + f"a\ta.mp4\t{one}\nb\tb.mp4\t{other}")) == 2
    assert len(parse(HEADER + f"{one}\ta.mp4\t\n{one}-1\tb.mp4\t\n{one}_1\tb.mp4\t\n")) == 3, "ids, which are unique"


@pytest.mark.parametrize(
    ("cell", "meant"), [("1:30", "90"), ("0:01:30.5", "90.5"), ("1:00:00", "3600"), ("1,5", "1.5"), ("90 s", "90")]
)
def test_times_of_another_form_are_understood_in_the_message(cell, meant):
    [mistake] = mistakes_in(HEADER + f"a\ta.mp4\t\t\t{cell}")
    assert mistake.startswith("line 2, start_s") and mistake.endswith(f"Did you mean {meant} ?")


@pytest.mark.parametrize("above", ["# my videos", "My study\n\n2026", "Study\tof 2026", "a,b\n\tx"])
@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_lines_above_the_header(above, separator):
    table = f"{above}\n" + "video\tsource\tperformer\na\ta.mp4\tanna\n".replace("\t", separator)
    [mistake] = mistakes_in(table)
    assert mistake.startswith("line 1: ") and f"the columns are named in line {above.count(chr(10)) + 2}" in mistake


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[{"video": "a", "source": "a.mp4"}]', "JSON"),
        ("<html><table><tr>", "HTML"),
        ('\n{"video": "a"}\n', "JSON"),
        ("{\\rtf1 video\tsource", "RTF"),
    ],
)
def test_text_that_is_no_table(text, what):
    with pytest.raises(UserError, match=f"this is no table; it begins as .*{what}"):
        parse(text)


def test_a_header_that_cannot_be_read_is_not_an_empty_table():
    assert mistakes_in('"video\tsource\n')[0].startswith("line 1: a quotation mark")


@pytest.mark.parametrize(
    ("header", "line", "names"), [("\t", ",", "tab.*comma"), (",", "\t", "comma.*tab"), (";", ",", "semicolon.*comma")]
)
def test_lines_that_are_separated_in_another_way_than_the_header(header, line, names):
    rows = "a\ta.mp4\tanna\nb\tb.mp4\tben\n".replace("\t", line)
    found = mistakes_in("video\tsource\tperformer\n".replace("\t", header) + rows)
    assert [mistake[:16] for mistake in found] == ["line 2: one cell", "line 3: one cell"]
    assert re.search(names, found[0])


def test_lines_in_quotation_marks_as_a_whole():
    [mistake] = mistakes_in('"video,source,performer"\n"a,a.mp4,anna"\n')
    assert mistake.startswith("line 1: the line is one cell, in quotation marks as a whole")


def test_blanks_that_do_not_break_are_part_of_a_files_name():
    name = "Screen Recording at 3.12.01\u202fPM.mov"
    assert parse(HEADER + f"a\t{name}\tanna")[0].source == name


def test_one_label_in_two_normal_forms_is_one_label():
    forms = [unicodedata.normalize(form, "fröhlich") for form in ("NFC", "NFD")]
    videos = parse(HEADER + "".join(f"v{i}\t{i}.mp4\t\t{form}\n" for i, form in enumerate(forms)))
    assert {video.emotion for video in videos} == {forms[0]}
    assert len({v.emotion for v in parse(HEADER + "a\ta.mp4\t\t-1\nb\tb.mp4\t\t1\n")}) == 2


@pytest.mark.parametrize(
    ("cell", "name"),
    [("a\u200b", "ZERO WIDTH SPACE"), ("a\xa0b", "NO-BREAK SPACE"), ("“a”", "LEFT DOUBLE"), ("a\x07", "U+0007")],
)
@pytest.mark.parametrize("column", ["video", "performer"])
def test_signs_that_are_not_seen_are_named(column, cell, name):
    row = {"video": "v", "source": "a.mp4", "performer": "anna", column: cell}
    [mistake] = mistakes_in("\t".join(row) + "\n" + "\t".join(row.values()))
    assert mistake.startswith(f"line 2, {column}") and name in mistake


ADDRESSES = {
    "youtu.be/dQw4w9WgXcQ": "https://youtu.be/dQw4w9WgXcQ",
    "www.youtube.com/watch?v=dQw4w9WgXcQ": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "Vimeo.com/76979871": "https://Vimeo.com/76979871",
    "media.lab.example.edu:8080/a b.mp4": "https://media.lab.example.edu:8080/a b.mp4",
    "https;//youtu.be/dQw4w9WgXcQ": "https://youtu.be/dQw4w9WgXcQ",
    "<https://youtu.be/dQw4w9WgXcQ>": "https://youtu.be/dQw4w9WgXcQ",
    "https:/youtu.be/dQw4w9WgXcQ": "https://youtu.be/dQw4w9WgXcQ",
    "//youtu.be/dQw4w9WgXcQ": "https://youtu.be/dQw4w9WgXcQ",
}


@pytest.mark.parametrize(("source", "meant"), ADDRESSES.items())
def test_addresses_without_a_scheme(source, meant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [mistake] = mistakes_in(HEADER + f"a\t{source}\tanna")
    assert mistake.startswith("line 2, source") and f"did you mean {meant} ?" in mistake
    assert parse(HEADER + f"a\t./{source}\tanna")[0].kind == "file"


def test_a_folder_named_like_a_host_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archive.org").mkdir()
    assert parse(HEADER + "a\tarchive.org/a.mp4\tanna")[0].kind == "file"
    assert parse(HEADER + "a\tfilms/v1.cut/a.mp4\tanna")[0].kind == "file"


SAME = [
    ("a.mp4", "./a.mp4"),
    ("~/a.mp4", str(Path.home() / "a.mp4")),
    ("dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ?t=3"),
    ("https://www.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ", "https://m.youtube.com/shorts/dQw4w9WgXcQ"),
    ("https://x.org/a.mp4", "https://x.org/a.mp4"),
    ("https://x.org/a.mp4", "HTTP://www.X.org:80/a.mp4#t=1"),
    ("https://youtu.be/dQw4w9WgXcQ?si=x", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
    ("dQw4w9WgXcQ", "https://gaming.youtube.com/v/dQw4w9WgXcQ"),
    ("https://vimeo.com/76979871", "https://player.vimeo.com/video/76979871?h=1"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_part_has_one_performer_and_one_label(one, other):
    rows = [f"a\t{one}\tanna\tjoy\t\t10", f"b\t{other}\tbea\tsad\t9.5\t20"]
    performer, emotion = mistakes_in(HEADER + "\n".join(rows))
    assert performer.startswith("line 3, performer: 'bea', but line 2 has 'anna'")
    assert emotion.startswith("line 3, emotion: 'sad', but line 2 has 'joy'")
    assert len(parse(HEADER + "\n".join(rows).replace("9.5", "10"))) == 2, "parts that only touch"
    assert len(parse(HEADER + "\n".join(rows).replace("bea\tsad", "anna\tjoy"))) == 2, "the same twice is told later"
    assert len(parse(HEADER + "\n".join(rows).replace("anna\tjoy", "\t").replace("bea", ""))) == 2


def test_a_contradiction_is_found_behind_a_part_that_holds_both():
    rows = ["a\tx.mp4\t\t\t0\t100", "b\tx.mp4\t\tjoy\t0\t50", "c\tx.mp4\t\tsad\t10\t40", "d\tx.mp4\t\tjoy\t50\t60"]
    [mistake] = mistakes_in(HEADER + "\n".join(rows))
    assert mistake.startswith("line 4, emotion: 'sad', but line 3 has 'joy'")


def test_overlapping_parts():
    spans = {"a": (0, 10), "b": (10, 20), "c": (19, None), "d": (2, 3), "e": (30, 31)}
    videos = [Video(name, "x.mp4", "file", "p", None, start, end) for name, (start, end) in spans.items()]
    found = {(one.video, other.video) for one, other in overlaps(videos)}
    assert found == {("c", "b"), ("d", "a"), ("e", "c")}


@pytest.mark.parametrize("name", ["", "X", "Unnamed: 0"])
def test_row_numbers_of_r_and_pandas(name):
    head, *rows = (HEADER + "a\ta.mp4\tanna\nb\tb.mp4\tanna").splitlines()
    numbered = "".join(f"{i}\t{row}\n" for i, row in enumerate(rows, 1))
    [mistake] = mistakes_in(f"{name}\t{head}\n{numbered}")
    assert mistake.startswith("line 1") and "row.names = FALSE" in mistake
    [mistake] = mistakes_in(f"{head.strip()}\n".replace("\temotion\tstart_s\tend_s", "") + numbered)
    assert "row.names = FALSE" in mistake, "R's header has no cell for them"


def test_a_message_has_an_end():
    with pytest.raises(UserError) as caught:
        parse(HEADER + "a b\ta.mp4\n" * 5000 + f"{'x' * 100_000}\ta.mp4\n")
    message = str(caught.value)
    assert message.startswith("5001 mistakes") and f"and {5001 - MOST_MISTAKES} more" in message
    assert len(message) < 100_000


def test_the_docs_list_every_word_for_nothing():
    page = (Path(__file__).parents[3] / "docs" / "videos.md").read_text(encoding="utf-8")
    listed = re.findall(r"`([^`]+)`", page.partition("**Words for nothing.**")[2].partition("As\nperformers")[0])
    assert {"".join(word.lower().split()) for word in listed} == nothing.NOTHING
