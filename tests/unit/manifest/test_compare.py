"""Two runs held against each other by their manifests."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from moodreel.errors import UserError
from moodreel.manifest import compare, record
from unit.manifest.runs import MAKINGS, edited, run


def findings(one, other):
    first, second = record.read(one), record.read(other)
    found = {finding.name: finding for finding in compare.compare(first, second)}
    lines, agree = compare.report(list(found.values()), first, second)
    return found, "\n".join(lines), agree


def alone(manifest, folder):
    """The manifest as a colleague sends it: with its digests, without the files."""
    folder.mkdir()
    for name in (record.NAME, record.DIGESTS_NAME):
        shutil.copy(manifest.with_name(name), folder)
    return folder / record.NAME


def test_the_same_run_under_another_name_is_the_same(tmp_path):
    found, text, agree = findings(run(tmp_path / "a"), run(tmp_path / "b", name="other"))
    assert agree
    assert {finding.verdict for finding in found.values()} == {"same"}
    assert "4 of 4 files are the same" in text


def test_rounding_is_told_from_change_by_value(tmp_path):
    found, _, agree = findings(run(tmp_path / "a"), run(tmp_path / "b", seed=1e-9))
    assert agree
    assert (found["silhouette.tsv"].verdict, found["silhouette.tsv"].how) == ("same", "values")
    assert found["map.png"].verdict == "not compared"


def test_what_differs_is_named_with_its_column_and_why(tmp_path):
    makings = {**MAKINGS, "soundtrack-1": {**MAKINGS["soundtrack-1"], "code": "cc-0", "libraries": {"av": "2"}}}
    one, other = run(tmp_path / "a"), run(tmp_path / "b", seed=0.01, makings=makings)
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


@pytest.mark.parametrize(("seed", "verdict"), [(1e-9, "same"), (0.01, "differs")])
def test_without_the_files_the_digests_decide(tmp_path, seed, verdict):
    one = alone(run(tmp_path / "a"), tmp_path / "sent")
    found, _, agree = findings(one, run(tmp_path / "b", seed=seed))
    assert (found["silhouette.tsv"].verdict, found["silhouette.tsv"].how) == (verdict, "digests")
    assert agree == (verdict == "same")


def test_where_digests_cannot_tell_it_is_said_and_counts_as_a_difference(tmp_path):
    one = alone(run(tmp_path / "a"), tmp_path / "sent")
    found, text, agree = findings(one, run(tmp_path / "b", seed=6e-6))
    assert found["silhouette.tsv"].verdict == "undecided"
    assert "their digests cannot tell" in text
    assert not agree


def test_a_file_that_was_changed_after_its_manifest_is_not_taken_for_it(tmp_path):
    one, other = run(tmp_path / "a"), run(tmp_path / "b", seed=0.01)
    shutil.copy(one.with_name("silhouette.tsv"), other.with_name("silhouette.tsv"))
    assert findings(one, other)[0]["silhouette.tsv"].how == "digests"


def test_another_video_and_a_missing_file_are_differences(tmp_path):
    one, other = run(tmp_path / "a"), run(tmp_path / "b")
    text = other.read_text()
    kept = [line for line in text.splitlines() if '"map.png"' not in line]
    kept[-3] = kept[-3].rstrip(",")
    other.write_text(
        "\n".join(kept).replace('"clip.mp4", "bytes": 6, "sha256": "', '"clip.mp4", "bytes": 6, "sha256": "0')
    )
    found, _, agree = findings(one, other)
    assert not agree
    assert found["map.png"].differences[0].what == "only in the first run"
    assert found["sources/v.mp4"].verdict == "differs"


def test_settings_that_say_where_things_lie_do_not_count(tmp_path):
    one, other = run(tmp_path / "a"), run(tmp_path / "b")
    settings = {"run": "x", "models": {"folder": "/elsewhere"}, "clusters": {"k": 3}}
    first = record.read(edited(one, settings={"run": "r", "models": {"folder": "here"}, "clusters": {"k": 2}}))
    second = record.read(edited(other, settings=settings))
    found = compare.of_settings(first, second, [])
    assert [one.column for one in found.differences] == ["clusters.k"]


def test_the_command_says_by_its_status_whether_they_agree(tmp_path):
    paths = [run(tmp_path / "a"), run(tmp_path / "b", seed=1e-9), run(tmp_path / "c", seed=1.0)]

    def status(*given):
        command = [sys.executable, "-m", "moodreel", "compare", *map(str, given)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert status(*paths[:2]).returncode == 0
    assert status(paths[0], paths[2]).returncode == 1
    absent = status(paths[0], tmp_path / "manifest.json")
    assert absent.returncode == 2
    assert "no such manifest" in absent.stderr and "Traceback" not in absent.stderr


def test_what_is_no_manifest_is_told(tmp_path):
    (tmp_path / "manifest.json").write_text("[1, 2")
    with pytest.raises(UserError, match="not a manifest"):
        record.read(tmp_path / "manifest.json")
    with pytest.raises(UserError, match="format 99"):
        record.read(edited(run(tmp_path / "a"), format=99))
