"""Figures of a classifier, from its predictions for test windows.

All of them come from three counts of each class, so that windows of several folds are pooled by adding these up: how
many windows are of the class (`support`), are predicted as it (`predicted`), and both (`hits`).
"""

import numpy as np

METRICS = ("accuracy", "balanced_accuracy", "macro_f1")


def class_counts(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Support, predicted and hits of each class, int64 (3, classes), of codes (windows,) from 0."""
    return np.stack([np.bincount(codes, minlength=classes) for codes in (truth, predicted, truth[truth == predicted])])


def label_counts(truth: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes among labels (windows,) of text, sorted, and the counts of each as in `class_counts`."""
    classes, codes = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    of_truth, of_predicted = np.split(codes, 2)
    return classes, class_counts(of_truth, of_predicted, len(classes))


def pooled_metrics(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Accuracy, balanced accuracy and macro-F1, each in 0..1, of counts (..., 3, classes): each of shape (...).

    As in scikit-learn: balanced accuracy is the mean recall over the classes that the truth holds; F1 is averaged
    over the classes that truth or predictions hold, and is 0 for one that only one of them holds. NaN without windows.
    """
    support, predicted, hits = np.moveaxis(np.asarray(counts, float), -2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = np.where(support > 0, hits / support, 0)
        f1 = np.where(support + predicted > 0, 2 * hits / (support + predicted), 0)
        return {
            "accuracy": hits.sum(axis=-1) / support.sum(axis=-1),
            "balanced_accuracy": recall.sum(axis=-1) / (support > 0).sum(axis=-1),
            "macro_f1": f1.sum(axis=-1) / (support + predicted > 0).sum(axis=-1),
        }


def metrics(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """The same figures of labels (windows,) of text."""
    return {name: float(value) for name, value in pooled_metrics(label_counts(truth, predicted)[1]).items()}
