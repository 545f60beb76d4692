"""Events: action units, clusters and labels as intervals of time."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.emotions.frames import emotions_of
from moodreel.face.trust import verdict
from moodreel.features.gaps import MAX_GAP_S, bridged_gap_s, median_interval_s
from moodreel.features.visibility import frames_read
from moodreel.settings.export import ExportSettings
from moodreel.storage.atomic import write_text
from moodreel.tables.base import polars_schema
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.events import EVENTS
from moodreel.tables.face import ACTION_UNITS

EPSILON_S = 1e-6
"""Times are multiples of a time base: equal ones may differ by rounding."""

SCORES = "emotion_scores"
"""The tier of an emotion network's predictions; `emotion` is that of labels."""

DECIMALS = 6
"""Digits after the point in the CSV: whole microseconds."""


def of(
    video: str,
    face: pl.DataFrame,
    windows: pl.DataFrame,
    clusters: pl.DataFrame | None,
    settings: ExportSettings,
    names: Mapping[int, str] | None = None,
    *,
    backend: str,
    scores: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """All events of one video, an EVENTS table by tier (units, `emotion_scores`, `cluster`, `emotion`) and time.

    `face`: its FACE table; `windows`, `clusters`: rows of WINDOWS with their `label` and of CLUSTERS, those of other
    videos are ignored, None where the run has no clusters; `names`: those given to clusters by a person; `backend`:
    that of the face, on which the units' trust depends; `scores`: its EMOTION_SCORES table, if it has one.
    """
    names = names or {}
    mine = None if clusters is None else clusters.filter(video=video)
    cluster_names = [] if mine is None else [names.get(cluster, f"cluster {cluster}") for cluster in mine["cluster"]]
    labelled = windows.filter(pl.col("video") == video, pl.col("label").is_not_null())
    rows = [
        *({**event, "trust": verdict(backend, int(event["tier"][2:])).value} for event in of_units(face, settings)),
        *(() if scores is None else of_scores(scores, settings)),
        *(() if mine is None else _of_windows(mine, "cluster", cluster_names)),
        *_of_windows(labelled, "emotion", labelled["label"].to_list()),
    ]
    nothing = dict.fromkeys(("peak", "peak_s", "trust"))
    return pl.DataFrame([{"video": video, **nothing, **row} for row in rows], polars_schema(EVENTS))


def tiers(
    face: pl.DataFrame, units: list[int], scores: pl.DataFrame | None = None, *, clustered: bool = True
) -> list[str]:
    """The tiers of events: of the chosen units those that are visible at all, emotions if these are scored, clusters if
    the run has any, labels. A unit that is null throughout has none, since an empty tier would mean that it was looked
    for and never found."""
    chosen = [f"AU{unit:02d}" for unit in units or ACTION_UNITS]
    scored = [] if scores is None else [SCORES]
    return [
        *(tier for tier in chosen if face[f"{tier}_r"].count()),
        *scored,
        *(["cluster"] if clustered else []),
        "emotion",
    ]


def of_units(face: pl.DataFrame, settings: ExportSettings) -> list[dict]:
    """Events of the chosen action units, by unit and time: columns of EVENTS except `video`. Frames that were not read
    end none."""
    face = frames_read(face)
    time_s = face["time_s"].to_numpy().astype(float)
    found = []
    for unit in settings.units or ACTION_UNITS:
        intensity = face[f"AU{unit:02d}_r"].cast(pl.Float64).to_numpy()
        for start_s, end_s, peak, peak_s in intervals(time_s, intensity, settings):
            tier = {"tier": f"AU{unit:02d}", "value": ACTION_UNITS[unit]}
            found.append({**tier, "start_s": start_s, "end_s": end_s, "peak": peak, "peak_s": peak_s})
    return found


def of_scores(scores: pl.DataFrame, settings: ExportSettings) -> list[dict]:
    """Segments in which the same emotion has the highest score (table EMOTION_SCORES), by time: columns of EVENTS
    except `video`. Those shorter than `min_event_s` are left out."""
    time_s, emotions = scores["time_s"].to_numpy(), emotions_of(scores)
    values = scores.select(EMOTIONS).to_numpy()
    found = []
    for place, emotion in enumerate(EMOTIONS):
        for first, last in _runs(emotions == place, _after_hole(time_s)):
            start_s, end_s = float(time_s[first]), float(_ends(time_s)[last])
            if end_s - start_s >= settings.min_event_s - EPSILON_S and end_s > start_s:
                peak = first + int(np.argmax(values[first : last + 1, place]))
                event = {"start_s": start_s, "end_s": end_s, "peak": float(values[peak, place])}
                found.append({"tier": SCORES, "value": emotion, **event, "peak_s": float(time_s[peak])})
    return sorted(found, key=lambda event: event["start_s"])


def _ends(time_s: np.ndarray) -> np.ndarray:
    """The end of each frame (frames,): the start of the next; before a hole, and at the end, it lasts as long as frames
    do in the median."""
    last = np.append(_after_hole(time_s)[1:], [True] * min(len(time_s), 1))
    return np.where(last, time_s + median_interval_s(time_s), np.append(time_s[1:], time_s[-1:]))


def _after_hole(time_s: np.ndarray) -> np.ndarray:
    """Whether each frame (frames,) comes later after the one before than any gap that features bridge."""
    return np.diff(time_s, prepend=time_s[:1]) > bridged_gap_s(time_s, MAX_GAP_S) + EPSILON_S


def intervals(
    time_s: np.ndarray, intensity: np.ndarray, settings: ExportSettings
) -> list[tuple[float, float, float, float]]:
    """Start, end, peak and time of the peak of each event in a series (frames,), NaN where nothing is visible.

    Hysteresis: an event begins at the first frame with `onset` at least and lasts while the intensity is not below
    `offset`. Two events are merged where one begins no later than `max_gap_s` after the other ends; then those shorter
    than `min_event_s` are dropped. A frame in which the unit is not visible ends an event, and no events are merged
    across it, nor across a hole in which there are no frames. A frame lasts until the next one, the last one, and one
    before a hole, as long as they do in the median.
    """
    if not len(time_s):
        return []
    ends_s = _ends(time_s)
    events: list[list[int]] = []  # first frame, last frame
    for first, last in _runs(~np.isnan(intensity), _after_hole(time_s)):
        before = len(events)
        for start, end in _runs(intensity[first : last + 1] >= settings.offset):
            begins = np.flatnonzero(intensity[first + start : first + end + 1] >= settings.onset)
            if not len(begins):
                continue
            event = [first + start + int(begins[0]), first + end]
            near = len(events) > before and time_s[event[0]] - ends_s[events[-1][1]] <= settings.max_gap_s + EPSILON_S
            if near:
                events[-1][1] = event[1]
            else:
                events.append(event)
    found = []
    for start, end in events:
        if ends_s[end] - time_s[start] >= settings.min_event_s - EPSILON_S and ends_s[end] > time_s[start]:
            peak = start + int(np.argmax(intensity[start : end + 1]))
            found.append((float(time_s[start]), float(ends_s[end]), float(intensity[peak]), float(time_s[peak])))
    return found


def _runs(mask: np.ndarray, begins: np.ndarray | None = None) -> list[tuple[int, int]]:
    """First and last index of each run of true values; a new one also begins wherever `begins` is true."""
    change = mask[1:] != mask[:-1]
    change = change if begins is None else change | begins[1:]
    starts, ends = np.append(True, change)[: len(mask)], np.append(change, True)[: len(mask)]
    starts, ends = np.flatnonzero(mask & starts), np.flatnonzero(mask & ends)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _of_windows(windows: pl.DataFrame, tier: str, values: list[str]) -> list[dict]:
    """Events of windows with a value each. Where two windows overlap the boundary is halfway, so that each time has one
    value; neighbours of the same value are one event."""
    found: list[dict] = []
    for start_s, end_s, value in sorted(zip(windows["start_s"], windows["end_s"], values, strict=True)):
        last = found[-1] if found else None
        if last and start_s <= last["end_s"] + EPSILON_S:
            if last["value"] == value:
                last["end_s"] = max(end_s, last["end_s"])
                continue
            start_s = last["end_s"] = (start_s + last["end_s"]) / 2
        if end_s > start_s:
            found.append({"tier": tier, "value": value, "start_s": start_s, "end_s": end_s})
    return found


def write(path: Path, events: pl.DataFrame) -> None:
    """Write an EVENTS table as CSV with a point in numbers, times to the microsecond, atomically."""
    table = events.select(EVENTS.names).with_columns(pl.col(pl.Float64).round(DECIMALS))
    write_text(path, table.write_csv(null_value=""))
