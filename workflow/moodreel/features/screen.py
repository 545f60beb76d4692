"""Screening: measures of a video as a whole, and whether the run keeps it.

A kept video contributes to the run: its frames come often enough, it has at least one whole window and, where features
are made of action units, at least one measured unit. Frames that nobody analysed (`visibility.UNREAD`) are not frames
without a face: all shares are over those that were read.

The measures follow the filters of Hsu & Lee (2020): OpenFace's mean confidence and success, one face, OpenPose's mean
keypoint confidence and mean coordinate, no negative coordinate. Their sentence on the face mentions both videos and
rows: `screen.level` chooses.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.features import per_video, windows
from moodreel.features.gaps import usual_rate_hz
from moodreel.features.groups import GROUPS, UNIT_GROUPS
from moodreel.features.visibility import frames_read, shows_face
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.tables.face import FACE
from moodreel.video.errors import REASONS


@dataclass(frozen=True)
class Rule:
    """A measure that a video must reach (`least`) or must not exceed, and the setting with the threshold."""

    setting: str
    measure: str
    words: str
    least: bool = True


SPARSE = "too_sparse: frame rate in Hz"

RULES = (
    Rule("min_rate_hz", "rate_hz", SPARSE),
    Rule("max_damaged_share", "damaged_share", "share of damaged frames", least=False),
    Rule("min_pose_share", "pose_share", "share of frames read with a body"),
    Rule("min_pose_confidence", "pose_confidence", "mean keypoint confidence"),
    Rule("min_mean_coordinate", "mean_coordinate", "mean keypoint coordinate in px"),
    Rule("min_mean_coordinate_share", "mean_coordinate_share", "mean keypoint coordinate as a share of the height"),
    Rule("max_people", "people", "people in view", least=False),
    Rule("max_faces", "faces", "faces in OpenFace's file", least=False),
    Rule("min_face_share", "face_share", "share of frames read with a face"),
    Rule("min_face_confidence", "face_confidence", "mean confidence of the face"),
    Rule("min_face_height_share", "face_height_share", "face height as a share of the picture"),
)
OF_VIDEOS = ("min_face_share", "min_face_confidence")
"""Rules that, with `screen.level` "row", work on frames instead."""

POSE_MEASURED = [*per_video.POSE_COLUMNS, "people_seen"]
FACE_MEASURED = ["time_s", "status", "confidence", "face_height"]
"""The columns that are read here, besides action units: hours of video are gigabytes in all columns."""

OWN_TIMES = ("presentation stamps", "decoding stamps", "the imported file", "rate_hz ")
"""How the `times_from` of stamps begins where times are the file's own, or by a rate that the user gave."""

MANY_MENDED = 0.1
"""Share of mended times above which speeds and durations are said to be unsure."""

MOST_LETTERS = 300
"""Letters of a detail that a reason shows."""


def screen_video(
    video: Mapping[str, Any], settings: ScreenSettings, windows: WindowsSettings, features: FeaturesSettings
) -> dict[str, Any]:
    """The row of SCREENING of this row of VIDEOS, from the tables of its pose and face."""
    pose_path, face_path = Path(video["folder"], "pose.parquet"), Path(video["face_folder"], "face.parquet")
    columns = [*FACE_MEASURED, *(c for c in FACE.names if c.startswith("AU"))]
    pose, face = base.read(pose_path, POSE, columns=POSE_MEASURED), base.read(face_path, FACE, columns=columns)
    stamps = base.read_stamp(pose_path), base.read_stamp(face_path)
    measures: dict[str, Any] = dict(measure(pose, face, stamps[0], settings, stamps[1]))
    measures |= {"times": describe_times(stamps), "streams": describe_streams(stamps), "windows": None}
    reasons = _each_once(describe_unusable(stamp) for stamp in stamps)
    if not reasons:
        lacks: list[str] = []
        if measures["frames"]:
            found, lacks = contribution(
                pose,
                face,
                windows,
                features,
                min_face_confidence=settings.min_row_confidence,
                imported="imported" in stamps[1],
            )
            measures |= found
            lacks = _unread(pose, face, features) or lacks
        reasons = [reason for reason in (decide(measures, settings), *lacks) if reason]
    return {"video": video["video"], "kept": not reasons, "reason": "; ".join(reasons) or None, **measures}


def describe_unusable(stamp: Mapping[str, Any]) -> str | None:
    """Why a table is empty, by its stamp: `reason` (a key of `video.errors.REASONS`) in words, and `detail` on one line
    of at most `MOST_LETTERS`; None where the stamp has no reason."""
    reason = stamp.get("reason")
    if not reason:
        return None
    words = f"{reason}: {REASONS.get(reason, 'its tables are empty')}"
    detail = "".join(c for c in " ".join(str(stamp.get("detail") or "").split()) if unicodedata.category(c)[0] != "C")
    if len(detail) > MOST_LETTERS:
        detail = detail[: MOST_LETTERS - 1] + "…"
    return f"{words} ({detail})" if detail else words


def describe_times(stamps: Iterable[Mapping[str, Any]]) -> str | None:
    """The column `times` of SCREENING, by the stamps of a video's tables: None where the times are the file's own, or
    by a rate that was given."""
    found = []
    for stamp in stamps:
        source, mended, decoded = (stamp.get(name) for name in ("times_from", "mended_times", "frames_decoded"))
        if source and not source.startswith(OWN_TIMES):
            found.append(source)
        if mended:
            many = decoded and mended > MANY_MENDED * decoded
            found.append(
                f"{mended}{f' of {decoded}' if decoded else ''} mended"
                + (" (more than a tenth: speeds and durations are unsure)" if many else "")
            )
    return "; ".join(_each_once(found)) or None


def describe_streams(stamps: Iterable[Mapping[str, Any]]) -> str | None:
    """The column `streams` of SCREENING, by the stamps of a video's tables."""
    return "; ".join(_each_once(stamp.get("other_streams") for stamp in stamps)) or None


def _each_once(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def measure(
    pose: pl.DataFrame,
    face: pl.DataFrame,
    stamp: Mapping[str, Any],
    settings: ScreenSettings | None = None,
    face_stamp: Mapping[str, Any] | None = None,
) -> dict[str, float | int | None]:
    """The measured columns of SCREENING for one video.

    `pose` and `face` are POSE and FACE tables of the same frames. `stamp` is that of the first: the picture's `height`
    in px, `corrupt_packets`, `patched_frames`, `frames_decoded`, where these are known; `face_stamp` is that of the
    second: for OpenFace's files, the number of faces. Shares and mean confidences are over the frames that were read,
    those without a face or body counting as 0; medians and coordinates over what is visible, null where nothing is. A
    body or a face that was not extracted has no share and no confidence. With `settings.unseen` "zero" the mean
    coordinate is over all 25 keypoints of the frames that show a body, 0 where one is not visible, as OpenPose writes
    it; frames without a person do not count.
    """
    settings = settings or ScreenSettings()
    frames, times = pose.height, pose["time_s"].to_numpy()
    read = [frames_read(table) for table in (pose, face)]
    rarest = min(
        (part for part, whole in zip(read, (pose, face), strict=True) if _was_tried(whole)), key=len, default=read[0]
    )
    pose, face = read
    confidences = pose.select(pl.col(f"{point}_confidence").fill_null(0.0).mean() for point in BODY_25).row(0)
    coordinates = [pl.col(f"{point}_{axis}").cast(pl.Float64) for point in BODY_25 for axis in "xy"]
    counts = pose.select(column.count() for column in coordinates).row(0)
    known = sum(counts) if settings.unseen == "left_out" else len(counts) * int((pose["status"] == "ok").sum())
    body = pose.select(
        people=pl.col("people_seen").median(),
        pose_share=(pl.col("status") == "ok").mean(),
    )
    head = face.select(
        face_share=(pl.col("status") == "ok").mean(),
        face_confidence=pl.col("confidence").fill_null(0.0).mean(),
        face_frames_share=pl.Series(shows_face(face, settings.min_face_confidence), dtype=pl.Boolean).mean(),
        face_height=pl.col("face_height").filter(pl.col("status") == "ok").median(),
    )
    found = {
        "frames": frames,
        "frames_read": rarest.height,
        "rate_hz": usual_rate_hz(rarest["time_s"].to_numpy()),
        "duration_s": float(np.ptp(times)) if frames else None,
        **body.row(0, named=True),
        **head.row(0, named=True),
    }
    # Summed one after the other: polars adds columns up in an order of its own on several threads
    found["pose_confidence"] = sum(confidences) / len(confidences) if len(pose) else None
    found["mean_coordinate"] = (
        sum(pose.select(column.sum() for column in coordinates).row(0)) / known if known else None
    )
    least = pose.select(column.min() for column in coordinates).row(0)
    found["least_coordinate"] = min((value for value in least if value is not None), default=None)
    height, decoded = stamp.get("height"), stamp.get("frames_decoded")
    for share, size in (("face_height_share", "face_height"), ("mean_coordinate_share", "mean_coordinate")):
        found[share] = found[size] / height if height and found[size] is not None else None
    damaged = stamp.get("corrupt_packets", 0) + stamp.get("patched_frames", 0)
    found["damaged_share"] = damaged / decoded if decoded else None
    found["faces"] = ((face_stamp or {}).get("imported") or {}).get("faces_in_file")
    return {name: None if value != value else value for name, value in found.items()}  # 0/0 is not a measure


def _was_tried(table: pl.DataFrame) -> bool:
    """Whether the frames of a table were to be read at all."""
    return not (table["status"] == "not_read").all()


def _unread(pose: pl.DataFrame, face: pl.DataFrame, features: FeaturesSettings) -> list[str]:
    """What the features need that nobody looked for in the video."""
    parts = (("pose", pose, features.needs_body), ("face", face, features.needs_face))
    return [
        f"its {part} is not read ({part}.backend is none), and {features.in_words} needs one"
        for part, table, is_needed in parts
        if is_needed and not _was_tried(table)
    ]


def unit_columns(features: FeaturesSettings) -> list[str]:
    """The columns of FACE with the action units that the features are made of; none where they are made without
    units."""
    used = [column for group in features.groups_in_use if group in UNIT_GROUPS for column in GROUPS[group].columns]
    return [name for name in per_video.face_columns(used) if name.startswith("AU")]


def contribution(
    pose: pl.DataFrame,
    face: pl.DataFrame,
    windows_settings: WindowsSettings,
    features: FeaturesSettings,
    *,
    min_face_confidence: float = 0.0,
    imported: bool = False,
) -> tuple[dict[str, float | int | None], list[str]]:
    """What a video contributes to the run: the columns `units_share` and `windows` of SCREENING; and the reasons for
    what it lacks.

    `pose` and `face` are its POSE and FACE tables, with frames; `imported`: whether the second is another program's.
    Faces below `min_face_confidence` are not visible.
    """
    reasons, share, columns = [], None, unit_columns(features)
    if columns:
        measured = pl.any_horizontal(pl.col(columns).is_not_null())
        share = frames_read(face).select(measured.mean()).item()
        if not share and (face["status"] == "ok").any():
            reasons.append(f"no action unit was measured: {_why_no_units(face, imported)}")
    grid, valid = per_video.valid_rows(pose, face, windows_settings, features, min_face_confidence=min_face_confidence)
    counts = windows.counts(windows.index(grid, valid, 0, windows_settings))
    if not counts["kept"]:
        reasons.append(f"no whole window: {windows.describe_dropped(counts)}")
    return {"units_share": share, "windows": counts["kept"]}, reasons


def _why_no_units(face: pl.DataFrame, imported: bool) -> str:
    """Why a FACE table that shows a face has no action unit."""
    if imported:
        return "the face's file has none"
    if any(face[c].count() for c in face.columns if c.endswith("_raw")):
        return "no frame is frontal and sure enough for a neutral face (action_units.max_turn_deg, .min_confidence)"
    return "the head is turned aside by more than action_units.max_yaw_deg in every frame with a face"


def decide(measures: Mapping[str, Any], settings: ScreenSettings) -> str | None:
    """Why a video is dropped, or None to keep it.

    A missing measure (people not counted, picture size unknown) drops no video, but a video without frames is never
    kept. The rate of a video without any window (`windows` 0) is the lower one of its `rate_hz` and the mean over its
    duration: a few pairs of frames, hours apart, are sparse too.
    """
    if not measures["frames"]:
        return "no frames in the part that is used; see start_s and end_s in the table of videos"
    if not measures["frames_read"]:
        return f"none of its {measures['frames']} frames was analysed; is the imported file of this video?"
    if measures.get("windows") == 0 and measures["duration_s"] and measures["rate_hz"]:
        mean_hz = (measures["frames_read"] - 1) / measures["duration_s"]
        measures = {**measures, "rate_hz": min(measures["rate_hz"], mean_hz)}
    by_row = settings.level == "row"
    rules = [rule for rule in RULES if not (by_row and rule.setting in OF_VIDEOS)]
    broken = [_describe_broken(rule, measures[rule.measure], settings) for rule in rules]
    if by_row and measures["face_frames_share"] == 0:
        least = settings.min_face_confidence
        broken.append(f"no frame has a face as sure as screen.min_face_confidence ({least:g}), with screen.level row")
    negative = measures["least_coordinate"]
    if not settings.allow_negative and negative is not None and negative < 0:
        broken.append(f"a keypoint's coordinate is {negative:.3g} px, and screen.allow_negative is false")
    return "; ".join(filter(None, broken)) or None


def _describe_broken(rule: Rule, value: float | None, settings: ScreenSettings) -> str | None:
    threshold = getattr(settings, rule.setting)
    if threshold is None or value is None or (value >= threshold if rule.least else value <= threshold):
        return None
    side = "below" if rule.least else "above"
    shown = f"{value:.3g}" if f"{value:.3g}" != f"{threshold:.3g}" else f"{value:.9g}"
    return f"{rule.words} {shown} is {side} screen.{rule.setting} ({threshold:g})"
