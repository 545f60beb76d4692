"""What units are compared with: pairs of videos and OpenFace's tables, and rows that go by the frame's index."""

import numpy as np
import polars as pl
import pytest
from benchmarks.trust import references
from benchmarks.trust.references import Clip, best_shift, pair_units

from moodreel.errors import UserError

CSV = """frame, timestamp, confidence, success, AU01_r, AU12_r, AU28_c
1, 0.000, 0.98, 1, 0.10, 1.50, 1.0
2, 0.067, 0.98, 1, 0.20, 1.60, 0.0
3, 0.133, 0.02, 0, 0.00, 0.00, 0.0
4, 0.200, 0.30, 1, 0.30, 1.70, 0.0
6, 0.333, 0.90, 1, 0.40, 1.80, 0.0
"""


def put(folder, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CSV if path.suffix.lower() in references.TABLE_SUFFIXES else "")


def test_only_sure_rows_count_by_their_frame_number(tmp_path):
    put(tmp_path, "a.csv")
    found, frames = references.read_openface(tmp_path / "a.csv")
    assert (found.columns, frames) == (["frame", "AU01", "AU12"], 6)
    assert found.to_numpy() == pytest.approx(np.array([[0, 0.1, 1.5], [1, 0.2, 1.6], [5, 0.4, 1.8]]))


def test_pairs_are_found_in_folders_and_with_other_names(tmp_path):
    put(tmp_path, "a.mp4", "a.openface.csv", "deep/er/b.MOV", "deep/er/b.csv", "deep/c.webm", "deep/c.webm.csv")
    put(tmp_path, "d.mp4", "d.openface")
    put(tmp_path, "alone.mp4", "lonely.csv", "deep/er/c.mp4", "notes.txt")
    found = references.openface(tmp_path)
    videos = {clip.name: clip.video.name for clip in found}
    assert videos == {"a": "a.mp4", "deep/er/b": "b.MOV", "deep/c": "c.webm", "d": "d.mp4"}
    assert [clip.person for clip in found] == [clip.name for clip in found]
    assert found[0].units == [1, 12]
    (tmp_path / "people.tsv").write_text("clip\tperson\na\tAnn\ndeep/er/b\tAnn\nc\tBob\n")
    assert [clip.person for clip in references.openface(tmp_path)] == ["Ann", "d", "Bob", "Ann"]


def test_several_folders_keep_their_clips_apart_and_people_together(tmp_path):
    put(tmp_path, "one/a.mp4", "one/a.csv", "two/a.mp4", "two/a.csv", "two/b.mp4", "two/b.csv", "x/one/c.csv")
    (tmp_path / "one/people.tsv").write_text("clip\tperson\na\tAnn\n")
    (tmp_path / "two/people.tsv").write_text("clip\tperson\nb\tAnn\n")
    found = references.openface(tmp_path / "one", tmp_path / "two")
    assert {clip.name: clip.person for clip in found} == {"one/a": "Ann", "two/a": "two/a", "two/b": "Ann"}
    assert references.openface() == []
    with pytest.raises(UserError, match="several folders are called one. Rename or join"):
        references.openface(tmp_path / "one", tmp_path / "x/one")
    put(tmp_path, "none/a.mp4", "none/b.csv")
    with pytest.raises(UserError, match="no pair"):
        references.openface(tmp_path / "none")


FACES = """frame, face_id, timestamp, confidence, success, AU12_r
1, 0, 0.0, 0.98, 1, 1.0
1, 1, 0.0, 0.90, 1, 2.0
2, 0, 0.1, 0.98, 1, 1.1
2, 1, 0.1, 0.90, 1, 2.1
3, 0, 0.2, 0.98, 1, 1.2
3, 2, 0.2, 0.70, 1, 3.2
4, 1, 0.3, 0.60, 1, 2.3
4, 2, 0.3, 0.80, 1, 3.3
5, 1, 0.4, 0.95, 0, 2.4
5, 2, 0.4, 0.80, 1, 3.4
"""


def several_faces(folder, people: str) -> list[Clip]:
    """What is read of a clip with the table `FACES` and this people.tsv."""
    put(folder, "a.mp4")
    (folder / "a.csv").write_text(FACES)
    (folder / "people.tsv").write_text(people)
    return references.openface(folder)


@pytest.mark.parametrize(
    ("face_id", "read"),
    [
        ("", {0: 1.0, 1: 1.1, 2: 1.2}),
        ("1", {0: 2.0, 1: 2.1, 3: 2.3}),
        ("1, 2", {0: 2.0, 1: 2.1, 2: 3.2, 3: 3.3, 4: 3.4}),
    ],
)
def test_of_several_faces_those_that_are_chosen_count(tmp_path, face_id, read):
    """Where a tracker gave one person two numbers, each frame has the surer row."""
    (clip,) = several_faces(tmp_path, f"clip\tperson\tface_id\na\tAnn\t{face_id}\n")
    assert dict(clip.truth.select("frame", "AU12").iter_rows()) == pytest.approx(read)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("clip\tperson\tface_id\na\tAnn\t0\na\tBob\t1\n", "the clip a is listed twice"),
        ("clip\tperson\tface_id\na\tAnn\tleft\n", "face_id 'left'; expected numbers such as 2 or 0,3"),
        ("clip\tperson\nd\tAnn\n", "0 clips are called 'd'; clips are a"),
        ("video\twho\na\tAnn\n", "expected the columns clip and person, found video, who"),
    ],
)
def test_people_that_cannot_be_meant_are_refused(tmp_path, lines, message):
    with pytest.raises(UserError, match=message):
        several_faces(tmp_path, lines)


def test_tables_that_cannot_be_read_and_faces_that_are_not_in_them_are_reported_and_left_out(tmp_path, capsys):
    put(tmp_path, "b.mp4", "b.csv", "c.mp4")
    (tmp_path / "c.csv").write_text("time,valence\n1,2\n")
    assert [clip.name for clip in several_faces(tmp_path, "clip\tperson\tface_id\na\tAnn\t4\n")] == ["b"]
    texts = capsys.readouterr().err
    assert "a is left out" in texts and "no face_id 4; there are 0, 1, 2" in texts and "c is left out" in texts


def test_a_real_table_is_read(shared):
    (clip,) = references.openface(shared / "data/truth/openface_timo1")
    assert (clip.name, clip.person, clip.reference) == ("timo1", "timo1", "openface")
    assert (len(clip.truth), clip.frames, len(clip.units)) == (441, 811, 17)
    assert clip.truth["frame"].min() == 240 and clip.truth["frame"].max() == 695


def clip_and_face(n: int = 200, early: int = 0, hole: slice = slice(0, 0)) -> tuple[Clip, pl.DataFrame]:
    """A clip with waves of AU12 from frame 20 on, and our table that reads the same, but for a hole, so much later."""
    wave = 2 + 2 * np.sin(np.arange(n) / 9)
    read = np.roll(wave, early)
    read[hole] = np.nan
    frames = np.arange(n, dtype=np.int32)
    truth = pl.DataFrame({"frame": frames[20:], "AU12": wave[20:], "AU28": wave[20:]})
    face = pl.DataFrame({"frame": frames, "time_s": 3.397 + frames / 15, "AU12_r": read.astype(np.float32)})
    return Clip("a", "p", "openface", None, truth, n), face.with_columns(pl.col("AU12_r").fill_nan(None))


def test_only_frames_that_both_see_are_compared():
    clip, face = clip_and_face(hole=slice(50, 60))
    (pair,) = pair_units(clip, face)
    assert (len(pair.times_s), np.isnan(pair.ours).sum()) == (180, 10)
    pair = pair.in_both
    assert (pair.unit, pair.clip, pair.person, len(pair.times_s)) == (12, "a", "p", 170)
    assert pair.times_s[0] == pytest.approx(3.397 + 20 / 15)
    assert pair.ours == pytest.approx(pair.reference, abs=1e-6)


@pytest.mark.parametrize("early", [0, 4, -7])
def test_a_table_of_other_frames_is_seen(early):
    assert best_shift(*clip_and_face(early=early)) == early
    assert best_shift(*clip_and_face(15)) is None, "where nothing moves there is no shift"
