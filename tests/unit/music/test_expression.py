import numpy as np
import polars as pl
import pytest

from moodreel.music.expression import needed_columns, unit_column, valence_arousal

RATE_HZ, ROWS = 25, 50


def _run(*windows):
    """FEATURES and WINDOWS of windows given as columns of scalars or arrays (ROWS,); what a window leaves out is 0."""
    names = sorted({name for window in windows for name in window})
    values = {n: np.concatenate([np.broadcast_to(w.get(n, 0.0), ROWS) for w in windows]) for n in names}
    times = np.arange(ROWS * len(windows)) / RATE_HZ
    features = pl.DataFrame({"video": ["v"] * len(times), "time_s": times, **values})
    return features, pl.DataFrame({"first_row": [ROWS * n for n in range(len(windows))], "rows": [ROWS] * len(windows)})


def test_a_smile_is_above_a_frown_and_lowered_corners():
    windows = _run({"AU12_r": 3.0, "AU06_r": 1.0}, {"AU04_r": 3.0}, {"AU15_r": 3.0}, {"AU02_r": 3.0})
    valence, _ = valence_arousal(*windows)
    assert valence[0] > 1 > valence[3] > 0 > valence[1] == pytest.approx(valence[2])
    assert (valence.mean(), valence.std()) == pytest.approx((0, 1))


@pytest.mark.parametrize(
    ("lively", "still"),
    [
        ({"AU26_r": 3.0}, {"AU26_r": 0.0}),
        ({"AU05_r": 2.0}, {"AU45_r": 4.0}),
        ({"AU12_r": np.tile([0.0, 3.0], 25)}, {"AU12_r": 1.5}),
        ({"yaw_deg": 20 * np.sin(np.arange(ROWS))}, {"yaw_deg": 20.0}),
        ({"left_wrist_x": np.sin(np.arange(ROWS))}, {"left_wrist_x": 1.0}),
    ],
)
def test_open_eyes_and_mouth_and_motion_are_lively(lively, still):
    _, arousal = valence_arousal(*_run(lively, still))
    assert arousal[0] > 0.3 > -0.3 > arousal[1]


def test_what_was_not_seen_is_not_counted():
    smile = np.where(np.arange(ROWS) < 25, np.nan, 2.0)
    valence, arousal = valence_arousal(*_run({"AU12_r": smile}, {"AU12_r": 2.0}, {"AU12_r": 0.0}, {"AU12_r": np.nan}))
    assert valence[0] == pytest.approx(valence[1])
    assert np.isnan([valence[3], arousal[3]]).all() and np.isfinite(arousal[:3]).all()


def test_the_best_column_of_a_unit():
    columns = ["video", "AU12_c", "AU12_raw", "AU06_c", "AU45_r", "pitch_deg", "gaze_x_deg"]
    columns += ["left_wrist_x", "left_ear_x"]
    assert [unit_column(unit, columns) for unit in (12, 6, 4)] == ["AU12_raw", "AU06_c", None]
    assert needed_columns(columns) == ["AU12_raw", "AU06_c", "AU45_r", "pitch_deg", "left_wrist_x"]


def test_no_face_no_valence():
    valence, arousal = valence_arousal(*_run({"yaw_deg": 0.0}, {"yaw_deg": np.arange(ROWS)}))
    assert np.isnan(valence).all()
    assert arousal.tolist() == pytest.approx([-1, 1])
