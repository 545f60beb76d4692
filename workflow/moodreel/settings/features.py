"""Settings of the features of a bin: which columns, relative to what."""

from typing import Literal

from pydantic import field_validator

from moodreel.settings.base import Section, setting

Group = Literal[
    "action_units", "action_units_raw", "presence", "head_pose", "gaze", "body", "speeds", "sides", "missing",
    "emotions",
]  # fmt: skip

SPEEDS = ("speed_action_units", "speed_head_pose", "speed_gaze", "speed_body")
"""The groups that `speeds` stands for: each kind of movement has its own unit, and so its own floor."""


OF_FACE = ("action_units", "action_units_raw", "presence", "head_pose", "gaze", "sides", "emotions")
"""The groups that are made from the face alone."""


class PaperColumnsSettings(Section):
    columns: Literal["as_described", "as_counted"] = setting(
        "as_described",
        "Hsu & Lee (2020) describe columns that make 759 and count 788; both cannot be true. `as_counted` also keeps "
        "OpenFace's frame number, timestamp, confidence and success and the 25 keypoints' confidences, which makes 788 "
        "and lets the frame's number decide: a warning says so",
    )


class FeaturesSettings(Section):
    set: Literal["normalised", "emotions", "paper"] = setting(
        "normalised",
        "`normalised`: the groups in `groups`, independent of performer and camera. `emotions`: only the scores that "
        "`emotions.backend` gives; `groups` is ignored. `paper`: the raw columns of "
        "Hsu & Lee (2020), OpenFace's as in its file and BODY_25 in px with 0 for keypoints not seen; no "
        "median is subtracted and every column becomes its z-score, so `groups` and `center` are ignored. "
        "Where any kept video has no OpenFace file, the face of all of them is action units, presence, head pose and gaze",
    )
    paper: PaperColumnsSettings = setting(PaperColumnsSettings(), "the columns of the set `paper`")
    groups: list[Group] = setting(
        ["action_units", "head_pose", "gaze", "body"],
        "groups of columns for clusters and classifiers: action units against the performer's neutral face (or _raw against an "
        "average one), their presence as 0/1, head pose, gaze, body points relative to the torso; speeds of all these, left minus right "
        "of paired action units, what is missing as 0/1; emotion scores, if `emotions.backend` gives them (docs/features.md)",
        min_length=1,
    )
    units: Literal["trusted", "all"] = setting(
        "trusted",
        "which action units the groups of action units hold; `trusted`: without those that docs/trust.md says not to "
        "use with the face backend of a kept video; `all`: these too. The set `paper` holds all",
    )
    center: Literal["performer", "video", "none"] = setting(
        "performer",
        "whose median of head pose, gaze, body and raw action units is subtracted, so that neither identity nor "
        "camera forms the clusters",
    )
    min_seen_share: float = setting(
        0.1,
        "columns with a value in less than this share of the run's bins are left out; missing values become the median",
        ge=0,
        le=1,
    )

    smoothing_s: float = setting(
        0.0,
        "signals are smoothed, without lag, over the frames nearer than this before interpolation; 0 is off, 0.2 "
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

    @property
    def groups_in_use(self) -> list[str]:
        """The names in `features.groups.GROUPS` that the set uses; features.parquet holds their columns with values."""
        if self.set == "emotions":
            return ["emotions"]
        if self.set == "paper":
            counted = ["paper_counted"] if self.paper.columns == "as_counted" else []
            return ["paper_face", "action_units", "presence", "head_pose", "gaze", "paper_pose", *counted]
        return [name for group in self.groups for name in (SPEEDS if group == "speeds" else (group,))]

    @property
    def centers(self) -> bool:
        """Whether any column has its owner's median subtracted."""
        return self.set != "paper" and self.center != "none"

    @property
    def in_words(self) -> str:
        """The setting that chooses the columns, as messages quote it."""
        return f"features.groups = {self.groups}" if self.set == "normalised" else f"features.set = {self.set}"

    @property
    def needs_body(self) -> bool:
        """Whether a bin counts only where a body was seen."""
        return "body" in self.groups_in_use

    @property
    def needs_face(self) -> bool:
        """Whether a bin counts only where a face was seen: a group is of the face, or none is of the body. Speeds and
        what is missing are of both, and need neither."""
        return not self.needs_body or any(group in OF_FACE for group in self.groups_in_use)
