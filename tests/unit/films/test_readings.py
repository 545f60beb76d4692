import numpy as np
import pytest

from moodreel.errors import UserError
from moodreel.films.readings import Readings
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.extraction import BODY_25
from moodreel.video.frame import Frame
from unit.films import material

EMPTY = np.zeros((120, 160, 3), np.uint8)


def shown(times_s=material.TIMES_S, first: int = 0) -> list[Frame]:
    return [Frame(row["frame"], row["time_s"], EMPTY) for row in material.clock(times_s, first)]


def test_each_frame_has_what_was_read_of_it(tmp_path):
    readings = Readings(**material.write_tables(tmp_path), units=(4, 12, 25))
    read = [reading for _, reading in readings.join_frames(iter(shown()))]
    assert len(read) == len(readings) == len(material.TIMES_S)
    assert readings.units == [12, 25], "AU04 is null throughout"
    assert readings.detector == "haar"
    there, gone = read[0], read[1]
    assert there.units.tolist() == [2.5, 5.0] and np.isnan(gone.units).all()
    assert there.scores[EMOTIONS.index("happy")] == pytest.approx(0.4) and gone.scores is None
    assert there.box.tolist() == [60, 40, 40, 50] and gone.box is None
    assert there.mesh == pytest.approx(material.mesh_points(), abs=1e-4) and gone.mesh is None
    assert there.body[BODY_25.index("neck")].tolist() == [80, 100]
    assert np.isnan(there.body[BODY_25.index("left_knee")]).all()
    assert (there.face_status, gone.face_status, gone.body_status) == ("ok", "low_confidence", "ok")


def test_without_scores_the_box_is_around_the_mesh(tmp_path):
    readings = Readings(mesh=material.write_tables(tmp_path)["mesh"])
    first, second, *_ = (reading for _, reading in readings.join_frames(iter(shown())))
    assert first.box == pytest.approx([60, 40, 40, 50], abs=0.1) and second.box is None
    assert first.body is first.units is first.scores is first.body_status is None


def test_a_part_of_a_video_keeps_its_frames_numbers(tmp_path):
    readings = Readings(**material.write_tables(tmp_path, material.TIMES_S[3:], first=3))
    assert [frame.index for frame, _ in readings.join_frames(iter(shown()[3:]))] == list(
        range(3, len(material.TIMES_S))
    )


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (shown()[:-1], "it has 13 rows, and the video 12 frames"),
        (shown((*material.TIMES_S, 1.3)), "has no more rows where frame 13 at 1.300 s is due"),
        (shown()[1:], "continues with frame 0 at 0.000 s where frame 1 at 0.040 s is due"),
        (shown([time_s + 0.001 for time_s in material.TIMES_S]), "frame 0 at 0.001 s is due"),
    ],
)
def test_tables_of_another_video_are_refused(tmp_path, frames, message):
    readings = Readings(**material.write_tables(tmp_path))
    with pytest.raises(UserError, match="is not of this video as it is now") as caught:
        list(readings.join_frames(iter(frames)))
    assert message in str(caught.value) and "Delete it and run again" in str(caught.value)


def test_tables_of_other_frames_than_each_other_are_refused(tmp_path):
    (tmp_path / "other").mkdir()
    one, other = material.write_tables(tmp_path), material.write_tables(tmp_path / "other", material.TIMES_S[:5])
    with pytest.raises(UserError, match="is of other frames than"):
        Readings(pose=one["pose"], mesh=other["mesh"])
