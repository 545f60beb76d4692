"""The tables of a body or a face that nobody looks for."""

import pytest

from moodreel.steps import no_face, no_pose
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face import FACE
from unit.steps.calls import call, table_of

EMPTY = {no_pose: POSE, no_face: FACE}


def run(tmp_path, step, name: str, spec, frames: int, **facts):
    """The empty table and its stamp, from another table of so many frames with these facts in its stamp."""
    known = {"frame": range(frames), "time_s": [n / 25 for n in range(frames)], "status": "ok", "cut": False}
    known = {column: known[column] for column in known if column in spec.names}
    stamp = make_stamp(code="x", settings={}, libraries=(), **facts)
    base.write(tmp_path / f"{name}.parquet", spec, table_of(spec, known), stamp)
    call(step, out=tmp_path / "out.parquet", **{name: tmp_path / f"{name}.parquet"})
    return base.read(tmp_path / "out.parquet", EMPTY[step]), base.read_stamp(tmp_path / "out.parquet")


@pytest.mark.parametrize(
    ("step", "name", "spec"), [(no_pose, "face", FACE), (no_pose, "mesh", MESH), (no_face, "pose", POSE)]
)
def test_each_frame_has_an_empty_row_and_what_is_known_of_the_video_is_kept(step, name, spec, tmp_path):
    facts = {"reason": None, "height": 360, "picture_start_s": 0.5, "times_from": "the stream's rate"}
    table, stamp = run(tmp_path, step, name, spec, 3, **facts, face_backend="openface", imported={"faces_in_file": 2})
    assert table["time_s"].to_list() == [0, 0.04, 0.08] and set(table["status"]) == {"not_read"}
    assert set(table.drop("frame", "time_s", "cut", "status", strict=False).null_count().row(0)) == {3}
    assert {fact: stamp[fact] for fact in facts} == facts
    assert "imported" not in stamp and stamp.get("face_backend") in (None, "none"), "these are the other table's"
    empty, stamp = run(tmp_path, step, name, spec, 0, reason="gone")
    assert empty.is_empty() and stamp["reason"] == "gone"
