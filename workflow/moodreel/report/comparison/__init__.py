"""Compares a paper's published numbers with a run's own: the table COMPARISON and the page.

What all papers share is generated from their expected.yaml (`published`) and that table (`page`). What is particular to
a kind of study comes from a module of its own with a subclass `Study` of `study.Study`: it reads the run's tables,
gives rows of COMPARISON, and names a template that extends the one of `page`. A new kind is that module, that template
and one line in `KINDS`. Only the run's own kind is imported.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Kind:
    """A kind of study (the setting `study`).

    module: its module. tables: what the comparison reads from the run's folder besides settings.yaml and videos.tsv, by
    inputs of its step.
    """

    module: str
    tables: Mapping[str, str]


KINDS = {
    "expressions": Kind(
        "moodreel.report.comparison.expressions",
        {
            "screening": "screening.tsv",
            "features": "features.parquet",
            "windows": "windows.parquet",
            "silhouette": "silhouette.tsv",
            "clusters": "clusters.parquet",
            "evaluation": "evaluation.tsv",
            "modalities": "modalities.tsv",
            "pairs": "pairs.tsv",
        },
    ),
    "emotions": Kind(
        "moodreel.report.comparison.emotions",
        {
            "clips": "clip_emotions.tsv",
            "accuracy": "clip_accuracy.tsv",
            "detectors": "detectors.tsv",
            "timeline": "emotion_timeline.tsv",
        },
    ),
}
"""Kinds of study by name."""


def load(name: str) -> ModuleType:
    """The module of a kind of study."""
    return importlib.import_module(KINDS[name].module)
