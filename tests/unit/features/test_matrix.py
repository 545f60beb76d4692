import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.features import matrix
from moodreel.tables import base
from moodreel.tables.features import FEATURES


@pytest.fixture
def path(tmp_path):
    """Two videos, "0012" of 3 rows and "b" of 2, streamed one after the other."""
    with base.writer(tmp_path / "features.parquet", FEATURES, {"rate_hz": 25.0}) as append:
        for video, rows in (("0012", 3), ("b", 2)):
            columns = {"time_s": np.arange(rows) / 25, "AU12_r": [1.0, None, 3.0][:rows], "pitch_deg": np.arange(rows)}
            append(pl.DataFrame({"video": video, "valid": True, **columns}))
    return tmp_path / "features.parquet"


def test_read_back(path):
    found = matrix.read(path)
    assert (found.columns, found.videos, found.rate_hz) == (("AU12_r", "pitch_deg"), ("0012", "b"), 25)
    assert found.video.tolist() == [0, 0, 0, 1, 1] and found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values[:, 0], [1, np.nan, 3, 1, np.nan])
    np.testing.assert_allclose(found.time_s, [0, 0.04, 0.08, 0, 0.04])


def test_groups_are_columns(path):
    assert matrix.read(path, ["head_pose"]).columns == ("pitch_deg",)
    assert matrix.read(path, ["head_pose", "action_units"]).columns == ("pitch_deg", "AU12_r")
    with pytest.raises(UserError, match=r"features\.groups"):
        matrix.read(path, ["gaze"])


def test_owners_are_performers_or_videos(path):
    found = matrix.read(path)
    windows = pl.DataFrame({"video": ["0012", "b"], "performer": ["ann", "ann"]})
    assert found.owners(windows, "performer").tolist() == ["ann"] * 5
    assert found.owners(windows, "video").tolist() == ["0012"] * 3 + ["b"] * 2
