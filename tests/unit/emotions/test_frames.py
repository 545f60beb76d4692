import numpy as np
import polars as pl

from moodreel.emotions.frames import NO_FACE, PART_FRAMES, agreement, emotions_of, timeline
from moodreel.settings.emotions import EmotionsSettings
from moodreel.tables import base
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS

CLASSES = EmotionsSettings().classes


def table(*frames: tuple[str, tuple[int, int, int, int]] | None) -> pl.DataFrame:
    """EMOTION_SCORES of frames with an emotion and a box, None without a face."""
    rows = []
    for n, one in enumerate(frames):
        row = {"frame": n, "time_s": n / 25, "detector": "haar", "faces": int(one is not None), "status": "no_face"}
        if one:
            row |= {"status": "ok", **dict(zip(("x", "y", "width", "height"), one[1], strict=True))}
            row |= {name: 0.4 if name == one[0] else 0.1 for name in EMOTIONS}
        rows.append(row)
    return pl.DataFrame(rows, schema=base.polars_schema(EMOTION_SCORES))


BOX, HALF, APART = (0, 0, 100, 100), (0, 50, 100, 100), (300, 0, 100, 100)


def test_frames_are_counted_by_who_found_what() -> None:
    first = table(("happy", BOX), ("happy", BOX), ("sad", BOX), None, ("angry", BOX), None)
    second = table(("happy", BOX), ("surprise", HALF), ("neutral", APART), ("sad", BOX), None, None)
    assert agreement(first, second, CLASSES) == {
        "frames": 6, "both": 3, "only_first": 1, "only_second": 1,
        "same_face": 1, "same_emotion": 1, "same_class": 3, "disagree": 4,
    }  # fmt: skip


def test_half_of_what_both_cover_is_the_same_face() -> None:
    """Boxes moved by a third of their side share a half of what they cover together."""
    for lower, same in ((33, 1), (34, 0)):
        moved = table(("happy", (0, lower, 100, 100)))
        assert agreement(table(("happy", BOX)), moved, CLASSES)["same_face"] == same
    assert agreement(table(None), table(None), CLASSES)["both"] == 0


def test_a_thousand_frames_are_a_part() -> None:
    emotions = np.concatenate([np.full(1200, 3), np.full(900, NO_FACE), np.full(50, 0)])
    rows = timeline(emotions, np.arange(len(emotions)) / 50)
    found = [(row["frames"], row["start_s"], row[EMOTIONS[3]], row[EMOTIONS[0]]) for row in rows]
    assert found == [(PART_FRAMES, 0, 1000, 0), (PART_FRAMES, 20, 200, 0), (150, 40, 0, 50)]
    assert timeline(emotions[:5])[0]["start_s"] is None
    assert timeline(np.empty(0, int)) == []


def test_a_frame_without_a_face_has_no_emotion() -> None:
    assert emotions_of(table(("sad", BOX), None)).tolist() == [EMOTIONS.index("sad"), NO_FACE]
