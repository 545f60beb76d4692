"""Sounds and small media files for the tests of the music."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest

from moodreel.demo.soundtrack import MOODS, synthesise
from moodreel.music.loudness import levels
from moodreel.music.soundtrack import describe
from moodreel.music.spectra import RATE_HZ, analyse
from moodreel.settings.music import MusicSettings
from moodreel.tables.base import polars_schema
from moodreel.tables.classify import FOLDS
from moodreel.tables.clusters import CLUSTERS


def _tones(midi: list[int], duration_s: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Sines of the given MIDI numbers at once, float32, loud."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    waves = [np.sin(2 * np.pi * 440 * 2 ** ((m - 69) / 12) * time_s) for m in midi]
    return (0.5 * np.sum(waves, axis=0) / len(midi)).astype(np.float32)


def _clicks(tempo_bpm: float, duration_s: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """A short burst of noise on each beat."""
    sound, length = np.zeros(round(duration_s * rate_hz), np.float32), round(0.02 * rate_hz)
    burst = np.random.default_rng(0).normal(0, 0.3, length) * np.geomspace(1, 0.01, length)
    for start in np.arange(0, duration_s, 60 / tempo_bpm):
        place = sound[round(start * rate_hz) :][: len(burst)]
        place += burst[: len(place)]
    return sound


def _write_media(
    path: Path,
    sound: np.ndarray | None,
    *,
    duration_s: float = 5.0,
    sound_delay_s: float = 0.0,
    picture_delay_s: float = 0.0,
    rate_hz: int = 44100,
    size: tuple[int, int] = (64, 48),
    codec: str = "aac",
) -> Path:
    """A file with a grey picture that grows lighter, 25 frames/s, and a mono soundtrack."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", 25, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = container.add_stream(codec, rate_hz, layout="mono") if sound is not None else None
        for n in range(round(duration_s * 25)):
            picture = np.full((size[1], size[0], 3), 40 + n % 180, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = n + round(picture_delay_s * 25), Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            block = audio.codec_context.frame_size or 1024
            resampler = av.AudioResampler(audio.codec_context.format.name, "mono", rate_hz)
            for start in range(0, len(sound), block):
                part = np.ascontiguousarray(sound[None, start : start + block])
                frame = av.AudioFrame.from_ndarray(part, "flt", "mono")
                frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
                frame.pts = start + round(sound_delay_s * rate_hz)
                for converted in resampler.resample(frame):
                    container.mux(audio.encode(converted))
            container.mux(audio.encode())
    return path


@pytest.fixture(scope="session")
def tones() -> Callable[..., np.ndarray]:
    """`tones(midi, duration_s, rate_hz=...)`: sines of the given MIDI numbers at once."""
    return _tones


@pytest.fixture(scope="session")
def clicks() -> Callable[..., np.ndarray]:
    """`clicks(tempo_bpm, duration_s, rate_hz=...)`: a short burst of noise on each beat."""
    return _clicks


@pytest.fixture(scope="session")
def write_media() -> Callable[..., Path]:
    """`write_media(path, sound, ...)` writes a file and returns its path."""
    return _write_media


@pytest.fixture
def media(tmp_path: Path) -> Callable[..., Path]:
    """`media(name, sound, ...)` writes a file into the test's folder and returns its path."""
    return lambda name, sound, **kwargs: _write_media(tmp_path / name, sound, **kwargs)


@pytest.fixture(scope="session")
def soundtracks() -> dict[str, pl.DataFrame]:
    """SOUNDTRACK tables of three pieces in each built-in mood, by `<mood>-<take>`."""
    settings = MusicSettings()
    sounds = {
        f"{mood}-{take}": synthesise(mood, seed=take, duration_s=5, rate_hz=RATE_HZ)
        for mood in MOODS
        for take in (1, 2, 3)
    }
    return {name: describe(analyse([s]), levels([s], RATE_HZ), 0.0, settings) for name, s in sounds.items()}


@pytest.fixture(scope="session")
def make_clusters() -> Callable[[list[tuple[str, int, int]]], pl.DataFrame]:
    """CLUSTERS of windows of 2 s, given as (video, window, cluster); a window's distance is its place in the list."""

    def make(windows: list[tuple[str, int, int]]) -> pl.DataFrame:
        rows = [
            {"video": v, "window": w, "start_s": float(w), "end_s": w + 2.0, "cluster": c, "distance": float(n)}
            for n, (v, w, c) in enumerate(windows)
        ]
        return pl.from_dicts(rows, schema=polars_schema(CLUSTERS))

    return make


@pytest.fixture(scope="session")
def make_folds() -> Callable[[dict[str, int]], pl.DataFrame]:
    """FOLDS of protocol `grouped`, group `video`, from each video's fold, and others of no interest here."""

    def make(fold_of: dict[str, int]) -> pl.DataFrame:
        rows = [
            {"protocol": p, "group": g, "fold": f if g == "video" else 0, "video": v, "window": 0, "start_s": 0.0}
            for v, f in fold_of.items()
            for p, g in (("paper", "window"), ("grouped", "video"), ("grouped", "performer"))
        ]
        return pl.from_dicts(rows, schema=polars_schema(FOLDS))

    return make
