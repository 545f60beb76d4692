"""Exchanged labels: the label accuracy that remains where labels have nothing to do with the features.

If labels are unrelated to the features, they may be exchanged, but not freely. People look like themselves, and most
show some label more often than others do. A classifier that merely recognises people then does better than chance, and
labels exchanged freely between people would lose just that: pure noise of 48 videos of 6 people, of whom each shows one
label in three quarters of the videos, came out as significant in 24 of 30 studies. So

- labels are exchanged between the videos of one performer, who keeps as many of each;
- parts and copies of one recording are one video here, and performers who share a recording one performer;
- performers who show one label throughout, or are seen in one video only, exchange theirs as a whole among themselves;
- a video whose windows differ passes on the order of its labels, stretched to the other video's length: windows in time
  resemble each other, and are never exchanged one by one;
- where folds were stratified by label, so that each has its share of every one, each keeps that share.
  Otherwise training favours what the test lacks, and exchanged labels do worse than chance.

Under these restrictions the data are one order of the labels among others that are as likely, if labels are unrelated
to the features. Orders are drawn by a random walk from a common start, itself reached by a walk from the data (Besag &
Clifford 1989, Biometrika 76:633), so that the data are exchangeable with them however long the walks are.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from moodreel.features.recordings import joined

LEAST_ORDERS = 20
"""With fewer different orders of the labels than this no p value can be below 0.05."""

SWAPS_PER_UNIT = 20
MOST_SWAPS = 20_000
"""Double swaps tried on the way to an order: for each unit that exchanges labels, and at most."""


@dataclass(frozen=True)
class Exchange:
    """How labels may be exchanged.

    `classes` (classes,) text; `codes` (labelled windows,) int, positions in `classes`, sorted by unit and time; `start`
    and `length` (units,) give the position of each unit's windows among these; `block` (units,) within which units
    exchange labels; `fold` (units,), each of which keeps its labels, -1 where that does not matter; `place` (labelled
    windows,) the place of each in the order of the table; `note` says in one line what exchanges labels.
    """

    classes: np.ndarray
    codes: np.ndarray
    start: np.ndarray
    length: np.ndarray
    block: np.ndarray
    fold: np.ndarray
    place: np.ndarray
    note: str

    def orders(self, count: int, seed: int) -> np.ndarray:
        """`count` orders of the labels: codes (count, labelled windows) in the table's order of windows."""
        kind = self._kinds()
        hub = self._walk(np.arange(len(kind)), kind, np.random.default_rng((seed, 0)))
        result = np.empty((count, len(self.codes)), np.int16)
        for number in range(1, count + 1):
            source = self._walk(hub, kind, np.random.default_rng((seed, number)))
            result[number - 1, self.place] = self._labels(source)
        return result

    def table_codes(self) -> np.ndarray:
        """The data's own codes (labelled windows,) in the table's order of windows."""
        result = np.empty(len(self.codes), np.int16)
        result[self.place] = self.codes
        return result

    def _labels(self, source: np.ndarray) -> np.ndarray:
        """Codes where each unit has the labels of the unit `source` (units,) names, stretched to its own length."""
        unit = np.repeat(np.arange(len(source)), self.length)
        rank = np.arange(len(self.codes)) - self.start[unit]
        there = (rank + 0.5) / self.length[unit] * self.length[source[unit]]
        return self.codes[self.start[source[unit]] + there.astype(int)]

    def _kinds(self) -> np.ndarray:
        """A number (units,) for what each unit shows: the same for the same labels in the same order, however long."""
        shown = []
        for start, length in zip(self.start, self.length, strict=True):
            mine = self.codes[start : start + length]
            shown.append(tuple(mine[np.flatnonzero(np.diff(mine, prepend=-1))].tolist()))
        numbers = {labels: number for number, labels in enumerate(sorted(set(shown)))}
        return np.array([numbers[labels] for labels in shown])

    def _walk(self, source: np.ndarray, kind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """From one order of labels to another: shuffled within blocks and folds, then swapped across folds."""
        cell = np.unique(np.stack([self.block, self.fold]), axis=1, return_inverse=True)[1]
        source = _shuffled(source, cell, rng)
        bound = np.flatnonzero(self.fold >= 0)
        folds = np.unique(self.fold[bound]).tolist()
        if len(folds) < 2:
            return source
        of_cell: dict[tuple[int, int], list[int]] = {}
        of_fold: dict[int, list[int]] = {}
        for unit in bound.tolist():
            of_cell.setdefault((int(self.block[unit]), int(self.fold[unit])), []).append(unit)
            of_fold.setdefault(int(self.fold[unit]), []).append(unit)
        now = source.tolist()
        for numbers in rng.random((min(SWAPS_PER_UNIT * len(bound), MOST_SWAPS), 5)).tolist():
            u, there = int(bound[int(numbers[0] * len(bound))]), folds[int(numbers[1] * len(folds))]
            here = int(self.fold[u])
            x = _pick(of_fold[here], numbers[2])
            v = _pick(of_cell.get((int(self.block[u]), there), []), numbers[3])
            y = _pick(of_cell.get((int(self.block[x]), there), []), numbers[4])
            if here == there or v is None or y is None or u == x or v == y:
                continue
            # u and v swap, and x and y: both folds keep their labels only if x has what v has, and y what u has
            if kind[now[x]] == kind[now[v]] and kind[now[y]] == kind[now[u]]:
                now[u], now[v], now[x], now[y] = now[v], now[u], now[y], now[x]
        return _shuffled(np.array(now), cell, rng)


def _pick(units: list[int], share: float) -> int | None:
    """One of `units` by a random number below 1; None when there are none."""
    return units[int(share * len(units))] if units else None


def _shuffled(source: np.ndarray, cell: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`source` (units,) in random order within each `cell` (units,)."""
    result = np.empty_like(source)
    result[np.argsort(cell, kind="stable")] = source[np.lexsort((rng.random(len(source)), cell))]
    return result


def exchange(windows: pl.DataFrame, fold: np.ndarray) -> Exchange | None:
    """How the labels of `windows` (video, performer, label; each video's in time) may be exchanged.

    `fold` (windows,): the fold in which each is tested. Windows without a label do not count; None when there are not
    two different labels.
    """
    labelled = windows["label"].is_not_null().to_numpy()
    known = joined(windows).filter(labelled).select("video", "performer", "label")
    known = known.with_columns(fold=pl.Series(fold[labelled]))
    if known["label"].n_unique() < 2:
        return None
    whole = (pl.col("label").n_unique() == 1) | (pl.col("video").n_unique() == 1)
    known = known.with_row_index("place").with_columns(whole=whole.over("performer"))
    known = known.with_columns(
        unit=pl.when("whole").then(pl.lit("p ") + pl.col("performer")).otherwise(pl.lit("v ") + pl.col("video")),
        block=pl.when("whole").then(pl.lit("")).otherwise(pl.lit("p ") + pl.col("performer")),
    ).sort("unit", maintain_order=True)
    units = known.group_by("unit", maintain_order=True).agg(
        pl.len().alias("windows"),
        pl.col("block", "fold", "whole").first(),
        spread=pl.col("fold").n_unique() > 1,
        several=pl.col("video").n_unique() > 1,
    )
    # Folds stratified by label hold several whole units; where each unit is a fold, labels played no part
    units = units.with_columns(alone=pl.len().over("fold") == 1)
    free = pl.any_horizontal(
        pl.col("spread").any().over("block"),
        pl.col("alone").all().over("block"),
        pl.col("fold").n_unique().over("block") == 1,
    )
    units = units.with_columns(fold=pl.when(free).then(-1).otherwise("fold"))
    classes, codes = np.unique(known["label"].to_numpy().astype(str), return_inverse=True)
    length = units["windows"].to_numpy().astype(int)
    return Exchange(
        classes=classes,
        codes=codes.astype(np.int16),
        start=np.cumsum(length) - length,
        length=length,
        block=units["block"].rank("dense").to_numpy().astype(int),
        fold=units["fold"].to_numpy().astype(int),
        place=known["place"].to_numpy().astype(int),
        note=_note(units),
    )


def _note(units: pl.DataFrame) -> str:
    within, performers = int((~units["whole"]).sum()), int(units["several"].sum())
    videos = len(units) - within - performers
    parts = [
        f"{count} {text}"
        for count, text in (
            (within, "videos within their performers"),
            (performers, "performers as a whole"),
            (videos, "videos of one performer each"),
        )
        if count
    ]
    kept = ", folds keep theirs" if (units["fold"] >= 0).any() else ""
    return f"labels are exchanged between {' and '.join(parts)}{kept}"


def distinct(orders: np.ndarray, codes: np.ndarray) -> int:
    """How many different orders of the labels there are among `orders` (count, windows) and the data's `codes`."""
    return len(np.unique(np.vstack([orders, codes]), axis=0))
