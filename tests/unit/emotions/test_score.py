import numpy as np
import pytest

from moodreel.emotions.score import BATCH, scores
from moodreel.emotions.scorers.fer import FerScorer
from moodreel.tables.base import ROW_GROUP_ROWS
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.video.frame import Frame


class Scripted:
    """Finds in each frame the faces that are given."""

    def __init__(self, *boxes: list) -> None:
        self._boxes = iter(boxes)

    def boxes(self, frame: Frame) -> np.ndarray:
        return np.array(next(self._boxes), dtype=int).reshape(-1, 4)


def frames(count: int) -> list[Frame]:
    """Frames whose grey is their number, with a gap in their times."""
    return [Frame(n, n / 25 + (n > 1), np.full((120, 160, 3), n, np.uint8)) for n in range(count)]


def brightness(batch: np.ndarray) -> dict[str, np.ndarray]:
    """A network whose first score is how bright the face is."""
    level = (batch.mean(axis=(1, 2, 3)) + 1) / 2
    return {"scores": np.stack([level, *[(1 - level) / 6] * 6], axis=1).astype(np.float32)}


grey = FerScorer(brightness)


def test_one_row_per_frame_with_its_own_time() -> None:
    box, other = [40, 30, 50, 50], [5, 5, 20, 20]
    (table,) = scores(frames(4), Scripted([box], [], [other, box], [[-400, 0, 9, 9], box]), "haar", grey)
    EMOTION_SCORES.conform(table)
    expected = [(0, "haar", "ok", 1), (1, "haar", "no_face", 0), (2, "haar", "ok", 2), (3, "haar", "ok", 2)]
    assert table.select("frame", "detector", "status", "faces").rows() == expected
    assert table["time_s"].to_list() == pytest.approx([0, 0.04, 1.08, 1.12])
    first = [(40, 50), (None, None), (5, 20), (40, 50)]
    assert table.select("x", "width").rows() == first, "the first that can be cut out"
    assert table[EMOTIONS[0]].to_list() == [0, None, pytest.approx(2 / 255, abs=1e-6), pytest.approx(3 / 255, abs=1e-6)]
    assert table.select(EMOTIONS).row(1) == (None,) * 7


def test_faces_are_scored_in_batches_and_rows_keep_their_order() -> None:
    count, asked = BATCH + 3, []

    def counting(batch: np.ndarray) -> dict[str, np.ndarray]:
        asked.append(len(batch))
        return brightness(batch)

    tables = list(scores(frames(count), Scripted(*[[[40, 30, 50, 50]]] * count), "mesh", FerScorer(counting)))
    assert asked == [BATCH, 3]
    found = [value for table in tables for value in table[EMOTIONS[0]].to_list()]
    assert found == pytest.approx([n / 255 for n in range(count)], abs=1e-6)


def test_tables_are_as_large_as_a_files_row_groups() -> None:
    count, blank = ROW_GROUP_ROWS + 5, np.zeros((40, 40, 3), np.uint8)
    stills = (Frame(n, n / 25, blank) for n in range(count))
    tables = list(scores(stills, Scripted(*[[[5, 5, 20, 20]]] * count), "mesh", grey))
    assert [len(table) for table in tables] == [ROW_GROUP_ROWS, 5]
    assert tables[1]["frame"].to_list() == list(range(ROW_GROUP_ROWS, count))


def test_nobody_is_asked_about_nobody() -> None:
    def never(batch: np.ndarray) -> dict[str, np.ndarray]:
        raise AssertionError("no face was found")

    (table,) = scores(frames(2), Scripted([], []), "mesh", never)
    assert table["status"].to_list() == ["no_face", "no_face"]
    assert list(scores([], Scripted(), "mesh", never)) == []
