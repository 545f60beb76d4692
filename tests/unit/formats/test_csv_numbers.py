"""CSV files as spreadsheets, R, pandas and people write them, read through OpenFace's reader."""

import os
import re
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.formats import csv_layout, csv_numbers, mistakes, openface, pyfeat
from unit.formats.openface_files import row, write

NAMES = ("frame", "timestamp", "confidence", "success", "AU04_r", "AU12_r", "AU12_c")
PLAIN = "frame,timestamp,confidence,success,AU04_r,AU12_r,AU12_c\n1,0.0,0.98,1,0.5,1.25,1\n2,0.04,0.98,1,0.00005,0,0\n"
LINES = PLAIN.splitlines()
ROWS = [(0, 0.0, "ok", 0.5, 1.25, 1), (1, 0.04, "ok", pytest.approx(0.00005), 0.0, 0)]
"""What every writing of `PLAIN` gives."""


def quoted(text: str) -> str:
    return re.sub(r"[^,\n]+", r'"\g<0>"', text)


def numbered(name: str) -> str:
    """A column of row numbers in front, as R (no name, or X) and pandas write it."""
    return "\n".join(f"{name if number == 0 else number},{line}" for number, line in enumerate(LINES)) + "\n"


def r_names(text: str) -> str:
    return text.replace("timestamp", "X.timestamp").replace("AU12_r", "X.AU12_r").replace("success", "X.success")


WRITINGS = {
    "plain": PLAIN,
    "semicolons": PLAIN.replace(",", ";"),
    "Excel in Europe": PLAIN.replace(",", ";").replace(".", ","),
    "tabs": PLAIN.replace(",", "\t"),
    "tabs and decimal commas": PLAIN.replace(",", "\t").replace(".", ","),
    "bars": PLAIN.replace(",", "|"),
    "blanks": PLAIN.replace(",", "  "),
    "names in quotation marks": quoted(LINES[0]) + "\n" + "\n".join(LINES[1:]) + "\n",
    "all in quotation marks": quoted(PLAIN),
    "sep=,": "sep=,\n" + PLAIN,
    "sep=;": '"sep=;"\r\n' + PLAIN.replace(",", ";").replace(".", ",").replace("\n", "\r\n"),
    "sep line that was saved again": "sep=,,,,,,\n" + PLAIN,
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "CR": PLAIN.replace("\n", "\r"),
    "byte order mark": "\ufeff" + PLAIN,
    "blank lines": "\n\n" + PLAIN + "\n\n  \n",
    "no end of line": PLAIN.rstrip("\n"),
    "trailing commas": PLAIN.replace("\n", ",\n"),
    "trailing commas in rows only": "\n".join([LINES[0], *(f"{line}," for line in LINES[1:])]) + "\n",
    "thousands of empty columns": PLAIN.replace("\n", "," * 16_000 + "\n"),
    "rows of commas at the end": PLAIN + ",,,,,,\n" * 3,
    "row numbers of R": numbered('""'),
    "row numbers of read.csv": numbered("X"),
    "row numbers of pandas": numbered("Unnamed: 0"),
    "row names of R": f'{LINES[0]}\n"1",{LINES[1]}\n"2",{LINES[2]}\n',
    "R's write.table": f'{quoted(LINES[0])}\n"a",{LINES[1]}\n"b",{LINES[2]}\n'.replace(",", " "),
    "names of read.csv": r_names(PLAIN),
    "TRUE and FALSE": "\n".join([LINES[0], "1,0.0,0.98,TRUE,0.5,1.25,TRUE", "2,0.04,0.98,True,5e-05,0,F"]) + "\n",
    "true and false of a German spreadsheet": "\n".join(
        [LINES[0], "1,0.0,0.98,WAHR,0.5,1.25,WAHR", "2,0.04,0.98,WAHR,5e-05,0,FALSCH"]
    )
    + "\n",
    "a byte order mark twice": "\ufeff\ufeff" + PLAIN,
    "scientific with comma": PLAIN.replace("0.00005", "5E-05").replace(",", ";").replace(".", ","),
    "a column of one's own": "\n".join(f"{line},Jörg" for line in LINES) + "\n",
}
ENCODED = {
    "UTF-16": PLAIN.replace(",", "\t").encode("utf-16"),
    "UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "UTF-16, big end first": PLAIN.encode("utf-16-be"),
    "Latin-1": "\n".join(f"{line},Jörg" if number else f"{line},who" for number, line in enumerate(LINES)).encode(
        "latin-1"
    ),
}


@pytest.mark.parametrize(
    "content", [*(text.encode() for text in WRITINGS.values()), *ENCODED.values()], ids=[*WRITINGS, *ENCODED]
)
def test_each_writing_gives_the_same_rows(tmp_path, content):
    (tmp_path / "of.csv").write_bytes(content)
    table = openface.read(tmp_path / "of.csv")
    assert table.select("frame", "time_s", "status", "AU04_r", "AU12_r", "AU12_c").rows() == ROWS


@pytest.mark.parametrize(
    "word",
    [
        "",
        " ",
        "NA",
        "N/A",
        "#N/A",
        "nan",
        "NaN",
        "-nan",
        "-nan(ind)",
        "1.#QNAN",
        "None",
        "null",
        "NULL",
        "?",
        "-",
        '"NA"',
        "#NULL!",
        "#NV",
        "\\N",
        "n.a.",
        "missing",
        "\u2014",
    ],
)
def test_words_for_an_empty_cell(tmp_path, word):
    rows = [row(1), row(2, AU12_r=word, AU12_c=word, confidence=word), row(3, success=0, AU04_r=word)]
    table = openface.read(write(tmp_path / "of.csv", rows, NAMES))
    assert table["AU12_r"].to_list() == [0, None, None] and table["AU12_c"].to_list() == [0, None, None]
    assert table["status"].to_list() == ["ok", "ok", "no_face"]
    pyfeat_csv = tmp_path / "fex.csv"
    pyfeat_csv.write_text(f"frame,FaceScore,AU01,AU12\n0,0.9,0.5,0.25\n1,{word},{word},{word}\n")
    assert pyfeat.import_face(pyfeat_csv)[0]["status"].to_list() == ["ok", "no_face"]


def refused(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as caught:
        openface.read(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PLAIN.replace("1.25", '"1,25"'), "line 2, AU12_r: '1,25' has a decimal comma; expected 1.25"),
        (PLAIN.replace("0.98", '"0,98"'), "line 2, confidence: '0,98' has a decimal comma; expected 0.98 (2 cells have one)"),
        (PLAIN.replace("0.0", '"0,0"'), "1 mistake in"),
        (PLAIN.replace("0.0", '"0,0"'), "line 2, timestamp: '0,0' has a decimal comma; expected 0.0"),
        (PLAIN.replace(",", ";").replace("1.25", "1,25"), "but line 2 has a decimal point ('0.0'); expected one of them"),
        (PLAIN.replace("1,0.0", "TRUE,0.0"), "line 2, frame: 'TRUE' is not a number"),
        (PLAIN.replace("1.25", "1.Jan"), "line 2, AU12_r: '1.Jan' is not a number"),
        (PLAIN.replace("1.25", "NA").replace("1,0.0", "NA,0.0"), "line 2, frame: nothing; expected the frame's number"),
        (LINES[0] + '\n"1,0.0' + ",1" * 200_000, "Is a quotation mark never closed?"),
        (LINES[0].replace("AU12_r", "AU12_c"), "line 1, AU12_c: the column occurs 2 times"),
        ("# OpenFace 2.2\n" + PLAIN, "line 1: no names of columns; these are in line 2"),
        ("Participant 3\n\n" + PLAIN.replace(",", ";"), "line 1: no names of columns; these are in line 3"),
        (PLAIN.replace("timestamp", "X.AU12_r"), "line 1, AU12_r: the column occurs 2 times"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_named_with_its_mend(tmp_path, content, expected):
    assert expected in refused(tmp_path / "of.csv", content)


def test_a_line_without_end_is_not_taken_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_layout, "LONGEST_ROW", 1000)
    assert "more than 1000 characters" in refused(tmp_path / "of.csv", PLAIN + "1," * 1000)
    assert "more than 1000 characters" in refused(tmp_path / "of.csv", "a," * 1000)
    assert "more than 1000 characters" in refused(tmp_path / "of.csv", PLAIN + '"\n",' * 1000)


def test_reading_ends_where_more_mistakes_would_add_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(mistakes, "MISTAKES_KEPT", 100)
    monkeypatch.setattr(csv_numbers, "PIECE_ROWS", 50)
    message = refused(tmp_path / "of.csv", LINES[0] + "\n" + "x,x,x,x,x,x,x\n" * 1000)
    assert 350 <= int(message.split()[0]) <= 400


def test_unknown_columns_are_compared_up_to_a_limit(tmp_path, monkeypatch):
    compared = []
    monkeypatch.setattr(csv_numbers.difflib, "get_close_matches", lambda name, *_, **__: compared.append(name) or [])
    found = mistakes.Mistakes(tmp_path)
    csv_numbers.check_names([f"own{number}" for number in range(9000)], ["AU12_r"], ["AU12_r"], found)
    assert len(compared) == csv_numbers.NAMES_COMPARED


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "of.csv")
    with pytest.raises(UserError, match="a named pipe, not a file"):
        openface.read(tmp_path / "of.csv")


@pytest.mark.parametrize("rows", [csv_numbers.PIECE_ROWS - 1, csv_numbers.PIECE_ROWS, 2 * csv_numbers.PIECE_ROWS + 1])
def test_pieces_make_a_whole(tmp_path, rows):
    path = tmp_path / "of.csv"
    path.write_text("frame,success,AU12_r\n" + "".join(f"{n},{n % 2},{n % 5}\n" for n in range(1, rows + 1)))
    table = openface.read(path)
    assert table["frame"].to_list() == list(range(rows))
    assert table["AU12_r"].to_list() == [n % 5 if n % 2 else None for n in range(1, rows + 1)]
