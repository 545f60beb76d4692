"""Onsets and tempo from the onset strength."""

import numpy as np

from moodreel.music.spectra import FRAME_HZ

NEAR_S, AROUND_S, WAIT_S = 0.03, 0.1, 0.05
MIN_RISE_DB = 1.0
"""An onset is the largest value within NEAR_S, MIN_RISE_DB over the mean within AROUND_S, and WAIT_S after
the one before (S. Böck, F. Krebs & M. Schedl, "Evaluating the online capabilities of onset detection
methods", ISMIR 2012)."""

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
USUAL_BPM, OCTAVES = 120.0, 1.0
"""The weight of a tempo is a bell over its logarithm (D. P. W. Ellis, "Beat tracking by dynamic programming",
Journal of New Music Research 36, 2007; there 1.4 octaves wide)."""

MIN_PERIODICITY = 0.15
"""Autocorrelation of the onset strength at the beat, against lag 0, below which there is no beat."""

MIN_BEATS = 3
"""Least beats of a tempo that must fit into the sound for it to be heard."""


def onsets(onset_db: np.ndarray) -> np.ndarray:
    """Frame numbers of the onsets in an onset strength of shape (n,)."""
    if not len(onset_db):
        return np.zeros(0, int)
    near, around = round(NEAR_S * FRAME_HZ), round(AROUND_S * FRAME_HZ)
    padded = np.pad(onset_db, near)
    largest = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1).max(axis=1)
    mean = np.convolve(np.pad(onset_db, around, "edge"), np.full(2 * around + 1, 1 / (2 * around + 1)), "valid")
    candidates = np.flatnonzero((onset_db == largest) & (onset_db > mean + MIN_RISE_DB))
    kept: list[int] = []
    for frame in candidates:
        if not kept or frame - kept[-1] >= WAIT_S * FRAME_HZ:
            kept.append(int(frame))
    return np.array(kept, int)


def tempo_bpm(onset_db: np.ndarray) -> float | None:
    """Tempo of the beat, by the autocorrelation of the onset strength, shape (n,); None where there is no beat.

    A beat and its double are both right in most music; the weight prefers the one nearer to `USUAL_BPM`.
    """
    shortest = 60 * FRAME_HZ / FASTEST_BPM
    longest = min(60 * FRAME_HZ / SLOWEST_BPM, len(onset_db) / MIN_BEATS)
    lags = np.arange(int(np.ceil(shortest)), int(longest) + 1)
    strength = onset_db - onset_db.mean() if len(onset_db) else onset_db
    if not len(lags) or not strength.any():
        return None
    size = 2 ** int(np.ceil(np.log2(2 * len(strength))))
    correlation = np.fft.irfft(np.abs(np.fft.rfft(strength, size)) ** 2)[: lags[-1] + 2]
    correlation /= correlation[0] * (1 - np.arange(len(correlation)) / len(strength))  # fewer pairs at long lags
    weight = np.exp(-0.5 * (np.log2(60 * FRAME_HZ / lags / USUAL_BPM) / OCTAVES) ** 2)
    best = lags[(weight * correlation[lags]).argmax()]
    if correlation[best] < MIN_PERIODICITY:
        return None
    before, at, after = correlation[best - 1 : best + 2]
    curvature = before - 2 * at + after
    shift = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return float(60 * FRAME_HZ / (best + np.clip(shift, -0.5, 0.5)))
