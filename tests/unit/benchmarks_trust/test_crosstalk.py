"""What units read while others are acted."""

import numpy as np
import polars as pl
import pytest
from benchmarks.trust.crosstalk import crosstalk
from benchmarks.trust.references import Clip

from moodreel.demo.script import UNITS
from moodreel.tables.face import ACTION_UNITS

COURSE = np.clip(np.concatenate([np.linspace(-0.5, 1.5, 60), np.linspace(1.5, -0.5, 60)]), 0, 1)
BLINK = np.exp(-0.5 * ((np.arange(120) - 60) / 2.0) ** 2)


def acted(name: str, **shown: np.ndarray) -> Clip:
    truth = {unit.upper(): np.zeros(120) for unit in (*UNITS, "au25")} | {unit: 5 * of for unit, of in shown.items()}
    return Clip(name, "hopper", "actors", None, pl.DataFrame({"frame": np.arange(120, dtype=np.int32), **truth}), 120)


def read(**units: np.ndarray) -> pl.DataFrame:
    columns = {f"AU{unit:02d}_r": units.get(f"AU{unit:02d}", np.zeros(120)) for unit in ACTION_UNITS if unit != 14}
    nothing = {"AU14_r": pl.Series([None] * 120, dtype=pl.Float64)}
    return pl.DataFrame({"frame": np.arange(120, dtype=np.int32), **columns, **nothing})


def rows(clip: Clip, face: pl.DataFrame) -> dict[tuple[str, str], dict]:
    return {(row["acted"], row["read"]): row for row in crosstalk([clip], {clip.name: face})}


def test_responses_are_levels_at_the_apex_beyond_rest():
    clip = acted("hopper-smile-1", AU06=COURSE, AU12=COURSE)
    found = rows(clip, read(AU12=1 + 3 * COURSE, AU06=2 * COURSE, AU10=0.5 * COURSE))
    assert found["AU06+AU12", "AU12"]["response"] == pytest.approx(3, abs=0.2)
    assert found["AU06+AU12", "AU10"]["response"] == pytest.approx(0.5, abs=0.05)
    assert found["AU06+AU12", "AU45"]["response"] == 0
    assert found["AU06+AU12", "AU12"]["monotonicity"] == pytest.approx(1, abs=1e-4)
    figures = dict.fromkeys(("response", "correlation", "monotonicity"))
    assert found["AU06+AU12", "AU14"] == {"acted": "AU06+AU12", "read": "AU14", "clips": 0, **figures}
    assert found["AU04", "AU12"]["clips"] == 0 and len(found) == 7 * len(ACTION_UNITS)


def test_blinks_are_left_out():
    clip = acted("hopper-smile-1", AU06=COURSE, AU12=COURSE, AU45=BLINK)
    found = rows(clip, read(AU45=5 * BLINK, AU12=5 * COURSE))
    assert found["AU06+AU12", "AU45"]["response"] == pytest.approx(0, abs=0.1)
    assert found["AU06+AU12", "AU12"]["clips"] == 1


def test_lips_that_a_jaw_parts_belong_to_it():
    clip = acted("hopper-jaw_open-1", AU26=COURSE, AU25=COURSE)
    found = rows(clip, read(AU26=5 * COURSE, AU25=4 * COURSE))
    assert (found["AU26", "AU26"]["clips"], found["AU26", "AU25"]["response"]) == (1, pytest.approx(4, abs=0.3))
