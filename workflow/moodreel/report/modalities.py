"""The report's sentences on face, body and both (table MODALITIES)."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from moodreel.classify.modalities import BOTH, FACE
from moodreel.report.summary import interval, quantity


def says(table: pl.DataFrame) -> list[str]:
    """A sentence for each kind of folds: face, body and both, and whether both beat the face alone."""
    sentences = []
    for group in table["group"].unique(maintain_order=True):
        rows = {row["part"]: row for row in table.filter(group=group).iter_rows(named=True)}
        parts = [name for name in (FACE, "body", BOTH) if name in rows]
        if len(parts) < 2:
            continue
        first = rows[parts[0]]
        figures = ", ".join(f"{name} {rows[name]['value']:.2f}{interval(rows[name])}" for name in parts)
        sentence = (
            f"On unseen {group}s {first['classifier']} reaches, in balanced accuracy, {figures} "
            f"({quantity(first['windows'], 'window')} of {quantity(first['people'], 'person')})"
        )
        sentences.append(f"{sentence}: {_both_less_face(rows)}." if {FACE, BOTH} <= set(rows) else f"{sentence}.")
    if sentences and (table["labels"] == "clusters").any():
        sentences.append(
            "No window has a label, so these are the run's clusters, which were made from both: that favours both."
        )
    return sentences


def _both_less_face(rows: Mapping[str, Mapping[str, Any]]) -> str:
    difference, low, high = (rows[BOTH][name] for name in ("less_face", "less_face_low", "less_face_high"))
    points = f"{100 * difference:+.0f} points".replace("-", "−")
    if low is None:
        return f"both minus the face alone is {points}, with no interval for so few or so equal people"
    between = f"95 % interval {100 * low:+.0f} to {100 * high:+.0f}".replace("-", "−")
    if low > 0:
        return f"both beat the face alone by {points} ({between})"
    if high < 0:
        return f"the body lowers it: both minus the face alone is {points} ({between})"
    return f"both do not beat the face alone beyond chance: {points} ({between})"
