"""Figures of a classifier on the test windows of one fold."""

from __future__ import annotations

import numpy as np

METRICS = ("accuracy", "balanced_accuracy", "macro_f1")


def metrics(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Accuracy, balanced accuracy and macro-F1, each in 0..1, of labels (windows,) of text.

    As scikit-learn has them: balanced accuracy is the mean recall over the classes that the truth holds; F1 is averaged
    over the classes that truth or predictions hold, and is 0 for one that only one of them holds.
    """
    classes, codes = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    true, said = np.split(codes, 2)
    hits, in_truth, in_said = (np.bincount(c, minlength=len(classes)) for c in (true[true == said], true, said))
    return {
        "accuracy": float(hits.sum() / len(true)),
        "balanced_accuracy": float(np.mean(hits[in_truth > 0] / in_truth[in_truth > 0])),
        "macro_f1": float(np.mean(2 * hits / (in_truth + in_said))),
    }
