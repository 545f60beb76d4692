"""Reads and checks the inputs of applying a model: the parts of its folder and the tables of a new recording."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.classify import description
from moodreel.classify.description import Description
from moodreel.classify.reference_space import ReferenceSpace
from moodreel.classify.saved import Model, load
from moodreel.errors import UserError
from moodreel.face import trust
from moodreel.features import per_video
from moodreel.features.selection import scorer
from moodreel.tables import base
from moodreel.tables.applied import MODEL_MUSIC, REFERENCE_SPACE
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.face import FACE
from moodreel.tables.schema import Table


def load_model(folder: Path, name: str, described: Description) -> Model:
    """The classifier `name` of the folder. Raises UserError when it belongs to another training."""
    path = folder / f"{name}.skops"
    model = load(path)
    _require(model.stamp, path, described)
    learnt = described.classifiers[name]
    both = ((model.clusters, learnt.clusters), (model.truth, learnt.labels))
    same = all((found.classes.tolist() if found else []) == classes for found, classes in both)
    if not same or model.columns != described.names or model.scaler.settings != described.features_settings:
        raise _damaged(path)
    return model


def read_reference_space(folder: Path, described: Description, model: Model) -> ReferenceSpace:
    """The reference space of the training of `model`. Raises UserError when it belongs to another training, or is
    damaged."""
    path, reach = folder / "space.parquet", {number: cluster.reach for number, cluster in described.clusters.items()}
    table = read_part(path, REFERENCE_SPACE, described)
    try:
        space = ReferenceSpace.from_table(table, reach, described.unit)
    except (ValueError, TypeError, KeyError, IndexError, pl.exceptions.PolarsError):
        raise _damaged(path) from None
    finite = all(np.isfinite(array).all() for array in (space.centres, space.mean, space.axes))
    shape = (model.bins, len(space.columns))
    if not finite or not len(space.numbers) or space.mean.shape != shape or space.columns != model.scaler.columns_:
        raise _damaged(path)
    return space


def read_music(folder: Path, described: Description, space: ReferenceSpace) -> pl.DataFrame:
    """The table MODEL_MUSIC of the training. Raises UserError when it belongs to another training, or is damaged."""
    path = folder / "music.parquet"
    table = read_part(path, MODEL_MUSIC, described)
    if table.columns[len(MODEL_MUSIC.names) :] != [f"c{number}" for number in range(len(space.axes))]:
        raise _damaged(path)
    if set(table["track"].to_list()) - described.sounds.keys():
        raise _damaged(path)
    return table


def _damaged(path: Path) -> UserError:
    return UserError(f"{path}: damaged or forged: it does not fit {description.FILE} next to it. Train again.")


def read_part(path: Path, spec: Table, described: Description) -> pl.DataFrame:
    """A table of the folder. Raises UserError when it belongs to another training."""
    table = base.read(path, spec)
    _require(base.read_stamp(path), path, described)
    return table


def _require(stamp: Mapping[str, object], path: Path, described: Description) -> None:
    if stamp.get("fingerprint") != described.fingerprint:
        raise UserError(f"{path}: belongs to another training than {description.FILE} next to it. Train again.")


def read_columns(path: Path, spec: Table, columns: list[str]) -> pl.DataFrame:
    """These columns of a recording's table. Raises UserError naming those that are missing."""
    base.read(path, spec, columns=[])  # checks that it is this table and version
    missing = [c for c in columns if c not in pq.read_schema(path).names]
    if missing:
        raise UserError(f"{path}: the model needs columns that are missing here: {', '.join(missing)}")
    return base.read(path, spec, columns=columns)


def read_face(face: Path, emotions: Path | None, described: Description) -> pl.DataFrame:
    """The columns of the recording's FACE that the model takes, with the emotion scores if it takes these.

    Raises UserError when it takes them and they are not given, or were scored otherwise than the training's.
    """
    columns = per_video.face_columns(described.names)
    if not per_video.emotion_columns(described.names):
        return read_columns(face, FACE, columns)
    trained = described.emotions or {}
    if emotions is None:
        raise UserError(
            "this model was trained on emotion scores: give the recording's as --emotions, made by "
            f"{trained.get('backend')} on faces that {trained.get('detector')} finds"
        )
    scores, scored_by = base.read(emotions, EMOTION_SCORES), scorer(emotions)
    if scored_by != trained:
        raise UserError(
            f"{emotions}: scores of {_in_words(scored_by)}, and the model was trained on those of {_in_words(trained)}"
        )
    return per_video.with_emotions(read_columns(face, FACE, ["frame", *columns]), scores)


def _in_words(scored: Mapping[str, str]) -> str:
    return f"{scored.get('backend')} on faces by {scored.get('detector')}"


def doubtful_units(described: Description, backend: str | None) -> str | None:
    """Which of the model's action units are not to be used with the face backend of the recording, and what to do; None
    when there are none or the backend is unknown."""
    used = {trust.unit_of(column.name) for column in described.columns if column.used}
    units = [f"AU{unit:02d}" for unit in trust.unusable_units([backend] if backend else []) if unit in used]
    if not units:
        return None
    return (
        f"{', '.join(units)}, not to be used with {backend} (see {trust.PAGE}). Read the recording as the training's "
        "videos were, or train with features.units: trusted on videos that this backend has read."
    )
