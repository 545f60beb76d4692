import io
import itertools
import json
import re
import tarfile
import tracemalloc
import zipfile

import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.formats import openpose
from moodreel.formats.openpose import archive, belief
from moodreel.formats.openpose.frame import COCO
from moodreel.settings.pose import PoseSettings
from moodreel.tables.base import polars_schema
from moodreel.tables.extraction import BODY_25, POSE

COLUMNS = [name for name in POSE.names if name != "time_s"]


def person(x=300.0, y=200.0, size=100.0, points=25, **changed):
    """75 or 54 numbers: keypoints on a grid as large as `size` around x and y; `changed` sets single numbers."""
    grid = [(x + (k % 5 - 2) * size / 4, y + (k // 5 - 2) * size / 4, 0.8) for k in range(points)]
    numbers = dict(enumerate(itertools.chain(*grid))) | {int(place[1:]): value for place, value in changed.items()}
    return {"person_id": [-1], "pose_keypoints_2d": list(numbers.values())}


def document(*people, version=1.3):
    return json.dumps({"version": version, "people": list(people)})


def folder_of(tmp_path, documents):
    folder = tmp_path / "json"
    folder.mkdir(exist_ok=True)
    for frame, text in documents.items():
        (folder / f"clip_{frame:012d}_keypoints.json").write_text(text)
    return folder


def packed(folder, ending):
    """The folder as an archive next to it."""
    path = folder.parent / f"a.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for file in sorted(folder.iterdir(), reverse=True):
                made.write(file, f"top/{file.name}")
    else:
        with tarfile.open(path, "w" + ending.removeprefix("tar").replace(".", ":")) as made:
            made.add(folder, "top")
    return path


def refused(path):
    with pytest.raises(UserError) as error:
        openpose.read(path)
    return str(error.value)


def test_a_frame_becomes_a_row_of_the_pose_table(tmp_path):
    table = openpose.read(folder_of(tmp_path, {0: document(person()), 2: document()}))
    assert table.columns == COLUMNS
    assert table.schema == {name: kind for name, kind in polars_schema(POSE).items() if name != "time_s"}
    assert table.select("frame", "status", "people_seen", "cut", "confidence", "nose_x").rows() == [
        (0, "ok", 1, False, pytest.approx(0.8), pytest.approx(250)), (2, "no_person", 0, False, None, None),
    ]  # fmt: skip


def test_zeros_are_points_that_were_not_found_and_a_confidence_that_overshoots_is_one(tmp_path):
    wrist = BODY_25.index("right_wrist") * 3
    found = person(k2=1.04, **{f"k{wrist + part}": 0 for part in range(3)})
    row = openpose.read(folder_of(tmp_path, {0: document(found)})).row(0, named=True)
    assert (row["right_wrist_x"], row["right_wrist_y"], row["right_wrist_confidence"]) == (None, None, 0.0)
    assert row["nose_confidence"] == 1.0
    assert row["confidence"] == pytest.approx((23 * 0.8 + 1) / 24)


def test_coco_is_mapped_by_name_and_lacks_the_feet(tmp_path):
    coco = person(points=18)
    row = openpose.read(folder_of(tmp_path, {0: document(coco)})).row(0, named=True)
    for k, point in enumerate(COCO):
        assert row[f"{point}_x"] == pytest.approx(coco["pose_keypoints_2d"][3 * k])
    assert row["mid_hip_x"] == pytest.approx((row["left_hip_x"] + row["right_hip_x"]) / 2)
    lacking = [point for point in BODY_25 if row[f"{point}_confidence"] is None]
    assert lacking == [point for point in BODY_25 if "toe" in point or "heel" in point]


def test_versions_1_and_the_old_name_of_the_list_are_read(tmp_path):
    old = {"pose_keypoints": person()["pose_keypoints_2d"]}
    table = openpose.read(folder_of(tmp_path, {0: document(old, version=1.0), 1: document(person(), version=1.2)}))
    assert table["nose_x"].to_list() == pytest.approx([250, 250])


class TestSeveralPeople:
    def test_the_most_prominent_is_followed_whatever_the_order(self, tmp_path):
        """The larger one, then the same one although it shrinks and the list is turned round."""
        large, small = person(300, 200, 200), person(60, 200, 60)
        shrunk, grown = person(310, 200, 150), person(60, 210, 190)
        frames = enumerate([document(small, large), document(shrunk, grown), document(grown, shrunk)])
        table = openpose.read(folder_of(tmp_path, dict(frames)))
        assert table["right_elbow_x"].to_list() == pytest.approx([350, 347.5, 347.5])  # the grid's fourth column
        assert table["people_seen"].to_list() == [2, 2, 2]

    def test_a_jump_starts_again_with_the_most_prominent(self, tmp_path):
        first, elsewhere, nearer = person(100, 100, 50), person(900, 100, 200), person(500, 100, 60)
        table = openpose.read(folder_of(tmp_path, {0: document(first), 1: document(nearer, elsewhere)}))
        assert table["neck_x"].to_list() == pytest.approx([87.5, 850])

    def test_after_a_long_absence_anyone_will_do(self, tmp_path):
        first, near, large = person(100, 100, 100), person(110, 100, 60), person(400, 300, 300)
        soon = openpose.read(folder_of(tmp_path, {0: document(first), 40: document(near, large)}))
        late = openpose.read(folder_of(tmp_path, {0: document(first), 40: document(), 60: document(near, large)}))
        assert soon["neck_x"][-1] == pytest.approx(95)
        assert late["neck_x"][-1] == pytest.approx(325)

    def test_people_without_any_keypoint_are_counted_and_not_followed(self, tmp_path):
        nobody = {"pose_keypoints_2d": [0] * 75}
        table = openpose.read(folder_of(tmp_path, {0: document(nobody), 1: document(nobody, person())}))
        assert table.select("status", "people_seen").rows() == [("no_person", 1), ("ok", 2)]


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (document(person())[:-20], "cut short"),
            ("", "cut short"),
            ("[" * 100_000, "nested too deeply"),
            ("[]", '"people"'),
            ('{"people": []}', '"version" is null'),
            (document(person(), version="1.3"), 'is "1.3"'),
            (document(person(), version=0.1), "1.0 to 1.3"),
            (document(person(), version=2.0), "1.0 to 1.3"),
            (document({"pose_keypoints_2d": [1.0] * 45}), "45 numbers in"),
            (document({"pose_keypoints_2d": []}), "75 (BODY_25) or 54 (COCO)"),
            (document({"face_keypoints_2d": []}), 'no list "pose_keypoints_2d"'),
            (document(person(k4=float("nan"))), "NaN where a number was expected"),
            (document(person(k4="12,5")), 'keypoint 1 (neck): y is "12,5", expected a number'),
            (document(person(k4=None)), "y is null"),
            (document(person(k4=True)), "y is true"),
            (document(person(k4=1e9)), "expected a number from -100000 to 100000"),
            (document(person(k5=-0.1)), "confidence is -0.1"),
            (document(person(), person(points=18)), "people of different models"),
            ("\x80", "no valid JSON"),
            ('{"version": 1.3, "people": [], "people": []}', 'the key "people" is there twice'),
            ('{"version": 1e999, "people": []}', "version inf"),
            ('{"version": 1.3, "people": [' + "{}," * 2000 + "{}]}", "2001 people; up to 1000"),
            ('{"version": 1' + "0" * 5000 + ', "people": []}', "no valid JSON"),
            (document(person(k4=float("inf"))), "Infinity where a number was expected"),
            (document(person()).replace("0.8", "1e999", 1), "confidence is Infinity, expected a number from 0"),
        ],
    )
    def test_a_bad_document_is_named_with_frame_and_what_was_expected(self, tmp_path, text, expected):
        folder = folder_of(tmp_path, {6: document(person())})
        (folder / "clip_000000000007_keypoints.json").write_bytes(text.encode("latin-1"))
        message = refused(folder)
        assert "clip_000000000007_keypoints.json (frame 7)" in message
        assert expected in message
        assert "1 mistake, nothing was imported" in message

    def test_all_mistakes_are_named_up_to_twenty(self, tmp_path):
        message = refused(folder_of(tmp_path, dict.fromkeys(range(30), "{")))
        assert "30 mistakes" in message and "frame 19)" in message
        assert "frame 20)" not in message and "and 10 more" in message

    @pytest.mark.parametrize(
        ("name", "text", "expected"),
        [
            ("clip_000000000001", document(person(points=18)), r"different models: BODY_25 .*, COCO "),
            ("clip_0", document(person()), "frame 0 is there twice"),
            ("b_1", document(person()), r"files of 2 videos: 'b_' \(1 files\), 'clip_' \(1 files\)"),
            ("camera", "{}", "camera_keypoints.json: no number of a frame"),
        ],
    )
    def test_files_that_do_not_go_together(self, tmp_path, name, text, expected):
        folder = folder_of(tmp_path, {0: document(person())})
        (folder / f"{name}_keypoints.json").write_text(text)
        assert re.search(expected, refused(folder))

    def test_shares_of_the_picture_are_no_pixels(self, tmp_path):
        assert "--keypoint_scale 0" in refused(folder_of(tmp_path, {0: document(person(0.5, 0.5, 0.2))}))

    def test_nothing_there_or_something_else(self, tmp_path):
        assert "there is no such folder" in refused(tmp_path / "absent")
        folder_of(tmp_path, {0: document(person())})
        assert "Did you mean the folder 'json' in it?" in refused(tmp_path)
        (tmp_path / "frame.json").write_text("{}")
        assert "give the folder" in refused(tmp_path / "frame.json")
        (tmp_path / "a.zip").write_bytes(np.random.default_rng(0).bytes(5000))
        assert "neither a folder nor a .zip" in refused(tmp_path / "a.zip")


class TestArchives:
    def test_zip_and_tar_give_what_the_folder_gives(self, tmp_path):
        folder = folder_of(tmp_path, {frame: document(person(100 + frame)) for frame in (3, 0, 1)})
        expected = openpose.read(folder)
        with zipfile.ZipFile(packed(folder, "zip"), "a") as made:
            made.writestr("__MACOSX/top/._clip_000000000000_keypoints.json", b"\x00")
            made.writestr("top/notes.txt", "not read")
            for name in ("__MACOSX\\top\\._clip_000000000000_keypoints.json", "top\\notes.txt"):
                made.writestr(name, b"\x00")
        assert openpose.read(tmp_path / "a.zip").equals(expected)
        for ending in ("tar", "tar.gz", "tar.xz"):
            assert openpose.read(packed(folder, ending)).equals(expected)

    def test_names_that_climb_out_write_nothing(self, tmp_path):
        work = tmp_path / "deep"
        work.mkdir()
        with zipfile.ZipFile(work / "a.zip", "w") as made:
            made.writestr("../../clip_000000000000_keypoints.json", document(person()))
        with tarfile.open(work / "a.tar", "w") as made:
            member, content = tarfile.TarInfo("/clip_000000000000_keypoints.json"), document(person()).encode()
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
            link = tarfile.TarInfo("clip_000000000001_keypoints.json")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            made.addfile(link)
        for name in ("a.zip", "a.tar"):
            assert openpose.read(work / name)["frame"].to_list() == [0]
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.tar", "a.zip", "deep"]

    def test_a_file_that_unpacks_to_too_much_is_refused(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("clip_000000000000_keypoints.json", b" " * (archive.LARGEST_FILE + 1))
        assert (tmp_path / "a.zip").stat().st_size < 100_000
        assert "bytes. That is not a frame" in refused(tmp_path / "a.zip")

    @pytest.mark.parametrize("kind", ["zip", "tar.gz", "folder"])
    def test_no_file_is_read_further_than_the_limit(self, tmp_path, monkeypatch, kind):
        """32 MB of blanks: they would be refused in any case, but only after they were held in memory."""
        monkeypatch.setattr(archive, "LARGEST_FILE", 1000)
        folder = folder_of(tmp_path, {0: " " * 2**25})
        given = folder if kind == "folder" else packed(folder, kind)
        tracemalloc.start()
        try:
            assert "more than 1000 bytes" in refused(given)
            assert tracemalloc.get_traced_memory()[1] < 2**23
        finally:
            tracemalloc.stop()

    def test_too_many_files(self, tmp_path, monkeypatch):
        monkeypatch.setattr(archive, "MOST_FILES", 2)
        assert "more than 2 JSON files" in refused(folder_of(tmp_path, {k: document() for k in range(3)}))

    @pytest.mark.parametrize("ending", ["zip", "tar.gz", "tar.xz"])
    @pytest.mark.parametrize("limit", ["LARGEST_TOTAL", "MOST_RATIO"])
    def test_what_unpacks_to_too_much_in_all_is_refused(self, tmp_path, monkeypatch, ending, limit):
        folder = folder_of(tmp_path, {frame: document() + " " * 100_000 for frame in range(30)})
        path = packed(folder, ending)
        assert len(openpose.read(path)) == 30
        monkeypatch.setattr(archive, "FREE_OF_RATIO", 1_000_000)
        monkeypatch.setattr(archive, limit, 2_000_000 if limit == "LARGEST_TOTAL" else 10)
        assert "unpacks to more than" in refused(path)

    def test_a_tar_whose_other_members_unpack_to_too_much_is_refused(self, tmp_path, monkeypatch):
        with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as made:
            member = tarfile.TarInfo("movie.bin")
            member.size = 4_000_000
            made.addfile(member, io.BytesIO(bytes(member.size)))
        monkeypatch.setattr(archive, "FREE_OF_RATIO", 1_000_000)
        assert "unpacks to more than" in refused(tmp_path / "a.tar.gz")

    @pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
    def test_a_tar_header_of_any_size_is_not_taken_into_memory(self, tmp_path, kind):
        with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as made:
            member = tarfile.TarInfo("long")
            member.type, member.size = kind, 100 * 2**20
            made.addfile(member, io.BytesIO(bytes(member.size)))
        tracemalloc.start()
        try:
            assert "damaged" in refused(tmp_path / "a.tar.gz")
            assert tracemalloc.get_traced_memory()[1] < 2**23
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz"])
    def test_archives_cut_short(self, tmp_path, ending):
        folder = folder_of(tmp_path, {frame: document(person(frame * 1.37 + 5)) for frame in range(40)})
        whole = packed(folder, ending)
        whole.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
        assert "cut short" in refused(whole)

    def test_a_tar_cut_behind_any_block_is_cut_short(self, tmp_path):
        folder = folder_of(tmp_path, {frame: document(person(5.0 + frame)) for frame in range(2)})
        content = packed(folder, "tar").read_bytes()
        end = len(content.rstrip(b"\0")) // tarfile.BLOCKSIZE * tarfile.BLOCKSIZE + tarfile.BLOCKSIZE
        for size in range(tarfile.BLOCKSIZE, end + 1, tarfile.BLOCKSIZE):
            (tmp_path / "b.tar").write_bytes(content[:size])
            assert "damaged or cut short" in refused(tmp_path / "b.tar"), size
        (tmp_path / "b.tar").write_bytes(content[: end + tarfile.BLOCKSIZE])
        assert len(openpose.read(tmp_path / "b.tar")) == 2

    def test_a_damaged_header_is_not_the_end_of_a_tar(self, tmp_path):
        folder = folder_of(tmp_path, {frame: document(person(5.0 + frame)) for frame in range(3)})
        path = packed(folder, "tar")
        content = path.read_bytes()
        with tarfile.open(path) as given:
            last = given.getmembers()[-1].offset
        path.write_bytes(content[:last] + b"x" * tarfile.BLOCKSIZE + content[last + tarfile.BLOCKSIZE :])
        assert "damaged or cut short" in refused(path)

    def test_a_packed_tar_that_breaks_its_check_sum_is_damaged(self, tmp_path):
        path = packed(folder_of(tmp_path, {0: document(person())}), "tar.gz")
        content = bytearray(path.read_bytes())
        content[-6] ^= 1
        path.write_bytes(content)
        assert "damaged" in refused(path)

    def test_a_link_to_itself_in_the_folder_is_named(self, tmp_path):
        folder = folder_of(tmp_path, {0: document(person())})
        link = folder / "clip_000000000001_keypoints.json"
        link.symlink_to(link.name)
        assert f"{link}: cannot be read (Too many levels of symbolic links)" in refused(folder)

    @pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz"])
    def test_damage_anywhere_is_the_users_error_or_none(self, tmp_path, ending):
        folder = folder_of(tmp_path, {frame: document(person(frame * 1.37 + 5)) for frame in range(6)})
        damaged = tmp_path / f"b.{ending}"
        content, rng = packed(folder, ending).read_bytes(), np.random.default_rng(1)
        refusals = 0
        for _ in range(60):
            spoilt = bytearray(content)
            for place in rng.integers(0, len(spoilt), 6):
                spoilt[place] = rng.integers(256)
            damaged.write_bytes(spoilt)
            try:
                openpose.read(damaged)
            except UserError:
                refusals += 1
        assert refusals > 10


def pose_table(frames=12, first=0):
    """A POSE table with every status, points that were not seen, and awkward numbers."""
    rng = np.random.default_rng(3)
    body = rng.uniform([0, 0, 0.5], [1920, 1080, 1], (frames, 25, 3))
    body[rng.random((frames, 25)) < 0.2, :2] = np.nan
    parts = {f"{p}_{q}": body[:, k, j] for k, p in enumerate(BODY_25) for j, q in enumerate(("x", "y", "confidence"))}
    statuses = ["ok"] * frames
    statuses[3:6] = ["no_person", "low_confidence", "not_imported"]
    known = {"frame": np.arange(first, first + frames), "time_s": np.arange(frames) / 25, "cut": False}
    table = pl.DataFrame(known | {"status": statuses, "people_seen": None, "confidence": 0.9} | parts)
    found = pl.when(status="ok").then(pl.col("confidence", *parts).fill_nan(None))
    return table.with_columns(found).select(POSE.names).cast(polars_schema(POSE))


class TestWriting:
    @pytest.mark.parametrize("target", ["clip.zip", "clip"])
    def test_what_is_written_comes_back(self, tmp_path, target):
        pose = pose_table(first=100)
        openpose.write(tmp_path / target, pose, "clip")
        back = openpose.read(tmp_path / target)
        expected = pose.filter(pl.col("status") != "not_imported")
        assert back["frame"].to_list() == expected["frame"].to_list()
        assert back["status"].to_list() == expected["status"].str.replace("low_confidence", "no_person").to_list()
        for point in BODY_25:
            names = [f"{point}_{part}" for part in ("x", "y", "confidence")]
            ours, theirs = (table.select(names).to_numpy() for table in (expected, back))
            visible = np.isfinite(ours[:, 0])
            np.testing.assert_allclose(theirs[:, :2], ours[:, :2], atol=6e-4)
            np.testing.assert_allclose(theirs[visible, 2], ours[visible, 2], atol=6e-7)

    def test_out_and_in_again_changes_nothing_more(self, tmp_path):
        openpose.write(tmp_path / "a.zip", pose_table(), "clip")
        once = openpose.read(tmp_path / "a.zip")
        openpose.write(tmp_path / "b.zip", once, "clip")
        assert openpose.read(tmp_path / "b.zip").equals(once)
        assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()

    def test_the_files_are_as_openpose_writes_them(self, tmp_path):
        """Names, keys and lengths of lists as in OpenPose, doc/02_output.md."""
        openpose.write(tmp_path / "a", pose_table(), "clip")
        files = sorted((tmp_path / "a").iterdir())
        assert files[0].name == "clip_000000000000_keypoints.json" and len(files) == 11
        first, absent = (json.loads(files[k].read_text()) for k in (0, 3))
        assert absent == {"version": 1.3, "people": []}
        (found,) = first["people"]
        assert found["person_id"] == [-1] and len(found["pose_keypoints_2d"]) == 75
        empty = {key for key, value in found.items() if value == []}
        parts = ("face", "hand_left", "hand_right")
        assert empty == {"pose_keypoints_3d", *(f"{part}_keypoints_{axes}d" for part in parts for axes in (2, 3))}
        numbers = np.reshape(found["pose_keypoints_2d"], (25, 3))
        assert ((numbers == 0).all(1) == (numbers == 0).any(1)).all() and (numbers == 0).any()

    def test_an_empty_table_gives_an_empty_archive(self, tmp_path):
        openpose.write(tmp_path / "a.zip", pose_table().clear(), "clip")
        assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == []
        assert "no JSON file in it" in refused(tmp_path / "a.zip")

    def test_a_folder_of_other_things_is_not_replaced(self, tmp_path):
        target = tmp_path / "a"
        openpose.write(target, pose_table(), "clip")
        openpose.write(target, pose_table(frames=7), "clip")
        assert len(list(target.iterdir())) == 6
        (target / "notes.txt").write_text("mine")
        with pytest.raises(UserError, match=r"notes\.txt"):
            openpose.write(target, pose_table(), "clip")
        assert len(list(target.iterdir())) == 7


@pytest.mark.parametrize("rows", [1, 3, 12])
def test_what_is_unsure_is_dropped_in_pieces_as_in_one(tmp_path, monkeypatch, rows):
    folder = folder_of(tmp_path, {k: document(person(20.0 + 10 * k, n2=0.1 * k, n5=0.05)) for k in range(12)})
    poses, settings = openpose.read(folder), PoseSettings(min_confidence=0.0, min_visibility=0.3)
    assert belief.ROWS_AT_ONCE > 12
    whole = belief.drop_unsure(poses, settings, 140, 300)
    monkeypatch.setattr(belief, "ROWS_AT_ONCE", rows)
    assert belief.drop_unsure(poses, settings, 140, 300).equals(whole)
    assert belief.drop_unsure(poses.clear(), settings, 140, 300).is_empty()
    assert 0 < whole["neck_x"].null_count() <= 12 and 0 < whole["right_ankle_x"].null_count() < 12
    with pytest.raises(
        UserError, match="% of the keypoints lie outside the picture of 70 x 300 px; they reach to x = 18"
    ):
        belief.drop_unsure(poses, settings, 70, 300)
