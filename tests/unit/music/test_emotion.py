import numpy as np
import polars as pl
import pytest

from moodreel.music.emotion import valence_arousal
from moodreel.settings.emotions import EmotionsSettings
from moodreel.tables.emotions import EMOTIONS

PLACES = EmotionsSettings().valence_arousal


def scores(*parts: tuple[int, dict[str, float] | None]) -> pl.DataFrame:
    """Frames in parts of so many, each with the same scores; None: without a face."""
    rows = [part for count, part in parts for _ in range(count)]
    columns = {name: [None if row is None else row.get(name, 0.0) for row in rows] for name in EMOTIONS}
    schema = dict.fromkeys(EMOTIONS, pl.Float32)
    return pl.DataFrame({"time_s": np.arange(len(rows)) / 25, **columns}, schema_overrides=schema)


def windows(*rows: tuple[str, float, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["video", "start_s", "end_s"], orient="row")


def test_windows_lie_where_their_frames_emotions_do():
    table = scores((50, {"happy": 1.0}), (50, {"sad": 1.0}), (25, {"happy": 0.5, "sad": 0.5}), (25, None))
    four = windows(("a", 0, 2), ("a", 2, 4), ("a", 4, 6), ("b", 0, 2))
    found = np.stack(valence_arousal({"a": table, "b": scores((50, {"neutral": 1.0}))}, four, PLACES), axis=1)
    places = np.array([PLACES["happy"], PLACES["sad"], np.mean([PLACES["happy"], PLACES["sad"]], axis=0), (0, 0)])
    assert found == pytest.approx((places - places.mean(axis=0)) / places.std(axis=0), abs=1e-6)


def test_frames_at_the_windows_edges_count_once():
    table = scores((49, {"happy": 1.0}), (1, {"sad": 1.0}), (50, {"sad": 1.0}))
    valence, _ = valence_arousal({"a": table}, windows(("a", 0, 1.96), ("a", 1.96, 4)), PLACES)
    assert valence == pytest.approx([1, -1])


def test_a_window_without_a_face_has_no_mood_and_constant_scores_tell_nothing():
    table = scores((50, {"happy": 0.7, "fear": 0.3}), (50, None), (50, {"happy": 0.7, "fear": 0.3}))
    valence, arousal = valence_arousal({"a": table}, windows(("a", 0, 2), ("a", 2, 4), ("a", 4, 6)), PLACES)
    assert np.isnan([valence[1], arousal[1]]).all()
    assert valence[[0, 2]] == pytest.approx([0, 0], abs=1e-9) and arousal[[0, 2]] == pytest.approx([0, 0], abs=1e-9)


def test_the_table_can_be_replaced():
    table = scores((50, {"happy": 1.0}), (50, {"sad": 1.0}))
    turned = EmotionsSettings(valence_arousal={"happy": [-1, -1], "sad": [1, 1]}).valence_arousal
    valence, _ = valence_arousal({"a": table}, windows(("a", 0, 2), ("a", 2, 4)), turned)
    assert valence == pytest.approx([-1, 1])
    assert turned["angry"] == (-0.51, 0.59), "what is left out stays"
