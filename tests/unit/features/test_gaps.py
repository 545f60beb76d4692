import numpy as np
import pytest

from moodreel.features.gaps import usual_rate_hz


@pytest.mark.parametrize("rate_hz", [3.0, 12.5, 23.976, 25.0, 29.97, 30.0, 50.0, 60.0])
def test_the_rate_is_that_of_the_file_though_its_clock_is_coarse(rate_hz):
    times = np.round(np.arange(200) / rate_hz, 3)
    assert usual_rate_hz(times) == pytest.approx(rate_hz, rel=1e-3)


def test_missing_frames_do_not_make_it_slower():
    times = np.delete(np.round(np.arange(200) / 30, 3), [*range(20, 40), 77, 100, 101])
    assert usual_rate_hz(times) == pytest.approx(30, rel=1e-3)


@pytest.mark.parametrize("times", [[], [1.0]])
def test_one_frame_has_no_rate(times):
    assert usual_rate_hz(np.array(times)) is None
