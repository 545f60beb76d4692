"""Two runs held against each other by their records."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from moodreel import cli
from moodreel.errors import UserError
from moodreel.storage.atomic import sha256
from moodreel.workflow.provenance import compare, reproduce, run_record
from moodreel.workflow.provenance.crate import Entry
from unit.workflow.provenance.runs import SOUND, edited, files_of, run


def findings(one, other):
    first, second = run_record.read(one), run_record.read(other)
    found = {finding.name: finding for finding in compare.compare(first, second)}
    lines, agree = compare.report(list(found.values()), first, second)
    return found, "\n".join(lines), agree


def alone(record, folder):
    """The record as a colleague sends it: with its digests, without the files."""
    folder.mkdir()
    for name in (run_record.NAME, run_record.DIGESTS_NAME):
        shutil.copy(record.with_name(name), folder)
    return folder / run_record.NAME


def test_the_same_run_under_another_name_is_the_same(tmp_path):
    found, text, agree = findings(run(tmp_path / "a"), run(tmp_path / "b", name="other"))
    assert agree
    assert {finding.verdict for finding in found.values()} == {"same"}
    assert "4 of 4 files are the same" in text


def test_rounding_is_reported_from_change_by_value(tmp_path):
    found, _, agree = findings(run(tmp_path / "a"), run(tmp_path / "b", seed=1e-9))
    assert agree
    assert (found["silhouette.tsv"].verdict, found["silhouette.tsv"].how) == ("same", "values")
    assert found["map.png"].verdict == "not compared"


def test_what_differs_is_named_with_its_column_and_why(tmp_path):
    sound = replace(SOUND, code="cc-0", libraries={"av": "2"})
    one, other = run(tmp_path / "a"), run(tmp_path / "b", seed=0.01, sound=sound)
    found, text, agree = findings(one, edited(other, commit="beef"))
    assert not agree
    sound = found["videos/v/soundtrack.parquet"]
    assert (sound.verdict, sound.how) == ("differs", "values")
    assert {one.column for one in sound.differences} >= {"valence"}
    assert max(one.largest for one in sound.differences) == pytest.approx(0.01, rel=0.01)
    assert sound.why[0].startswith("other code (commits")
    assert sound.why[1] == "other libraries (av 1 and 2)"
    assert found["silhouette.tsv"].why == ["follows from videos/v/soundtrack.parquet"]
    assert text.index("videos/v/soundtrack.parquet: other code") < text.index("silhouette.tsv: follows")


@pytest.mark.parametrize(("seed", "verdict"), [(1e-9, "same"), (0.01, "differs"), (6e-6, "undecided")])
def test_without_the_files_the_digests_decide_and_an_undecided_file_counts_as_a_difference(tmp_path, seed, verdict):
    one = alone(run(tmp_path / "a"), tmp_path / "sent")
    found, text, agree = findings(one, run(tmp_path / "b", seed=seed))
    assert (found["silhouette.tsv"].verdict, found["silhouette.tsv"].how) == (verdict, "digests")
    assert agree == (verdict == "same")
    assert ("their digests do not decide it" in text) == (verdict == "undecided")


def test_a_file_that_was_changed_after_its_record_is_not_taken_for_it(tmp_path):
    one, other = run(tmp_path / "a"), run(tmp_path / "b", seed=0.01)
    shutil.copy(one.with_name("silhouette.tsv"), other.with_name("silhouette.tsv"))
    assert findings(one, other)[0]["silhouette.tsv"].how == "digests"


def test_another_video_and_a_missing_file_are_differences(tmp_path):
    one, other = run(tmp_path / "a"), run(tmp_path / "b")
    files = files_of(other)
    video = replace(files["sources/v.mp4"], sha256="0" * 64)
    edited(other, files=[video, *(one for name, one in files.items() if name not in (video.name, "map.png"))])
    found, _, agree = findings(one, other)
    assert not agree
    assert found["map.png"].differences[0].what == "only in the first run"
    assert found["sources/v.mp4"].verdict == "differs"


def with_given(record, name, content):
    """The record with one more file, which the run has only read and of whose values nothing is kept."""
    file = record.parents[3] / "given" / Path(name).name
    file.parent.mkdir()
    file.write_bytes(content)
    entry = Entry(name, f"given/{file.name}", len(content), sha256(file))
    return edited(record, files=[*files_of(record).values(), entry])


GIVEN = ["given/v.face.csv", "given/v.pose.json", "previous/clusters.parquet", "published/expected.yaml",
         "models_applied/knn.skops", "given/v.pose.h5"]  # fmt: skip


def two_with_given(folder, name, *contents):
    return (with_given(run(folder / x), name, content) for x, content in zip("ab", contents, strict=True))


@pytest.mark.parametrize("name", GIVEN)
def test_another_file_of_another_program_is_a_difference_also_where_it_is_not_there(tmp_path, name):
    one, other = two_with_given(tmp_path, name, b"frame,x\n0,1.5\n", b"frame,x\n0,2.5\n")
    for first in (one, alone(one, tmp_path / "sent")):
        found, text, agree = findings(first, other)
        assert found[name].verdict == "differs" and not agree
        assert f"  {name}\n" in text, "it was not made by any code"


def test_other_bytes_of_another_program_with_the_same_values_are_none(tmp_path):
    one, other = two_with_given(tmp_path, GIVEN[0], b"frame,x\n0,1.5\n", b"frame,x\r\n0,1.50\r\n")
    assert findings(one, other)[0][GIVEN[0]].verdict == "same"


def test_settings_that_say_where_things_lie_do_not_count(tmp_path):
    one, other = run(tmp_path / "a"), run(tmp_path / "b")
    settings = {"run": "x", "models": {"folder": "/elsewhere"}, "clusters": {"k": 3}}
    first = run_record.read(edited(one, settings={"run": "r", "models": {"folder": "here"}, "clusters": {"k": 2}}))
    second = run_record.read(edited(other, settings=settings))
    found = compare.of_settings(first, second, [])
    assert [one.column for one in found.differences] == ["clusters.k"]


def test_the_command_says_by_its_status_whether_they_agree(tmp_path):
    one, same, other = run(tmp_path / "a"), run(tmp_path / "b", seed=1e-9), run(tmp_path / "c", seed=1.0)
    for second, status in ((same, 0), (other, 1), (tmp_path / "ro-crate-metadata.json", 2)):
        command = [sys.executable, "-m", "moodreel", "compare", one, second]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == status
    assert "no such record" in done.stderr and "Traceback" not in done.stderr


def test_a_runs_folder_can_be_made_again(tmp_path, monkeypatch):
    path, asked = run(tmp_path), []
    monkeypatch.setattr(reproduce, "reproduce", lambda record, *_, **__: asked.append(record) or record)
    monkeypatch.setattr(sys, "argv", ["moodreel", "reproduce", str(path.parent)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0
    assert asked == [path]


def test_a_runs_folder_stands_for_its_record_and_what_is_no_record_is_reported(tmp_path):
    path = run(tmp_path / "a")
    assert run_record.read(path.parent).path == run_record.read(path).path == path
    record = tmp_path / run_record.NAME
    for folder, message in ((tmp_path, "no such record"), (path / "below", r"cannot be read \(Not a directory\)")):
        with pytest.raises(UserError, match=message):
            run_record.read(folder)
    for text in ("[1, 2", '{"format": 1, "files": []}', '{"@graph": [{"@id": "./", "name": "r"}]}'):
        record.write_text(text)
        with pytest.raises(UserError, match="not the record of a run"):
            run_record.read(tmp_path)
    record.unlink()
    record.mkdir()
    with pytest.raises(UserError, match=rf"{run_record.NAME}: cannot be read \(Is a directory\)"):
        run_record.read(tmp_path)


def test_nobody_reading_on_is_no_mistake(tmp_path):
    path = run(tmp_path)
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "moodreel", "compare", path, path]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(line, stdout=writer, stderr=subprocess.PIPE, env=buffered, text=True, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
