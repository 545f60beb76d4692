"""Support vector machine on series: tslearn's TimeSeriesSVC."""

from __future__ import annotations

from tslearn.svm import TimeSeriesSVC

from moodreel.settings.classify import ClassifySettings


def build(settings: ClassifySettings, seed: int, windows: int) -> TimeSeriesSVC:
    """An unfitted machine with the configured kernel.

    tslearn's gamma `auto` is derived from soft-DTW, which only the global alignment kernel wants; the others take
    scikit-learn's `scale`, 1 / (inputs x variance).
    """
    kernel = settings.svm.kernel
    return TimeSeriesSVC(
        C=settings.svm.penalty,
        kernel=kernel,
        gamma="auto" if kernel == "gak" else "scale",
        random_state=seed,
    )


def quadratic(settings: ClassifySettings) -> bool:
    """Always: libsvm's solver fills the kernel matrix."""
    return True
