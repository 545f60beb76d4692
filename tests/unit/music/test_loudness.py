"""Loudness by BS.1770-4, compared with its tables and with FFmpeg's filter ebur128."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.filter import Graph

from moodreel.music.loudness import STEP_HZ, Meter, k_weighting, levels

RATE_HZ = 48_000
RANDOM = np.random.default_rng(0)


def _ebur128(sound: np.ndarray, rate_hz: int, layout: str) -> float:
    """Integrated loudness of `sound`, float32, shape (channels, samples), by FFmpeg."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate_hz, format="fltp", layout=layout, time_base=Fraction(1, rate_hz))
    graph.link_nodes(source, graph.add("ebur128", "metadata=1"), graph.add("abuffersink")).configure()
    found = None
    for start in range(0, sound.shape[1], rate_hz // 10):
        part = np.ascontiguousarray(sound[:, start : start + rate_hz // 10])
        frame = av.AudioFrame.from_ndarray(part, "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
        graph.push(frame)
        while True:
            try:
                found = graph.pull().metadata.get("lavfi.r128.I", found)
            except (av.error.BlockingIOError, av.error.EOFError):
                break
    return float(found)


def _time_s(duration_s: float, rate_hz: int) -> np.ndarray:
    return np.arange(round(duration_s * rate_hz)) / rate_hz


SOUNDS = {
    "a sine of 1 kHz": lambda rate_hz: 0.1 * np.sin(2 * np.pi * 1000 * _time_s(5, rate_hz)),
    "a low sine": lambda rate_hz: 0.3 * np.sin(2 * np.pi * 50 * _time_s(5, rate_hz)),
    "white noise": lambda rate_hz: RANDOM.normal(0, 0.05, 5 * rate_hz),
    "clicks": lambda rate_hz: 0.8 * (np.arange(5 * rate_hz) % (rate_hz // 2) < 50),
    "loud, then faint, then silent": lambda rate_hz: np.concatenate(
        [a * RANDOM.normal(0, 1, 3 * rate_hz) for a in (0.1, 0.01, 0.0)]
    ),
}


@pytest.mark.parametrize("rate_hz", [48_000, 44_100])
@pytest.mark.parametrize("name", SOUNDS)
def test_integrated_loudness_is_that_of_ebur128(name, rate_hz):
    sound = SOUNDS[name](rate_hz).astype(np.float32)
    own = levels(np.array_split(sound, 7), rate_hz).loudness_lufs()
    assert own == pytest.approx(_ebur128(sound[None], rate_hz, "mono"), abs=0.1)
    assert own + 10 * np.log10(2) == pytest.approx(_ebur128(np.stack([sound] * 2), rate_hz, "stereo"), abs=0.1)


def test_the_filter_is_the_recommendation_s_at_48_khz():
    """Tables 1 and 2 of BS.1770-4, annex 1."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585]
    high_pass = [1, -2, 1, 1, -1.99004745483398, 0.99007225036621]
    assert k_weighting(RATE_HZ) == pytest.approx(np.array([shelf, high_pass]), abs=1e-9)


@pytest.mark.parametrize("rate_hz", [1000, 4000, 8000, 11_025, 192_000, 352_800])
def test_other_sampling_rates(rate_hz):
    """A sine of 300 Hz, which K-weighting hardly changes, is as loud at every rate."""
    sound = 0.1 * np.sin(2 * np.pi * 300 * _time_s(3, rate_hz)).astype(np.float32)
    assert levels([sound], rate_hz).loudness_lufs() == pytest.approx(-23.7, abs=0.2)


def test_steps_follow_each_other_through_a_change_of_the_sampling_rate():
    meter = Meter()
    for level, rate_hz in ((0.1, 44_100), (0.2, 8000), (0.3, 11_025)):
        for part in np.array_split(np.full(rate_hz, level, np.float32), 9):
            meter.add(part, part**2, rate_hz)
    power = meter.levels().power
    assert len(power) == 3 * STEP_HZ
    assert np.sqrt(power) == pytest.approx(np.repeat([0.1, 0.2, 0.3], STEP_HZ), rel=1e-5)


def test_nothing_silence_and_a_sound_shorter_than_a_block():
    assert Meter().levels().loudness_lufs() is None
    assert levels([np.zeros(RATE_HZ, np.float32)], RATE_HZ).loudness_lufs() == pytest.approx(-120, abs=0.1)
    short = levels([SOUNDS["a sine of 1 kHz"](RATE_HZ)[: RATE_HZ // 5].astype(np.float32)], RATE_HZ)
    assert short.loudness_lufs() == pytest.approx(-23, abs=0.2)
    faint = levels([np.full(RATE_HZ, 1e-4, np.float32) * (-1.0) ** np.arange(RATE_HZ)], RATE_HZ)
    assert -90 < faint.loudness_lufs() < -70, "under the gate, so not gated"
