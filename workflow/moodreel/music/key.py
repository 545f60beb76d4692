"""Key and mode from pitch classes."""

import numpy as np

MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each pitch class fits a key, from its tonic upwards: C. L. Krumhansl & E. J. Kessler, "Tracing the
dynamic changes in perceived tonal organization in a spatial representation of musical keys", Psychological
Review 89, 1982."""

MIN_CONTRAST = 1.6
"""The strongest pitch class against their mean below which there is no key: noise stays under 1.5, a
chromatic cluster too."""


def find(chroma: np.ndarray) -> tuple[int, float] | None:
    """Tonic (0 = C) and mode of pitch classes `chroma`, shape (12,), 0 = C; None where no key stands out.

    The key is that of the best correlation with a turned profile (Krumhansl & Schmuckler, in Krumhansl, Cognitive
    Foundations of Musical Pitch, 1990, chapter 4); the mode is the best major key's correlation minus the best minor
    key's, clipped to -1..1.
    """
    if chroma.sum() <= 0 or chroma.max() < MIN_CONTRAST * chroma.mean():
        return None
    correlation = _PROFILES @ _standardise(chroma) / 12
    tonic = int(correlation.argmax()) % 12
    mode = correlation[:12].max() - correlation[12:].max()
    return tonic, float(np.clip(mode, -1, 1))


def _standardise(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


_PROFILES = np.stack(
    [
        np.roll(_standardise(np.array(profile)), tonic)
        for profile in (MAJOR_PROFILE, MINOR_PROFILE)
        for tonic in range(12)
    ]
)
