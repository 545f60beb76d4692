"""A video frame by frame: the tables of body and face side by side, with the frames that count."""

from pathlib import Path

import polars as pl

from moodreel.errors import UserError
from moodreel.features.visibility import shows_face
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.storage.atomic import write_text
from moodreel.tables.frames import FRAMES, FROM_FACE, FROM_POSE

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings by which spreadsheet programs take a text for a formula (OWASP, "CSV Injection")."""


def join(
    video: str,
    pose: pl.DataFrame,
    face: pl.DataFrame,
    is_dropped: bool,
    features: FeaturesSettings,
    screen: ScreenSettings,
) -> pl.DataFrame:
    """The table FRAMES of a video from its POSE and FACE tables.

    `is_dropped`: whether the screening leaves the video out. Raises UserError where the two tables are of other frames.
    """
    if not pose["frame"].equals(face["frame"]):
        raise UserError(f"{video}: the tables of pose and face are not of the same frames. Delete both and run again.")
    unsure = pl.Series(~shows_face(face, screen.min_row_confidence), dtype=pl.Boolean)
    reasons = [
        pl.lit("video dropped, see screening.tsv") if is_dropped else None,
        _lacking("pose_status", "no body", pl.col("pose_status") != "ok") if features.needs_body else None,
        _lacking("face_status", "no face", unsure) if features.needs_face else None,
    ]
    reason = pl.concat_str([one for one in reasons if one is not None], separator="; ", ignore_nulls=True)
    table = pl.concat(
        [
            pose.select("frame", "time_s", "cut", pose_status="status", pose_confidence="confidence"),
            pose.select(FROM_POSE),
            face.select(face_status="status", face_confidence="confidence"),
            face.select(FROM_FACE),
        ],
        how="horizontal",
    )
    table = table.with_columns(video=pl.lit(video), reason=pl.when(reason != "").then(reason))
    return table.with_columns(kept=pl.col("reason").is_null()).select(FRAMES.names)


def write_csv(path: Path, table: pl.DataFrame) -> None:
    """Write a FRAMES table as CSV, atomically: numbers with a point in as many digits as tell them apart, `true` and
    `false`, empty cells for null. A text that a spreadsheet program would take for a formula gets an apostrophe in
    front."""
    texts = (name for name, kind in table.schema.items() if kind == pl.String)
    write_text(path, table.with_columns(map(_safe, texts)).write_csv(null_value=""))


def _safe(name: str) -> pl.Expr:
    text = pl.col(name)
    begins = pl.any_horizontal(text.str.starts_with(start) for start in FORMULA_STARTS)
    return pl.when(begins).then(pl.lit("'") + text).otherwise(text).alias(name)


def _lacking(status: str, words: str, is_lacking: pl.Expr | pl.Series) -> pl.Expr:
    """`no face (low_confidence)` where it lacks; where the status is `ok` all the same, the face is not sure enough."""
    why = pl.col(status).replace("ok", "below screen.min_face_confidence")
    return pl.when(is_lacking).then(pl.format(f"{words} ({{}})", why))
