"""Settings of the exports for other programs."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from moodreel.settings.base import Section, setting

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 23, 25, 26, 45)
"""The action units of tables/face.py, whose import would be heavy here; a test compares them."""


class ExportSettings(Section):
    formats: list[Literal["frames", "openface", "openpose", "elan", "events", "emotions", "psych_ds"]] = setting(
        [],
        "formats in which every video is written to results/runs/<run>/exports/: `frames`: one table of everything read frame by frame, with the frames that count; `openface`: CSV as OpenFace 2.x writes it; "
        "`openpose`: JSON of OpenPose 1.3; `elan`: .eaf with a tier of events per action unit, the clusters and the "
        "labels, and of emotions if they are scored; `events`: the same as CSV; `emotions`: these scores as CSV; `psych_ds`: one folder of all tables in the form of Psych-DS",
        apart=True,
    )
    frames_as: Literal["csv", "parquet"] = setting("csv", "the tables of `frames` as CSV or Parquet", apart=True)
    absent: Literal["left_out", "null"] = setting(
        "left_out", "columns of OpenFace that moodreel does not have: `left_out`, or present and empty (`null`)"
    )
    openpose_as: Literal["zip", "folder"] = setting(
        "zip", "OpenPose's JSON, a file per frame, in one .zip per video or in a folder"
    )
    units: list[int] = setting(
        [], f"action units of which events are written; empty: all ({', '.join(map(str, UNITS))})"
    )
    onset: float = setting(
        1.0, "an event begins when the intensity reaches this; 1 is FACS's A, the first trace", unit="0..5", gt=0, le=5
    )
    offset: float = setting(0.7, "it ends when the intensity falls below this", unit="0..5", ge=0, le=5)
    min_event_s: float = setting(0.1, "shorter events are left out; a blink takes 0.1 to 0.4 s", unit="s", ge=0, le=60)
    max_gap_s: float = setting(
        0.1,
        "two events of a unit that are no farther apart become one, if the face was seen between them",
        unit="s",
        ge=0,
        le=60,
    )

    @field_validator("formats")
    @classmethod
    def _once(cls, formats: list[str]) -> list[str]:
        return list(dict.fromkeys(formats))

    @field_validator("units")
    @classmethod
    def _known(cls, units: list[int]) -> list[int]:
        unknown = sorted(set(units) - set(UNITS))
        if unknown:
            raise ValueError(f"no action units {', '.join(map(str, unknown))}; allowed: {', '.join(map(str, UNITS))}")
        return sorted(set(units))

    @model_validator(mode="after")
    def _hysteresis(self) -> ExportSettings:
        if self.offset > self.onset:
            raise ValueError(f"offset ({self.offset:g}) must not exceed onset ({self.onset:g})")
        return self
