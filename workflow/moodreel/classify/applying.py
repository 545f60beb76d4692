"""Applies a trained model to the tables of one new recording: its features, its windows, and a prediction for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import polars as pl

from moodreel.classify.description import Description
from moodreel.classify.probabilities import probabilities
from moodreel.classify.reference_space import ReferenceSpace
from moodreel.classify.saved import Model
from moodreel.classify.training import Classifier
from moodreel.errors import UserError
from moodreel.features import windows as feature_windows
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.per_video import openface_columns, video_features
from moodreel.settings.windows import WindowsSettings

STRANGER = "(not in the training)"
"""Stands for a performer who is not among the training's."""


@dataclass(frozen=True)
class Recording:
    """A recording in the form that a model takes.

    `matrix` holds its features, `windows` (table WINDOWS) all its windows, `requested` (windows,) bool those to be
    classified; `unseen` names the training's columns that have no value in it.
    """

    matrix: FeatureMatrix
    windows: pl.DataFrame
    requested: np.ndarray
    unseen: tuple[str, ...]

    @property
    def usable(self) -> np.ndarray:
        """Which of the windows show enough to be classified, (windows,) bool."""
        return self.windows["reason"].is_null().to_numpy()


@final
@dataclass(frozen=True)
class Prediction:
    """A model's predictions for windows, arrays (windows,).

    `cluster` int, 0 where no clusters were learnt; `label` object, None where no labels were learnt; the probabilities
    (windows, classes), None where the classifier gives none; `nearest`, `distance`, `far` as in ReferenceSpace.nearest;
    `places` (windows, dimensions) as in ReferenceSpace.places.
    """

    cluster: np.ndarray
    cluster_probabilities: np.ndarray | None
    label: np.ndarray
    label_probabilities: np.ndarray | None
    nearest: np.ndarray
    distance: np.ndarray
    far: np.ndarray
    places: np.ndarray


def read_recording(
    pose: pl.DataFrame,
    face: pl.DataFrame,
    description: Description,
    *,
    video: str,
    performer: str | None = None,
    last_frames: int | None = None,
) -> Recording:
    """Features and windows from the POSE and FACE tables of one recording, made as in the training.

    Where emotion scores are among the training's columns, `face` has them too (`per_video.with_emotions`). With
    `last_frames` the windows are counted back from the recording's end, and those that lie within so many frames before
    it, to half a row of the grid, are requested; where a video is one window, it consists of these frames. Raises
    UserError when the two tables are not of one recording, when a person is visible but none of the training's columns
    has a value, or when the last frames are too few for a window.
    """
    if len(pose) != len(face):
        raise UserError(
            f"the pose table has {len(pose)} frames and the face table {len(face)}: they are not of one recording. "
            "Make both from the same video."
        )
    settings, features = description.windows_settings, description.features_settings
    if settings.per == "video" and last_frames is not None:
        pose, face, last_frames = pose.tail(last_frames), face.tail(last_frames), None
    if openface_columns(description.names):
        raise UserError(
            "this model was trained on OpenFace's raw columns (features.set: paper), which are not read for a single "
            "recording. Train with features.set: normalised to apply a model."
        )
    found = video_features(pose, face, list(description.names), settings, features)
    used = [column.name for column in description.columns if column.used]
    unseen = tuple(name for name in used if not found[name].count())
    if len(unseen) == len(used) and found["valid"].any():
        raise UserError(
            "the recording shows none of the features that the model was trained on: "
            f"{', '.join(unseen[:5])}{', ...' if len(unseen) > 5 else ''}. Read it with the backends of the training."
        )
    times, valid = found["time_s"].to_numpy(), found["valid"].to_numpy()
    table, requested = cut(times, valid, settings, pose["time_s"].to_numpy(), last_frames)
    name = performer or STRANGER
    table = table.with_columns(video=pl.lit(video), performer=pl.lit(name, pl.String), label=pl.lit(None, pl.String))
    matrix = FeatureMatrix(
        values=found.select(description.names).fill_null(float("nan")).to_numpy().astype(np.float32),
        columns=description.names,
        video=np.zeros(len(found), np.int32),
        videos=(video,),
        time_s=times,
        rate_hz=settings.grid_hz,
    )
    return Recording(matrix, table, requested, unseen)


def cut(
    times: np.ndarray, valid: np.ndarray, settings: WindowsSettings, frames: np.ndarray, last_frames: int | None
) -> tuple[pl.DataFrame, np.ndarray]:
    """The windows of a grid, (rows,) `times` in s and `valid`, and which of them are requested, (windows,) bool.

    `frames` (frames,) are the frames' times in s. See `read_recording` for `last_frames`.
    """
    if last_frames is None or not len(times):
        table = feature_windows.index(times, valid, 0, settings)
        return table, np.ones(len(table), bool)
    length, stride = round(settings.length_s * settings.rate_hz), round(settings.stride_s * settings.rate_hz)
    rows = round((times[-1] - times[0]) * settings.rate_hz) + 1  # those that the grid leaves out are counted
    first = (rows - length) % stride if rows > length else 0
    table = feature_windows.index(times, valid, 0, settings, skip=first)
    begins = frames[max(0, len(frames) - last_frames)]
    whole = (table["reason"] != "partial").fill_null(True).to_numpy()
    requested = whole & (table["start_s"].to_numpy() > begins - 0.5 / settings.rate_hz)
    if whole.any() and not requested.any():
        lasts = times[-1] + 1 / settings.rate_hz - begins
        raise UserError(
            f"--last-frames {last_frames}: they last {lasts:.2f} s, less than one window of {settings.length_s:g} s. "
            f"Give at least {int(np.ceil(last_frames * settings.length_s / lasts)) + 1}."
        )
    return table, requested if whole.any() else np.ones(len(table), bool)


def describe_centering(description: Description, *, video: str, performer: str | None) -> str:
    """State whose median is subtracted from head pose, gaze, body and raw action units."""
    by = description.features_settings.center
    owner = video if by == "video" else performer
    if by == "none":
        return "nothing is centred, as in the training"
    if owner in description.owners:
        return f"centred by the training's medians of the {by} {owner!r}"
    return f"centred by this recording's own medians, since its {by} was not in the training"


def predict(model: Model, space: ReferenceSpace, found: Recording) -> Prediction:
    """Predict the windows that are kept and requested; there must be at least one.

    For a performer who is not among the training's, medians are taken over all kept windows of the recording.
    """
    kept = found.windows.filter(found.usable)
    series = model.series(found.matrix, kept)[found.requested[found.usable]]
    nearest, distance, far = space.nearest(series)
    clusters, labels = model.clusters, model.truth
    return Prediction(
        cluster=clusters.predict(series).astype(int) if clusters else np.zeros(len(series), int),
        cluster_probabilities=_probabilities_of(clusters, series),
        label=labels.predict(series).astype(object) if labels else np.full(len(series), None),
        label_probabilities=_probabilities_of(labels, series),
        nearest=nearest,
        distance=distance,
        far=far,
        places=space.places(series),
    )


def _probabilities_of(classifier: Classifier | None, series: np.ndarray) -> np.ndarray | None:
    return probabilities(classifier, series) if classifier else None


def table(
    found: Recording, prediction: Prediction | None, model: Model, description: Description, name: str
) -> pl.DataFrame:
    """The table APPLIED without its music: one row for each requested window, kept or not.

    `prediction` covers the kept ones, None when there are none; `name` is the classifier's.
    """
    requested = found.windows.filter(found.requested)
    result = requested.select("video", "window", "start_s", "end_s", "valid_share", "reason", classifier=pl.lit(name))
    rows = np.flatnonzero(found.usable[found.requested])

    def spread(values: Sequence | np.ndarray | None, kind: type[pl.DataType]) -> pl.Series:
        """`values` of the kept windows at their rows, null in the others."""
        full = np.full(len(requested), None, dtype=object)
        if values is not None:
            full[rows] = list(values)
        return pl.Series(full.tolist(), dtype=kind)

    clusters = prediction.cluster.tolist() if prediction and model.clusters else None
    columns = {
        "cluster": spread(clusters, pl.Int32),
        "cluster_name": spread(clusters and [description.clusters[c].name for c in clusters], pl.String),
        "cluster_probability": spread(
            prediction
            and _probability_of_label(prediction.cluster_probabilities, model.clusters, prediction.cluster.astype(str)),
            pl.Float32,
        ),
        "label": spread(prediction and prediction.label, pl.String),
        "label_probability": spread(
            prediction and _probability_of_label(prediction.label_probabilities, model.truth, prediction.label),
            pl.Float32,
        ),
        "nearest": spread(prediction and prediction.nearest.tolist(), pl.Int32),
        "distance": spread(prediction and prediction.distance.tolist(), pl.Float64),
        "far": spread(prediction and prediction.far.tolist(), pl.Boolean),
    }
    for kind, classifier in (("cluster", model.clusters), ("label", model.truth)):
        of_classes = getattr(prediction, f"{kind}_probabilities") if prediction else None
        for position, label in enumerate(classifier.classes if classifier else ()):
            column = None if of_classes is None else of_classes[:, position].tolist()
            columns[f"p_{kind}_{label}"] = spread(column, pl.Float32)
    return result.with_columns(**columns)


def _probability_of_label(
    of_classes: np.ndarray | None, classifier: Classifier | None, labels: np.ndarray
) -> list[float] | None:
    """The probability that each window's own label has in `of_classes` (windows, classes)."""
    if of_classes is None or classifier is None:
        return None
    return of_classes[np.arange(len(labels)), np.searchsorted(classifier.classes, labels.astype(str))].tolist()


def why_nothing(found: Recording) -> str:
    """Why no window is classified."""
    if found.windows.is_empty():
        return "no windows: the recording has no frames"
    counts = found.windows.filter(found.requested)["reason"].value_counts().rows()
    why = {
        "partial": "longer than what is left of the recording (windows.length_s of the training)",
        "short": "with fewer than two times at which a face is visible: there is no movement in them",
        "gaps": "with too few times at which a face is visible (and a body, where features.groups has it)",
    }
    return "no predictions: " + "; ".join(f"{n} windows {why[name]}" for name, n in sorted(counts))


def summary(video: str, table: pl.DataFrame) -> str:
    """How many windows of the table APPLIED were classified, and as what."""
    done = table.filter(pl.col("reason").is_null())
    parts = [f"{video}: {len(done)} of {len(table)} windows classified"]
    for column in ("cluster_name", "label"):
        counts = done[column].drop_nulls().value_counts(sort=True).rows()
        if counts:
            parts.append(", ".join(f"{n} {name}" for name, n in counts))
    if len(done):
        parts.append(f"{done['far'].sum()} far from the nearest centre, {done['track'].count()} with music")
    return "; ".join(parts)
