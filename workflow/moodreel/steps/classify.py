"""Apply a trained model to a new recording: cluster, emotion and music for each of its windows."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.classify import applying, description
from moodreel.classify.description import Description
from moodreel.classify.reference_space import Space
from moodreel.classify.saved import Model, load
from moodreel.errors import UserError
from moodreel.face import trust
from moodreel.features import moments
from moodreel.music.by_features import ByFeatures
from moodreel.music.ranking import rank
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.applied import APPLIED, MODEL_MUSIC, MODEL_SPACE
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.schema import Table
from moodreel.workflow import old_step as step

UNKNOWN_SOUND = -1


def arguments() -> argparse.ArgumentParser:
    parser = step.parser(__doc__)
    parser.add_argument("--models", type=Path, required=True, help="a run's folder models")
    parser.add_argument("--pose", type=Path, required=True, help="pose.parquet of the recording")
    parser.add_argument("--face", type=Path, required=True, help="face.parquet of the recording")
    parser.add_argument(
        "--emotions", type=Path, help="emotions.parquet of the recording, if the model takes its scores"
    )
    parser.add_argument("--out", type=Path, required=True, help="what is said of each window, .parquet or .tsv")
    parser.add_argument("--classifier", help="who is asked; default: the first that has probabilities, else the first")
    parser.add_argument("--last-frames", type=int, help="only the windows within so many frames before the end")
    parser.add_argument("--performer", help="who is seen; one of the training is centred by the medians learnt there")
    parser.add_argument("--video", default="recording", help="the recording's id in the table")
    return parser


def main() -> None:
    args = arguments().parse_args()
    if args.out.suffix not in (".parquet", ".tsv"):
        raise UserError(f"--out {args.out}: give a name that ends in .parquet or .tsv")
    if args.last_frames is not None and args.last_frames < 1:
        raise UserError(f"--last-frames {args.last_frames}: at least one frame is needed")
    described = description.read(args.models)
    name = described.select(args.classifier)
    model = model_of(args.models, name, described)
    space = Space.from_table(
        part(args.models / "space.parquet", MODEL_SPACE, described),
        {number: cluster.reach for number, cluster in described.clusters.items()},
        described.unit,
    )
    pose = columns_of(args.pose, POSE, moments.POSE_COLUMNS)
    face = face_of(args.face, args.emotions, described)
    found = applying.read_recording(
        pose, face, described, video=args.video, performer=args.performer, last_frames=args.last_frames
    )
    said = applying.say(model, space, found) if (found.usable & found.asked).any() else None
    table = applying.table(found, said, model, described, name)
    music = part(args.models / "music.parquet", MODEL_MUSIC, described)
    table = with_music(table, said, music, described.sounds)
    centred = applying.describe_centering(described, video=args.video, performer=args.performer)
    sure = "not calibrated" if described.classifiers[name].probabilities else f"none: {name} gives none"
    nothing = reason(found) if said is None else None
    doubt = doubtful_units(described, base.read_stamp(args.face).get("face_backend"))
    if args.out.suffix == ".tsv":
        base.write_tsv(args.out, APPLIED, table)
    else:
        stamp = make_stamp(
            code=args.code,
            settings=described.stamp["settings"],
            libraries=("numpy", "scikit-learn", "tslearn", "skops"),
            inputs={str(path): atomic.sha256(path) for path in (args.pose, args.face, args.emotions) if path},
            model=described.fingerprint,
            centred=centred,
            unseen_columns=list(found.unseen),
            doubtful_units=doubt,
            probabilities=sure,
            reason=nothing,
        )
        base.write(args.out, APPLIED, table, stamp)
    print(summary(args.video, table))
    print(f"asked {name}, probabilities: {sure}; {centred}")
    if found.unseen and said is not None:
        print(f"never seen in it, so taken as the training's medians: {', '.join(found.unseen)}")
    if doubt:
        print(f"WARNING: the model takes units that are not to be trusted here: {doubt}")
    if nothing:
        print(nothing)


def doubtful_units(described: Description, backend: str | None) -> str | None:
    """Which of the model's action units are not to be used with the face backend of the recording, and what to do; None
    where there are none, or nothing says who has read it."""
    used = {trust.unit_of(column.name) for column in described.columns if column.used}
    units = [f"AU{unit:02d}" for unit in trust.unusable_units([backend] if backend else []) if unit in used]
    if not units:
        return None
    return (
        f"{', '.join(units)}, not to be used with {backend} (see {trust.PAGE}). Read the recording as the training's "
        "videos were, or train with features.units: trusted on videos that this backend has read."
    )


def model_of(folder: Path, name: str, described: Description) -> Model:
    """The classifier `name` of the folder. Raises UserError where it belongs to another training."""
    model = load(folder / f"{name}.skops")
    if model.stamp.get("fingerprint") != described.fingerprint:
        raise UserError(f"{folder / name}.skops: of another training than {description.FILE} beside it. Train again.")
    return model


def part(path: Path, spec: Table, described: Description) -> pl.DataFrame:
    """A table of the models folder. Raises UserError where it belongs to another training."""
    table = base.read(path, spec)
    if base.read_stamp(path).get("fingerprint") != described.fingerprint:
        raise UserError(f"{path}: of another training than {description.FILE} beside it. Train again.")
    return table


def columns_of(path: Path, spec: Table, columns: list[str]) -> pl.DataFrame:
    """These columns of a recording's table. Raises UserError naming those that are missing."""
    base.read(path, spec, columns=[])  # checks that it is this table and version
    missing = [c for c in columns if c not in pq.read_schema(path).names]
    if missing:
        raise UserError(f"{path}: the model needs columns that are missing here: {', '.join(missing)}")
    return base.read(path, spec, columns=columns)


def face_of(face: Path, emotions: Path | None, described: Description) -> pl.DataFrame:
    """The columns of the recording's FACE that the model takes, and the emotion scores beside them if it takes these.

    Raises UserError where it does and they are not given, or are others than those of the training.
    """
    needed = moments.face_columns(described.names)
    if not moments.emotion_columns(described.names):
        return columns_of(face, FACE, needed)
    trained = described.emotions or {}
    if emotions is None:
        raise UserError(
            "this model was trained on emotion scores: give the recording's as --emotions, made by "
            f"{trained.get('backend')} on faces that {trained.get('detector')} finds"
        )
    scores = base.read(emotions, EMOTION_SCORES)
    stamp = base.read_stamp(emotions)["settings"]
    made = {"backend": stamp["emotions"]["backend"], "detector": stamp["detector"]}
    if made != trained:
        raise UserError(
            f"{emotions}: scores of {in_words(made)}, and the model was trained on those of {in_words(trained)}"
        )
    return moments.with_emotions(columns_of(face, FACE, ["frame", *needed]), scores)


def in_words(scored: dict[str, str]) -> str:
    """Who scored, and who found the faces."""
    return f"{scored.get('backend')} on faces by {scored.get('detector')}"


def with_music(
    table: pl.DataFrame, said: applying.Prediction | None, music: pl.DataFrame, sounds: dict[str, int]
) -> pl.DataFrame:
    """The table APPLIED with the best track of each window's cluster; of the nearest centre's where none was learnt."""
    columns = {"track": pl.String, "track_start_s": pl.Float64, "track_score": pl.Float64, "track_reason": pl.String}
    if said is None or music.is_empty():
        return table.with_columns(pl.lit(None, kind).alias(name) for name, kind in columns.items())
    clusters = np.where(said.cluster > 0, said.cluster, said.nearest)
    classified = table.filter(pl.col("reason").is_null()).select("video", "start_s")
    video = classified["video"][0]
    pairs = rank(
        classified,
        ByFeatures(clusters, said.places, music),
        {**sounds, video: sounds.get(video, UNKNOWN_SOUND)},
        ranks=1,
    ).select("start_s", track="track", track_start_s="track_start_s", track_score="score", track_reason="reason")
    return table.join(pairs, on="start_s", how="left", maintain_order="left")


def reason(found: applying.Recording) -> str:
    """Why nothing is said of any window."""
    if found.windows.is_empty():
        return "no windows: the recording has no frames"
    counts = found.windows.filter(found.asked)["reason"].value_counts().rows()
    why = {
        "partial": "longer than what is left of the recording (windows.length_s of the training)",
        "short": "with fewer than two moments that show a face: there is no movement in them",
        "gaps": "with too few moments that show a face (and a body, where features.groups has it)",
    }
    return "nothing is said: " + "; ".join(f"{n} windows {why[name]}" for name, n in sorted(counts))


def summary(video: str, table: pl.DataFrame) -> str:
    """How many windows were classified, and as what."""
    done = table.filter(pl.col("reason").is_null())
    parts = [f"{video}: {len(done)} of {len(table)} windows classified"]
    for column in ("cluster_name", "label"):
        counts = done[column].drop_nulls().value_counts(sort=True).rows()
        if counts:
            parts.append(", ".join(f"{n} {name}" for name, n in counts))
    if len(done):
        parts.append(f"{done['far'].sum()} far from the nearest centre, {done['track'].count()} with music")
    return "; ".join(parts)


if __name__ == "__main__":
    step.run(main)
