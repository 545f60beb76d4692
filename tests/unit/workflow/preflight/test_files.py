"""Files that the table of videos names, and that cannot be used as they are."""

import builtins
import errno
import os
import time
import unicodedata
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.workflow.plan import Plan
from moodreel.workflow.preflight import checks, files

HEADER = "video\tsource\tperformer\tend_s\tpose_backend\tpose_file\tface_backend\tface_file\n"
HOUR_S = 3600


@pytest.fixture(autouse=True)
def _videos_folder(folder) -> None:
    (folder / "vid").mkdir()


def planned(*rows: str, check: bool = True) -> Plan:
    """The plan for a table with these rows, cells between blanks; `-` is an empty one."""
    lines = ["\t".join("" if cell == "-" else cell for cell in row.split()) for row in rows]
    Path("videos.tsv").write_text(HEADER + "".join(f"{line}\n" for line in lines))
    plan = Plan.of({"videos": "videos.tsv"})
    if check:
        checks.check(plan)
    return plan


def mistakes(*rows: str) -> list[str]:
    """The lines about rows that the plan ends with."""
    with pytest.raises(UserError) as caught:
        planned(*rows)
    return [line.removeprefix("  - ") for line in str(caught.value).split("\n") if line.startswith("  - ")]


def film(path: str, later_s: float = 0) -> str:
    Path(path).write_bytes(b"film" * 50_000)
    date(path, later_s)
    return path


def date(path: str, later_s: float, **how: bool) -> None:
    then = time.time() + later_s
    os.utime(path, (then, then), **how)


def read_before(row: str, *inputs: str, end_s: float | None = None) -> str:
    """Write the pose table of a row as it is once `inputs` were read, and return the row."""
    plan = planned(row, check=False)
    (video,) = plan.videos
    stamp = {"inputs": dict.fromkeys(inputs, "sha256"), "start_s": None, "end_s": end_s}
    base.write(plan.pose(video), POSE, POSE.empty(), stamp)
    return row


def test_an_absent_file_is_missed_unless_its_tables_serve():
    row = read_before("tow vid/tow.mp4", "vid/tow.mp4")
    planned(row)
    planned("tow ./vid/tow.mp4")
    assert mistakes(row, "new vid/new.mp4") == ["line 3, new: vid/new.mp4"]


def test_tables_of_another_file_or_span_do_not_serve():
    (message,) = mistakes(read_before("tow vid/tow.mp4", "vid/two.mp4", end_s=2.0))
    made_from = "there is a table of this id, but it was made from vid/two.mp4, from 0 s to 2.0 s"
    assert message == f"line 2, tow: vid/tow.mp4; {made_from}"
    (message,) = mistakes(read_before("two vid/two.mp4 - 2", "vid/two.mp4"))
    assert message.endswith("it was made from vid/two.mp4, from 0 s to its end")
    planned("two vid/two.mp4")


def test_results_moved_elsewhere_serve_the_paths_that_the_table_still_names():
    read_before("one /archive/one.mp4", "/archive/one.mp4")
    planned("one /archive/one.mp4")
    assert "made from /archive/one.mp4" in mistakes("one /mnt/archive/one.mp4")[0]


def test_a_table_that_cannot_be_read_does_not_serve():
    row = read_before("one vid/one.mp4", "vid/one.mp4")
    Path(planned(row).pose("one")).write_bytes(b"half")
    (mistake,) = mistakes(row)
    assert "nor can the table made from it earlier be read, results/videos/one/" in mistake


def test_what_others_have_read_serves_in_the_same_way():
    row = "a - - - openpose vid/a.zip openface ./vid/a.csv"
    read_before(row, "vid/a.zip")
    assert mistakes(row) == ["line 2, a: ./vid/a.csv"]
    plan = planned(row, check=False)
    stamp = {"inputs": {"vid/a.csv": ""}, "start_s": None, "end_s": None}
    base.write(plan.face("a"), FACE, FACE.empty(), stamp)
    planned(row)
    (mistake,) = mistakes("a - - - openpose vid/b.zip openface vid/a.csv")
    assert mistake.startswith("line 2, a: vid/b.zip; there is a table")


def test_a_video_next_to_a_face_without_a_pose_is_known_from_the_faces_table():
    row = "a vid/a.mp4 - - none - openface vid/a.csv"
    stamp = {"inputs": {"vid/a.csv": "", "vid/a.mp4": ""}, "start_s": None, "end_s": None}
    base.write(planned(row, check=False).face("a"), FACE, FACE.empty(), stamp)
    planned(row)
    assert mistakes("a vid/b.mp4 - - none - openface vid/a.csv")[0].startswith("line 2, a: vid/b.mp4; there is")


def test_a_link_to_nowhere_says_whereto():
    os.symlink("../store/one.mp4", "vid/one.mp4")
    (message,) = mistakes("one vid/one.mp4")
    assert message == "line 2, one: vid/one.mp4, a link to ../store/one.mp4 (No such file or directory)"


def refuse(monkeypatch, owner: object, function: str, path: str) -> None:
    """Let the system deny `path` to this function, as it does to all but root."""
    real = getattr(owner, function)

    def asked(name, *arguments, **named):
        if str(name) == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(name, *arguments, **named)

    monkeypatch.setattr(owner, function, asked)


def test_a_video_that_may_not_be_opened_is_reported(monkeypatch):
    film("vid/one.mp4")
    film("vid/two.mp4")
    refuse(monkeypatch, builtins, "open", "vid/one.mp4")
    row = read_before("one vid/one.mp4", "vid/one.mp4")
    denied = "line 3, one: vid/one.mp4 (Permission denied)"
    assert mistakes("two vid/two.mp4", row, "gone vid/gone.mp4") == [denied, "line 4, gone: vid/gone.mp4"]


def test_a_folder_that_may_not_be_listed_or_searched_is_reported(monkeypatch):
    Path("vid/json").mkdir()
    film("vid/a.csv")
    refuse(monkeypatch, os, "scandir", "vid/json")
    assert mistakes("a - - - openpose vid/json openface vid/a.csv") == ["line 2, a: vid/json (Permission denied)"]
    for function in ("stat", "lstat"):
        refuse(monkeypatch, os, function, "vid/one.mp4")
    assert mistakes("one vid/one.mp4") == ["line 2, one: vid/one.mp4 (Permission denied)"]
    planned(read_before("one vid/one.mp4", "vid/one.mp4"))


def test_all_that_are_dated_later_than_now_are_reported():
    film("vid/one.mp4", HOUR_S)
    film("vid/two.mp4", files.TOLERANCE_S / 2)
    film("vid/six.mp4", -HOUR_S)
    film("vid/a.csv", 10 * HOUR_S)
    film("vid/a.zip")
    rows = [f"{name} vid/{name}.mp4" for name in ("one", "two", "six")]
    found = mistakes(*rows, "a - - - openpose vid/a.zip openface vid/a.csv")
    assert [line.partition(" is dated ")[0] for line in found] == ["line 2, one: vid/one.mp4", "line 5, a: vid/a.csv"]


def test_they_are_reported_with_all_other_mistakes_of_the_table():
    film("vid/one.mp4", HOUR_S)
    others = ("gone vid/gone.mp4", "clip builtin:hopper/smyle/1", "two vid/one.mp4 - - openpose")
    found = [line.partition(":")[0] for line in mistakes("one vid/one.mp4", *others)]
    assert found == ["line 4, clip", "line 5, two", "line 3, gone", "line 2, one", "line 5, two"]


def test_a_link_is_as_late_as_it_was_made_or_as_what_it_links_to():
    film("one.mp4", HOUR_S)
    film("two.mp4", -HOUR_S)
    for name in ("one", "two"):
        os.symlink(f"../{name}.mp4", f"vid/{name}.mp4")
    assert len(mistakes("one vid/one.mp4", "two vid/two.mp4")) == 1
    date("vid/two.mp4", HOUR_S, follow_symlinks=False)
    assert len(mistakes("one vid/one.mp4", "two vid/two.mp4")) == 2


def test_a_touched_file_is_reported_no_more_and_keeps_its_mark():
    row = f"one {film('vid/one.mp4', HOUR_S)}"
    mistakes(row)
    os.utime("vid/one.mp4")
    marks = planned(row).marks
    assert marks.is_touched("vid/one.mp4"), "so that its time does not count"


def test_a_later_file_whose_tables_are_fresh_stops_no_run():
    """It was read before its date was changed, or by a clock that has gone back since."""
    film("vid/one.mp4", -HOUR_S)
    film("vid/two.mp4", HOUR_S)
    rows = [read_before(f"{video} vid/{video}.mp4", f"vid/{video}.mp4") for video in ("one", "two")]
    tables = planned(rows[1], check=False)
    date(tables.pose("two"), 2 * HOUR_S)
    for path in tables.results:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
        date(path, 2 * HOUR_S)
    planned(*rows)
    date("vid/one.mp4", HOUR_S)
    planned(*rows)
    date(planned(rows[1], check=False).pose("two"), -HOUR_S)
    assert len(mistakes(*rows)) == 1, "it would be read again"


@pytest.mark.parametrize("left", ["nothing made", "some made"])
def test_results_of_a_clock_that_has_been_set_back_stop_a_run_that_would_use_them(left):
    row = read_before(f"one {film('vid/one.mp4', -HOUR_S)}", "vid/one.mp4")
    plan = planned(row)
    date(plan.pose("one"), HOUR_S)
    for path in plan.results[:-1] if left == "some made" else ():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
        date(path, HOUR_S)
    with pytest.raises(UserError, match="dated later than now, such as results/.*; has the clock been set back"):
        planned(row)


def test_now_is_the_time_of_the_results_disk_or_of_this_machine_where_nothing_may_be_written(monkeypatch):
    film("vid/one.mp4", HOUR_S)
    later_s = time.time() + HOUR_S
    monkeypatch.setattr(files.time, "time", lambda: 0.0)
    assert len(mistakes("one vid/one.mp4")) == 1
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fstat", lambda _: os.stat("vid/one.mp4"))
        planned("one vid/one.mp4")
    monkeypatch.setattr(files.tempfile, "TemporaryFile", lambda **_: os.stat("vid/no such file"))
    assert len(mistakes("one vid/one.mp4")) == 1
    monkeypatch.setattr(files.time, "time", lambda: later_s)
    planned("one vid/one.mp4")


def test_what_is_no_file_is_a_mistake_of_its_line_at_once(folder):
    os.mkfifo("vid/pipe.mp4")
    os.symlink("loop.mp4", "vid/loop.mp4")
    Path("vid/json").mkdir()
    film("vid/good.mp4")
    long, begin = "x" * 300, time.monotonic()
    rows = [
        "pipe vid/pipe.mp4", "zero /dev/null", "folder vid", f"long vid/{long}.mp4", "good vid/good.mp4", "loop vid/loop.mp4",
        "face - - - openpose vid/json openface vid/json", "pose - - - openpose vid/pipe.mp4 openface vid/pipe.mp4",
    ]  # fmt: skip
    assert mistakes(*rows) == [
        "line 2, pipe: vid/pipe.mp4 (a named pipe, not a file)",
        "line 3, zero: /dev/null (a device, not a file)",
        "line 4, folder: vid (a folder, not a file; name a file in it)",
        f"line 5, long: vid/{long}.mp4 (File name too long)",
        "line 7, loop: vid/loop.mp4, a link to loop.mp4 (Too many levels of symbolic links)",
        "line 8, face: vid/json (a folder, not a file; name a file in it)",
        "line 9, pose: vid/pipe.mp4 (a named pipe, not a file)",
        "line 9, pose: vid/pipe.mp4 (a named pipe, not a file)",
    ]
    assert time.monotonic() - begin < 10


def test_a_near_name_is_named():
    film("vid/One.MP4")
    assert mistakes("one vid/one.mp4") == ["line 2, one: vid/one.mp4; did you mean vid/One.MP4 ?"]
    assert mistakes("one vid\\One.MP4") == ["line 2, one: vid\\One.MP4; did you mean vid/One.MP4 ?"]


def test_names_that_programs_and_people_change(monkeypatch):
    monkeypatch.setenv("FILMS", "vid")
    for name in ("a b.mp4", "c.mp4", "12.01\u202fPM.mov"):
        film(f"vid/{name}")
    assert mistakes("a vid/a%20b.mp4", "b 'vid/c.mp4'", "c \u201cvid/c.mp4\u201d", "d $FILMS/c.mp4") == [
        "line 2, a: vid/a%20b.mp4; did you mean vid/a b.mp4 ?",
        "line 3, b: 'vid/c.mp4'; did you mean vid/c.mp4 ?",
        "line 4, c: \u201cvid/c.mp4\u201d; did you mean vid/c.mp4 ?",
        "line 5, d: $FILMS/c.mp4; did you mean vid/c.mp4 ?",
    ]
    Path("videos.tsv").write_text(HEADER + "a\tvid/12.01 PM.mov\n")
    with pytest.raises(UserError, match="did you mean 'vid/12.01.u202fPM.mov' .with U.202F NARROW NO-BREAK SPACE"):
        checks.check(Plan.of({"videos": "videos.tsv"}))


@pytest.mark.parametrize("named", ["pipe", "file/models", "loop", "x" * 300])
def test_a_folder_of_networks_that_cannot_be_one_is_told_before_the_run(named):
    film("vid/a.mp4")
    os.mkfifo("pipe")
    Path("file").touch()
    os.symlink("loop", "loop")
    plan = planned("a vid/a.mp4")
    settings = {"videos": "videos.tsv", "models": {"folder": named}}
    with pytest.raises(UserError, match="^models.folder: .* cannot be a folder for the networks, since"):
        checks.check(Plan.of(settings))
    assert plan.models_folder == "results/models"


@pytest.mark.parametrize("path", ["pipe", "loop", "x" * 300, "vid"])
def test_results_of_others_that_are_no_files_are_told_before_the_run(path):
    os.mkfifo("pipe")
    os.symlink("loop", "loop")
    film("vid/a.mp4")
    planned("a vid/a.mp4")
    for section, key in (("clusters", "previous"), ("apply", "models")):
        with pytest.raises(UserError, match=f"^{section}.{key}: "):
            checks.check(Plan.of({"videos": "videos.tsv", section: {key: path}}))


@pytest.mark.parametrize("text", ['{"emotions": "x"}', '{"emotions": {"detector": 3}}', "[" * 100_000, "[]", "\0"])
def test_a_forged_description_of_classifiers_does_not_end_planning(text):
    film("vid/a.mp4")
    planned("a vid/a.mp4")
    Path("models").mkdir()
    Path("models/model.json").write_text(text)
    checks.check(Plan.of({"videos": "videos.tsv", "apply": {"models": "models"}}))


def test_the_home_folder_is_expanded_in_settings(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    film("vid/a.mp4")
    planned("a vid/a.mp4")
    settings = Plan.of(
        {"videos": "videos.tsv", "models": {"folder": "~/nets"}, "clusters": {"previous": "~/c.parquet"}}
    ).settings
    assert (settings.models.folder, settings.clusters.previous) == (f"{folder}/nets", f"{folder}/c.parquet")


@pytest.mark.parametrize(("written", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_in_another_unicode_form_is_found_in_every_column(written, stored):
    here, there = (unicodedata.normalize(form, "vid/fröhlich") for form in (written, stored))
    for ending in (".mp4", ".zip", ".csv"):
        film(there + ending)
    plan = planned(f"a {here}.mp4", f"b - - - openpose {here}.zip openface {here}.csv")
    assert plan.media("a") == f"{there}.mp4"
    assert (plan.videos["b"].pose_file, plan.videos["b"].face_file) == (f"{there}.zip", f"{there}.csv")
    Path(f"{there}.mp4").unlink()
    assert mistakes(f"a {here}.mp4") == [f"line 2, a: {here}.mp4"]


def test_the_home_folder_is_expanded_in_every_column(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    for ending in (".mp4", ".zip", ".csv"):
        film(f"vid/a{ending}")
    plan = planned("a ~/vid/a.mp4", "b - - - openpose ~/vid/a.zip openface ~/vid/a.csv")
    assert plan.given_files == {f"{folder}/vid/a{ending}" for ending in (".mp4", ".zip", ".csv")}
    assert [row["pose_file"] for row in plan.rows] == [None, f"{folder}/vid/a.zip"]


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere"), os.mkfifo])
@pytest.mark.parametrize("name", ["results", "results/runs", "results/.cache"])
def test_where_results_cannot_be_written_it_is_said(name, make):
    film("vid/one.mp4")
    Path(name).parent.mkdir(exist_ok=True)
    make(Path(name))
    with pytest.raises(UserError, match=f"{name} is .* no folder"):
        planned("one vid/one.mp4")
