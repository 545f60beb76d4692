"""Checks of what a saved classifier holds, for code that trusts its arrays.

A file may be damaged or forged. Compiled code (trees, libsvm, kernels of MiniRocket) reads where the arrays point,
without looking: a wrong index ends the process or never ends at all. So each classifier checks its own arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.preprocessing import LabelBinarizer

LARGEST_NUMBER = 2**53
"""Largest size of a parameter: whole numbers up to here are exact in double precision."""


class ContentError(ValueError):
    """What a saved classifier holds does not fit together."""


def require(condition: bool, problem: str) -> None:
    """Raise ContentError with `problem` unless `condition`."""
    if not condition:
        raise ContentError(problem)


def require_array(value: Any, name: str, shape: tuple[int | None, ...], kinds: str = "f") -> np.ndarray:
    """`value`, if it is an array of this shape (None: any length) whose type is one of NumPy's `kinds`.

    Floats have to be finite. Raises ContentError.
    """
    require(type(value) is np.ndarray, f"{name} is no array")
    require(value.dtype.kind in kinds, f"{name} holds {value.dtype}")
    fits = len(value.shape) == len(shape) and all(
        want in (None, have) for have, want in zip(value.shape, shape, strict=True)
    )
    require(fits, f"{name} has the shape {value.shape}, not {shape}")
    if value.dtype.kind == "f":
        require(bool(np.isfinite(value).all()), f"{name} is not finite")
    return value


def require_number(value: Any, name: str, low: float, high: float) -> None:
    """Raise ContentError unless `value` is a number from `low` to `high`."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    require(bool(number and low <= value <= high), f"{name} is not a number from {low:g} to {high:g}")


def require_classes(estimator: Any, classes: int) -> int:
    """The number of classes that `estimator` knows. Raises ContentError unless they are positions among so many
    `classes`, rising."""
    known = require_array(estimator.classes_, "classes_", (None,), "iu")
    require(len(known) > 0 and bool(((known >= 0) & (known < classes)).all()), "classes_ are not those of the labels")
    require(bool((np.diff(known) > 0).all()), "classes_ are not sorted")
    return len(known)


def check_dummy(estimator: DummyClassifier, shape: tuple[int, int], classes: int) -> None:
    """Raise ContentError where what a baseline counted does not fit together; it takes series of any `shape`."""
    known = require_classes(estimator, classes)
    require_array(estimator.class_prior_, "class_prior_", (known,))
    require(estimator.n_outputs_ == 1 and estimator.n_classes_ == known, "it has more outputs than one")
    require(estimator._strategy == estimator.strategy, "_strategy is another")
    require(estimator.sparse_output_ is False, "its output is sparse")


def check_binarizer(binarizer: Any, classes: np.ndarray) -> None:
    """Raise ContentError unless `binarizer` turns outputs into these `classes`."""
    require(type(binarizer) is LabelBinarizer, "_label_binarizer is none")
    require(np.array_equal(binarizer.classes_, classes), "the binarizer has other classes")
    require(binarizer.sparse_output is False and binarizer.sparse_input_ is False, "the binarizer is sparse")
    expected = "binary" if len(classes) == 2 else "multiclass"
    require(binarizer.y_type_ == expected, f"the binarizer is not {expected}")


def require_finite(holder: Any) -> None:
    """Raise ContentError where any array of floats in `holder` has a value that is not finite."""
    for name, array in _arrays(holder, "", set()):
        if array.dtype.kind == "f":
            require(bool(np.isfinite(array).all()), f"{name} is not finite")


def _arrays(holder: Any, name: str, seen: set[int]) -> Iterator[tuple[str, np.ndarray]]:
    if id(holder) in seen:
        return
    seen.add(id(holder))
    if isinstance(holder, np.ndarray):
        yield name, holder
    elif isinstance(holder, (list, tuple)):
        for one in holder:
            yield from _arrays(one, name, seen)
    elif isinstance(holder, dict):
        for key, one in holder.items():
            yield from _arrays(one, str(key), seen)
    elif hasattr(holder, "__dict__") and not isinstance(holder, type):
        yield from _arrays(vars(holder), name, seen)


def is_like(found: Any, fresh: Any) -> bool:
    """Whether `found` has the parameters of `fresh`, an unfitted estimator: the same types, words and switches.

    Numbers may be others, which settings choose, except of processes and of output.
    """
    if type(found) is not type(fresh):
        return _is_number(found) and _is_number(fresh)
    if isinstance(fresh, (list, tuple)):
        pairs = zip(found, fresh, strict=False)
        numbers = all(map(_is_number, [*found, *fresh]))
        return numbers or (len(found) == len(fresh) and all(is_like(one, other) for one, other in pairs))
    if hasattr(fresh, "get_params"):
        mine, others = found.get_params(deep=False), fresh.get_params(deep=False)
        fixed = ("n_jobs", "verbose")
        return all(mine[key] == others[key] if key in fixed else is_like(mine[key], others[key]) for key in others)
    return _is_number(found) or found == fresh


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= LARGEST_NUMBER
    )
