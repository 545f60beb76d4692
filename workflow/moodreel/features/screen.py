"""Screening: what can be said of a video as a whole, and whether the run keeps it.

The measures follow the filters of Hsu & Lee (2020): OpenFace's mean confidence and success, one face, OpenPose's mean
keypoint confidence and mean coordinate. Its "no negative coordinate" always holds here, since points outside the
picture have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from moodreel.settings.screen import ScreenSettings
from moodreel.tables.extraction import BODY_25
from moodreel.video.errors import REASONS


@dataclass(frozen=True)
class Rule:
    """A measure that a video must reach (`least`) or must not exceed, and the setting that says how much."""

    setting: str
    measure: str
    words: str
    least: bool = True


RULES = (
    Rule("max_damaged_share", "damaged_share", "share of damaged frames", least=False),
    Rule("min_pose_share", "pose_share", "share of frames with a body"),
    Rule("min_pose_confidence", "pose_confidence", "mean keypoint confidence"),
    Rule("min_mean_coordinate", "mean_coordinate", "mean keypoint coordinate in px"),
    Rule("max_people", "people", "people in view", least=False),
    Rule("min_face_share", "face_share", "share of frames with a face"),
    Rule("min_face_confidence", "face_confidence", "mean confidence of the face"),
    Rule("min_face_height_share", "face_height_share", "face height as a share of the picture"),
)


def measure(pose: pl.DataFrame, face: pl.DataFrame, stamp: Mapping[str, Any]) -> dict[str, float | int | None]:
    """The measured columns of SCREENING for one video.

    `pose` and `face` are POSE and FACE tables of the same frames. `stamp` is what the first of them carries: the
    picture's `height` in px, `corrupt_packets`, `patched_frames`, `frames_decoded`, where these are known.
    Shares and mean confidences are over all frames, unseen ones counting as 0; medians and coordinates over what was
    seen, null where nothing was.
    """
    confidences = [pl.col(f"{point}_confidence").fill_null(0.0).mean() for point in BODY_25]
    coordinates = [pl.col(f"{point}_{axis}") for point in BODY_25 for axis in "xy"]
    body = pose.select(
        frames=pl.len(),
        duration_s=pl.col("time_s").max() - pl.col("time_s").min(),
        people=pl.col("people_seen").median(),
        pose_share=(pl.col("status") == "ok").mean(),
        pose_confidence=pl.mean_horizontal(confidences),
        mean_coordinate=pl.sum_horizontal([c.sum() for c in coordinates])
        / pl.sum_horizontal([c.count() for c in coordinates]),
    )
    head = face.select(
        face_share=(pl.col("status") == "ok").mean(),
        face_confidence=pl.col("confidence").fill_null(0.0).mean(),
        face_height=pl.col("face_height").filter(pl.col("status") == "ok").median(),
    )
    found = {**body.row(0, named=True), **head.row(0, named=True)}
    height, decoded = stamp.get("height"), stamp.get("frames_decoded")
    found["face_height_share"] = found["face_height"] / height if height and found["face_height"] is not None else None
    damaged = stamp.get("corrupt_packets", 0) + stamp.get("patched_frames", 0)
    found["damaged_share"] = damaged / decoded if decoded else None
    return {name: None if value != value else value for name, value in found.items()}  # 0/0 is no measure


def decide(measures: Mapping[str, Any], settings: ScreenSettings, unusable: str | None = None) -> str | None:
    """Why a video is dropped, or None to keep it.

    `unusable` is the reason why extraction could not read it (a key of `video.errors.REASONS`); then its tables are
    empty and nothing else is said. What was not measured (nobody counted the people, no picture size) drops nobody,
    except that a video without frames is never kept.
    """
    if unusable:
        return f"{unusable}: {REASONS.get(unusable, 'its tables are empty')}"
    if not measures["frames"]:
        return "no frames in the part that is used; see start_s and end_s in the table of videos"
    return "; ".join(filter(None, (_broken(rule, measures[rule.measure], settings) for rule in RULES))) or None


def _broken(rule: Rule, value: float | None, settings: ScreenSettings) -> str | None:
    threshold = getattr(settings, rule.setting)
    if value is None or (value >= threshold if rule.least else value <= threshold):
        return None
    side = "below" if rule.least else "above"
    return f"{rule.words} {value:.3g} is {side} screen.{rule.setting} ({threshold:g})"
