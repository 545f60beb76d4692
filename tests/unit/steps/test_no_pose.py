"""The table of a body that nobody looks for."""

from moodreel.steps import no_pose
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from unit.steps.calls import call, table_of


def run(tmp_path, frames: int, **facts):
    """The pose's table and stamp, from a face's table of so many frames with these facts in its stamp."""
    face = {"frame": range(frames), "time_s": [n / 25 for n in range(frames)], "status": "ok"}
    stamp = make_stamp(code="x", settings={}, libraries=(), **facts)
    base.write(tmp_path / "face.parquet", FACE, table_of(FACE, face), stamp)
    call(no_pose, face=tmp_path / "face.parquet", out=tmp_path / "pose.parquet")
    return base.read(tmp_path / "pose.parquet", POSE), base.read_stamp(tmp_path / "pose.parquet")


def test_each_frame_of_the_face_has_an_empty_row_and_the_reason_is_kept(tmp_path):
    poses, stamp = run(tmp_path, 3, reason=None, height=360, rate_hz=25)
    assert poses["time_s"].to_list() == [0, 0.04, 0.08]
    assert set(poses["status"]) == {"not_read"} and not poses["cut"].any()
    assert set(poses.drop("frame", "time_s", "cut", "status").null_count().row(0)) == {3}
    assert (stamp["height"], stamp["reason"]) == (360, None)
    poses, stamp = run(tmp_path, 0, reason="gone")
    assert poses.is_empty() and stamp["reason"] == "gone"
