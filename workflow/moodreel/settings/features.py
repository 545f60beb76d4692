"""Settings of what describes a moment: which columns, relative to what."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from moodreel.settings.base import Section, setting

Group = Literal["action_units", "action_units_raw", "presence", "head_pose", "gaze", "body"]


class FeaturesSettings(Section):
    groups: list[Group] = setting(
        ["action_units", "head_pose", "gaze", "body"],
        "what clusters and classifiers see: action units against the performer's neutral face (or _raw against an "
        "average one), their presence as 0/1, head pose, gaze, body points relative to the torso",
        min_length=1,
    )
    center: Literal["performer", "video", "none"] = setting(
        "performer",
        "over what the median of head pose, gaze, body and raw action units is taken away, so that neither identity "
        "nor camera makes the clusters",
    )
    min_seen_share: float = setting(
        0.1,
        "columns seen in less than this share of the run's moments are left out; what is unseen counts as the median",
        ge=0,
        le=1,
    )

    smoothing_s: float = setting(
        0.0,
        "signals are smoothed, without lag, over the frames nearer than this before they go on the grid; 0 is off, 0.2 "
        "leaves a sixth of the noise and 0.6 of a blink's height; docs/smoothing.md has the figures",
        unit="s",
        ge=0,
        le=2,
    )

    @field_validator("groups")
    @classmethod
    def _each_once(cls, groups: list[str]) -> list[str]:
        if len(set(groups)) < len(groups):
            raise ValueError(f"each group may be named once, but it is {groups}")
        return groups
