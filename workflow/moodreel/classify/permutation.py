"""Labels shuffled: what label accuracy comes to where labels have nothing to do with the features.

Windows of one video resemble each other and mostly share their label, so that labels are exchanged between whole videos
and not between windows: shuffled window by window, no classifier could be right by knowing a video again, and all would
look significant. Where every performer has one label, videos of one performer are no independent witnesses either, and
whole performers exchange theirs.

Folds are dealt with an eye on the labels: each has its share of every one. Labels are therefore exchanged within the
folds. Exchanged freely they lose these shares, training favours what the test lacks, and shuffled labels do worse than
chance (40 studies of noise, folds by video: mean p value 0.40, and the smallest of ten possible ones in 7; within folds
0.59 and in 3, where 0.55 and 4 are due). Where what has a label is spread over folds, or each is a fold of its own, the
shares are no matter and labels go anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import gammaln


@dataclass(frozen=True)
class Exchangeable:
    """What exchanges labels: `what` (`performer`, `video` or `window`), and of each labelled window its number among
    these, `of_window` (labelled windows,) int; `labels` (units,) text, and `block` (units,) int, within which they are
    exchanged.
    """

    what: str
    of_window: np.ndarray
    labels: np.ndarray
    block: np.ndarray

    def shuffled(self, seed: int, draw: int) -> np.ndarray:
        """Labels (labelled windows,) in an order that seed and draw give."""
        random = np.random.default_rng((seed, draw)).random(len(self.labels))
        labels = np.empty_like(self.labels)
        labels[np.argsort(self.block, kind="stable")] = self.labels[np.lexsort((random, self.block))]
        return labels[self.of_window]

    @property
    def orders(self) -> float:
        """In how many ways the labels can stand, `inf` where they are past counting."""
        log = 0.0
        for block in np.unique(self.block):
            counts = np.unique(self.labels[self.block == block], return_counts=True)[1]
            log += gammaln(counts.sum() + 1) - gammaln(counts + 1).sum()
        return round(float(np.exp(log))) if log < 20 else np.inf

    @property
    def note(self) -> str:
        """In one line, what was shuffled, and where that says little."""
        over = f"{len(self.labels)} {'windows one by one' if self.what == 'window' else f'whole {self.what}s'}"
        text = f"labels are shuffled over {over}{', within folds' if len(np.unique(self.block)) > 1 else ''}"
        if self.what == "window":
            text += (
                ", since videos have several labels: neighbours lose what they share, and p values come out too small"
            )
        if self.orders < 100:
            text += (
                f"; they can stand in {self.orders} ways only, so that no p value can be below {1 / self.orders:.2g}"
            )
        return text


def exchangeable(windows: pl.DataFrame, fold: np.ndarray) -> Exchangeable | None:
    """The largest of performer, video and window that has one label throughout, of `windows` (video, performer, label).

    `fold` (windows,) says in which fold each is tested. Windows without a label do not count; None where there are no
    two labels to exchange.
    """
    there = windows["label"].is_not_null().to_numpy()
    known, fold = windows.filter(there), fold[there]
    if known["label"].n_unique() < 2:
        return None
    labels = known["label"].to_numpy().astype(str)
    what, of_window = _units(known, labels)
    first = np.unique(of_window, return_index=True)[1]
    block = fold[first]
    apart = len(np.unique(block)) == len(block)
    if apart or (block[of_window] != fold).any():
        block = np.zeros(len(block), dtype=int)
    return Exchangeable(what, of_window, labels[first], block)


def _units(known: pl.DataFrame, labels: np.ndarray) -> tuple[str, np.ndarray]:
    alike = known["performer"].n_unique() == known["video"].n_unique()
    for what in ("video",) if alike else ("performer", "video"):
        _, first, unit = np.unique(known[what].to_numpy().astype(str), return_index=True, return_inverse=True)
        if (labels[first][unit] == labels).all():
            return what, unit
    return "window", np.arange(len(labels))
