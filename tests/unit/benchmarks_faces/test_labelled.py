"""Reading labelled pictures: both layouts, wrong lines, and what does not count."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.faces import labelled
from benchmarks.faces.labelled import LACKING, TWICE, UNREADABLE

from moodreel.errors import UserError

RATED = "picture,label,rater\n"


def folder(tmp_path: Path, *pictures: str, table: str = labelled.TABLE, lines: str = "") -> Path:
    """A folder with grey pictures and a table."""
    (tmp_path / table).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / table).write_bytes(lines.encode())
    for name in pictures:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((20, 30, 3), 128, np.uint8))
    return tmp_path


def test_labels_and_people_are_read(tmp_path: Path) -> None:
    lines = "\ufeffpicture,label,person\r\na.png, Happiness ,Ann\r\n\r\nsub/b.png,ANGRY,ann\r\nc.png,joy,\r\nd.png,sad,c.png"
    found = labelled.read(folder(tmp_path, "a.png", "sub/b.png", "c.png", "d.png", lines=lines))
    assert "".join(p.path.name[0] for p in found.pictures) == "abcd"
    assert [p.label for p in found.pictures] == ["happy", "angry", "happy", "sad"]
    assert [p.named for p in found.pictures] == [True, True, False, True]
    people = [p.person for p in found.pictures]
    assert people[0] == people[1], "capitals tell no people apart"
    assert len(set(people)) == 3, "a person may be called as a picture is"
    assert (found.set_aside, list(found.tables)) == ({}, ["labels.csv"])


def test_all_wrong_lines_are_reported_at_once(tmp_path: Path) -> None:
    lines = "picture,label\na.png,hapiness\na.png,sad,Ann\n,fear\n../b.png,fear\n/etc/c.png,blue\n"
    with pytest.raises(UserError) as caught:
        labelled.read(folder(tmp_path, "a.png", lines=lines))
    message = str(caught.value)
    for part in (
        "line 2: no label 'hapiness'",
        "line 3: 3 cells, but 2 columns",
        "line 4: no picture",
        "line 5: '../b.png' is outside of the folder",
        "line 6: '/etc/c.png' is outside",
        "line 6: no label 'blue'",
        "angry, disgust, fear, happy, sad, surprise, neutral, anger",
        "contempt",
    ):
        assert part in message
    places = [message.index(f"line {n}:") for n in (2, 3, 4, 5, 6)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    (("lines", "words")),
    [
        ("file,label\na.png,sad\n", ["no column `picture`", "column 'file'; allowed: picture, label, person, rater"]),
        ("picture,label,label\n", ["`label` occurs twice"]),
        ("", ["no column `picture`", "no column `label`"]),
        ('picture,label\n"a.png,sad\n', ["labels.csv, line 2"]),
        ("picture,label\n", ["none of the labelled pictures can be used"]),
        ("picture,label,person\na.png,sad,Zo\udceb\n", ["not UTF-8"]),
        (None, ["picture,label,person"]),
    ],
)
def test_a_table_that_is_none_says_why(tmp_path: Path, lines: str | None, words: list[str]) -> None:
    if lines is not None:
        (tmp_path / labelled.TABLE).write_bytes(lines.encode(errors="surrogateescape"))
    with pytest.raises(UserError) as error:
        labelled.read(tmp_path)
    for part in words:
        assert part in str(error.value)


def test_what_does_not_count_is_counted(tmp_path: Path) -> None:
    lines = "a.png,sad,1\nb.png,contempt,1\nc.png,fear,1\nd.png,fear,1\nd.png,angry,1\na.png,sad,1\n"
    found = labelled.read(folder(tmp_path, "a.png", "b.png", "d.png", lines=RATED + lines))
    assert [p.path.name for p in found.pictures] == ["a.png"]
    assert found.set_aside == {"labelled contempt": 1, LACKING: 1, TWICE: 1}


def test_another_raters_word_is_a_second_reading(tmp_path: Path) -> None:
    lines = "a.png,sad,1\na.png,angry,2\nb.png,fear,2\nb.png,fear,1\nc.png,joy,1\nc.png,contempt,2\n"
    found = labelled.read(folder(tmp_path, "a.png", "b.png", "c.png", lines=RATED + lines))
    seen = [(p.label, p.rater, p.second) for p in found.pictures]
    assert seen == [("sad", "1", "angry"), ("fear", "2", "fear"), ("happy", "1", None)]


def test_muxspaces_layout_is_read_as_it_lies(tmp_path: Path) -> None:
    lines = "user.id,image,emotion\nx,Some_One_0001.jpg,HAPPINESS\nx,Some_One_0002.jpg,neutral\ny,SomeElse_7.jpg,contempt\ny,plain.jpg,anger\n"
    folder(tmp_path, "images/Some_One_0001.jpg", "images/Some_One_0002.jpg", "images/SomeElse_7.jpg")
    (tmp_path / labelled.TABLE).unlink()
    folder(tmp_path, "images/plain.jpg", table=labelled.LEGEND, lines=lines)
    folder(tmp_path, table=labelled.SECOND, lines="z,Some_One_0002.jpg,sad\rz,Some_One_0001.jpg,happiness\r")
    found = labelled.read(tmp_path)
    one, two, plain = ((p.path.name, p.label, p.named, p.second) for p in found.pictures)
    assert one == ("Some_One_0001.jpg", "happy", True, "happy") and plain == ("plain.jpg", "angry", False, None)
    assert two == ("Some_One_0002.jpg", "neutral", True, "sad")
    assert (len({p.person for p in found.pictures}), found.set_aside) == (2, {"labelled contempt": 1})
    (tmp_path / labelled.LEGEND).write_text("user.id,image,emotion\nx,a.jpg\nx,b.jpg,hm\n")
    with pytest.raises(UserError, match=r"(?s)line 2: 2 cells.*line 3: no label 'hm'"):
        labelled.read(tmp_path)


def test_a_draw_is_bounded_repeatable_and_takes_others_for_what_cannot_be_read(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(40)]
    lines = [f"{n}.png,{'happy' if n < 30 else 'sad'},1" for n in range(40)]
    folder(tmp_path, *names, lines="\n".join(["picture,label,rater", *lines, "3.png,fear,2"]))
    broken = {f"{n}.png" for n in range(0, 30, 2)}
    for name in broken:
        (tmp_path / name).write_text("no picture")
    pictures = labelled.read(tmp_path).pictures
    drawn = labelled.draw(pictures, 12, 0)
    labels = [p.label for p in drawn.drawn]
    assert (labels.count("happy"), labels.count("sad")) == (12, 10)
    assert not broken & {p.path.name for p in drawn.drawn}
    assert 5 < drawn.set_aside[UNREADABLE] <= len(broken)
    assert [p.path.name for p in drawn.twice] == ["3.png"]
    assert len(set(drawn.pictures)) == len(drawn.pictures) == len({*drawn.drawn, *drawn.twice})
    assert labelled.draw(pictures, 12, 0).drawn == drawn.drawn
    assert labelled.draw(pictures, 12, 1).drawn != drawn.drawn
    assert labelled.draw(pictures, 40, 0).set_aside == {UNREADABLE: len(broken)}
