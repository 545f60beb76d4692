"""The description of a folder of models: `model.json`, human-readable and checked before anything is applied."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from moodreel.classify import estimators
from moodreel.errors import UserError
from moodreel.features.groups import GROUP_OF, GROUPS
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.storage.atomic import write_text
from moodreel.storage.content_marks import special_kind
from moodreel.tables.applied import MODEL_MUSIC, REFERENCE_SPACE
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import FEATURES, WINDOWS

FILE = "model.json"
FORMAT = 1
"""Raised whenever older folders of models can no longer be applied."""

TABLES = {table.name: table.version for table in (POSE, FACE, FEATURES, WINDOWS, REFERENCE_SPACE, MODEL_MUSIC)}
"""The tables that a model depends on, with the versions that this code reads."""


LARGEST_FILE = 64 << 20
"""Bytes of the largest description: a training video takes 100."""

Text = Annotated[str, Field(max_length=1000)]
Size = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Feature(_Part):
    """A feature column: its group in `features.groups`, its unit, and whether it was visible often enough to be
    used."""

    name: Text
    group: Text
    unit: Text
    used: bool


class Cluster(_Part):
    """A cluster: its name, how many training windows it has, and how far from its centre 95 % of them lie at most."""

    name: Text
    windows: int
    reach: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SavedClassifier(_Part):
    """A saved classifier: the classes that it knows, and whether it gives probabilities."""

    clusters: list[Text]
    labels: list[Text]
    probabilities: bool


class Description(_Part):
    """Everything about a folder of models that is not an array.

    `windows` and `features` are the training's settings, `rate_hz` is that of the series in Hz; `owners` are the
    performers (or videos, as `features.center` says) whose medians were learnt; `unit` is what distances are divided
    by; `sounds` numbers the training videos by their sound, equal ones alike; `emotions` names what found and what
    scored the faces (`detector`, `backend`), where emotion scores are among the columns; `fingerprint` is in every file
    of the folder; `stamp` says what made it.
    """

    format: int
    tables: dict[Text, int]
    fingerprint: Text
    windows: dict[Text, Any]
    features: dict[Text, Any]
    rate_hz: Size
    columns: list[Feature]
    owners: list[Text]
    clusters: dict[int, Cluster]
    unit: Size
    classifiers: dict[Text, SavedClassifier]
    sounds: dict[Text, int]
    emotions: dict[Text, Text] | None = None
    stamp: dict[Text, Any]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        unknown = sorted(
            {name for name in self.names if name not in GROUP_OF} | {*self.classifiers} - {*estimators.CLASSIFIERS}
        )
        if unknown:
            raise ValueError(f"there are no such features or classifiers: {', '.join(unknown[:5])}")
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError("columns: each feature once")
        numbers = {str(number) for number in self.clusters}
        if any(set(one.clusters) - numbers for one in self.classifiers.values()):
            raise ValueError("classifiers: one predicts a cluster that is not among clusters")
        if not isinstance(self.stamp.get("settings"), dict):
            raise ValueError("stamp: without the settings of the training")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the feature columns, in the training's order."""
        return tuple(column.name for column in self.columns)

    @property
    def windows_settings(self) -> WindowsSettings:
        return WindowsSettings(**self.windows)

    @property
    def features_settings(self) -> FeaturesSettings:
        return FeaturesSettings(**self.features)

    def select(self, classifier: str | None) -> str:
        """The classifier of that name; without one the first that gives probabilities, else the first.

        Dummies come last. Raises UserError where there is none of that name, or none at all.
        """
        if classifier is None:
            rank = {n: (n in estimators.DUMMIES, not one.probabilities) for n, one in self.classifiers.items()}
            ranked = sorted(rank, key=rank.__getitem__)
            if not ranked:
                raise UserError("the models folder holds no classifier: there was nothing to learn (see train's log)")
            return ranked[0]
        if classifier not in self.classifiers:
            raise UserError(f"--classifier {classifier}: not among the saved ones: {', '.join(self.classifiers)}")
        return classifier


def describe_columns(columns: tuple[str, ...], used: tuple[str, ...]) -> list[Feature]:
    """Each of the feature `columns` with its group and unit, marked where it is among the `used`."""
    return [
        Feature(
            name=name,
            group=GROUP_OF[name],
            unit=GROUPS[GROUP_OF[name]].unit,
            used=name in used,
        )
        for name in columns
    ]


def fingerprint(settings: Mapping[str, Any], columns: tuple[str, ...], clusters: list[int]) -> str:
    """Sixteen hexadecimal digits that identify the input of a training: settings, columns and the windows' clusters."""
    text = json.dumps([settings, columns, clusters], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write(folder: Path, description: Description) -> None:
    """Write `description` into the folder of models, atomically."""
    write_text(folder / FILE, description.model_dump_json(indent=2) + "\n")


def read(folder: Path) -> Description:
    """Read the description. Raises UserError when there is none, or it is of another format or other table versions."""
    path = folder / FILE
    try:
        others = (file for file in sorted(folder.iterdir()) if file.exists() and not file.is_dir())
        for file in (path, *others):
            if kind := special_kind(file, file.stat().st_mode):  # opening a pipe would wait for its writer
                raise UserError(f"{file}: {kind}, not a file that training writes. Train again.")
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(
                f"{path}: not the description of a model: larger than {LARGEST_FILE >> 20} MB. Train again."
            )
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{folder}: no folder of trained models, {FILE} is missing. Give a run's folder `models`; one that an "
            "older moodreel wrote has to be trained again (delete it and run again)."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not the description of a model ({error}). Train again.") from None
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        raise UserError(f"{path}: a model of format {found}, this moodreel reads format {FORMAT}. Train again.")
    try:
        description = Description(**raw)
        description.windows_settings, description.features_settings  # noqa: B018 - their own checks
    except (ValidationError, TypeError) as error:
        raise UserError(f"{path}: not the description of a model: {_in_words(error)}. Train again.") from None
    other = [
        f"{name} {description.tables.get(name)} (now {version})"
        for name, version in TABLES.items()
        if description.tables.get(name) != version
    ]
    if other:
        raise UserError(f"{path}: trained on tables of other versions: {', '.join(other)}. Train again.")
    return description


def _in_words(error: ValidationError | TypeError) -> str:
    """The first mistakes, each with the place of its key."""
    if isinstance(error, TypeError):
        return str(error)
    found = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}"[:300] for one in error.errors()]
    return "; ".join(found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
