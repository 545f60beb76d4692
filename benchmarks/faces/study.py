"""Evaluation of judges on a sample of pictures: the contents of the JSON of figures, without names of people or
files."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import origin
from benchmarks.faces import figures, units
from benchmarks.faces.judges import Judge, Pictures
from benchmarks.faces.labelled import LabelledSet, Picture, Sample, readable
from moodreel.emotions.frames import NO_FACE
from moodreel.emotions.votes import CLASSES
from moodreel.settings.emotions import CLASSES as CLASS_OF
from moodreel.tables.emotions import EMOTIONS

_CLASS = np.array([CLASSES.index(CLASS_OF[name]) for name in EMOTIONS])


def counts(labelled: LabelledSet) -> dict[str, Any]:
    """Counts of the labelled pictures in a folder."""
    named = Counter(picture.person for picture in labelled.pictures if picture.named)
    return {
        "pictures": len(labelled.pictures),
        "labels": _labels(labelled.pictures),
        "named_pictures": named.total(),
        "named_people": len(named),
        "people_with_several": sum(count > 1 for count in named.values()),
        "set_aside": dict(labelled.set_aside),
    }


def judge(
    labelled: LabelledSet, sample: Sample, judges: Sequence[Judge], *, models: Path, folder: Path, seed: int
) -> dict:
    """The figures of `judges` on `sample`; tables are written into `folder`, seeds follow from `seed`."""
    pictures = sample.pictures
    place = {picture: number for number, picture in enumerate(pictures)}
    drawn_at, twice_at = ([place[picture] for picture in some] for some in (sample.drawn, sample.twice))
    shown = Pictures([picture.path for picture in pictures], models, folder)
    raters = _raters(labelled.pictures)
    truth, people, rater = _labels_of(sample.drawn, raters)
    of_judges: dict[str, Any] = {}
    of_units: dict[str, Any] = {}
    for one in judges:
        predicted = one.emotions(shown)
        found = of_judge(sample.drawn, predicted[drawn_at], raters, seed)
        if sample.twice:
            found["twice"] = _agreement_with_raters(sample.twice, predicted[twice_at])
        of_judges[one.name] = {"says": one.says, **found}
        if one.units:
            of_units[one.units] = units.areas(units.read(shown, one.units)[drawn_at], truth, people, rater, seed)
        right, missed = found["emotions"]["all"]["accuracy"], found["emotions"]["missed"]
        origin.report_progress(f"{one.name}: {right:.3f} of {len(drawn_at)} right, {missed} without a face")
    return {
        "sample": {
            "pictures": len(sample.drawn),
            "people": len({picture.person for picture in sample.drawn}),
            "labels": _labels(sample.drawn),
            "set_aside": dict(sample.set_aside),
            "raters": _of_raters(sample.drawn, raters),
        },
        "twice": _of_twice(sample.twice),
        "judges": of_judges,
        "units": of_units,
    }


def of_judge(drawn: Sequence[Picture], predicted: np.ndarray, raters: Mapping[str, str], seed: int) -> dict[str, Any]:
    """The figures of one judge, who predicted the indices `predicted` in EMOTIONS (pictures,), -1 without a face, for
    the pictures `drawn`.

    `raters` has the letter of each rater.
    """
    truth, people, rater = _labels_of(drawn, raters)
    classes = np.where(predicted == NO_FACE, NO_FACE, _CLASS[predicted])
    return {
        "emotions": figures.accuracy_figures(truth, predicted, people, EMOTIONS, seed),
        "classes": figures.accuracy_figures(_CLASS[truth], classes, people, CLASSES, seed),
        "by_rater": {
            name: {
                "missed": int((predicted[rater == name] == NO_FACE).sum()),
                "accuracy": float((predicted == truth)[rater == name].mean()),
            }
            for name in sorted(set(rater.tolist()))
        },
    }


def _labels_of(drawn: Sequence[Picture], raters: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels as indices in EMOTIONS, people, and raters' letters, each (pictures,)."""
    people, rater = (np.array(names) for names in zip(*((p.person, raters[p.rater]) for p in drawn), strict=True))
    return _codes(picture.label for picture in drawn), people, rater


def _codes(labels: Iterable[str | None]) -> np.ndarray:
    return np.array([EMOTIONS.index(label) for label in labels if label])


def _labels(pictures: Sequence[Picture], which: str = "label") -> dict[str, int]:
    found = Counter(getattr(picture, which) for picture in pictures)
    return {label: found[label] for label in EMOTIONS if found[label]}


def _raters(pictures: Sequence[Picture]) -> dict[str, str]:
    """A letter for each rater in place of their name: A has labelled most pictures."""
    ordered = [rater for rater, _ in Counter(picture.rater for picture in pictures).most_common()]
    return {rater: chr(ord("A") + n) if n < 26 else f"R{n + 1}" for n, rater in enumerate(ordered)}


def _of_raters(drawn: Sequence[Picture], raters: Mapping[str, str]) -> dict[str, Any]:
    """Properties of each rater's pictures, since the kind of picture may differ between raters."""
    found = {}
    for rater, name in raters.items():
        own = [picture for picture in drawn if picture.rater == rater]
        if own:
            labels = _labels(own)
            found[name] = {
                "pictures": len(own),
                "people": len({picture.person for picture in own}),
                "median_height_px": median(len(readable(picture.path)) for picture in own),
                "labels": labels,
                "majority": max(labels.values()) / len(own),
            }
    return found


def _of_twice(twice: Sequence[Picture]) -> dict[str, Any] | None:
    """Agreement of the raters of pictures that were labelled twice."""
    if not twice:
        return None
    return {
        "pictures": len(twice),
        "people": len({picture.person for picture in twice}),
        "first": _labels(twice),
        "second": _labels(twice, "second"),
        **figures.agreement(*_both(twice)),
    }


def _agreement_with_raters(twice: Sequence[Picture], predicted: np.ndarray) -> dict[str, Any]:
    """Agreement of a judge with either rater of the same pictures."""
    first, second = (figures.agreement(labels, predicted) for labels in _both(twice))
    return {"missed": int((predicted == NO_FACE).sum()), "first": first, "second": second}


def _both(twice: Sequence[Picture]) -> tuple[np.ndarray, np.ndarray]:
    """The labels of the first and of the second rater of pictures that were labelled twice."""
    return _codes(picture.label for picture in twice), _codes(picture.second for picture in twice)
