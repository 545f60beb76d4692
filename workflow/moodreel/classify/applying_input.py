"""Reads and checks the inputs of applying a model: the parts of its folder and the tables of a new recording."""

from collections.abc import Mapping
from pathlib import Path

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
from moodreel.tables.applied import REFERENCE_SPACE
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.face import FACE
from moodreel.tables.schema import Table


def load_model(folder: Path, name: str, described: Description) -> Model:
    """The classifier `name` of the folder. Raises UserError when it belongs to another training."""
    model = load(folder / f"{name}.skops")
    _require(model.stamp, folder / f"{name}.skops", described)
    return model


def read_reference_space(folder: Path, described: Description) -> ReferenceSpace:
    """The reference space of the training. Raises UserError when it belongs to another training."""
    reach = {number: cluster.reach for number, cluster in described.clusters.items()}
    return ReferenceSpace.from_table(
        read_part(folder / "space.parquet", REFERENCE_SPACE, described), reach, described.unit
    )


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
