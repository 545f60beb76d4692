"""Describes a soundtrack: the whole track first, then passages of it, as rows of the SOUNDTRACK table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.music import key, rhythm
from moodreel.music.audio import open_sound
from moodreel.music.loudness import Levels
from moodreel.music.mood import valence_arousal
from moodreel.music.spectra import LEVEL_FLOOR_DB, RATE_HZ, Frames, analyse
from moodreel.settings.limits import LimitsSettings
from moodreel.settings.music import MusicSettings
from moodreel.tables import base
from moodreel.tables.music import SOUNDTRACK
from moodreel.video.errors import VideoError

LEVEL_FRAMES = 4
"""Short-time levels are those of 46 ms."""


def read(
    video: Path, settings: MusicSettings, limits: LimitsSettings | None = None
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The SOUNDTRACK table of a media file, and for its stamp: `reason` (why it is empty, or null) and the facts of
    its sound. The sound is described up to `limits.max_duration_s` after the first picture. Raises UserError where
    there is no such file."""
    nothing = base.polars_frame(SOUNDTRACK.empty())
    limits = limits or LimitsSettings()
    try:
        with open_sound(video, RATE_HZ, max_duration_s=limits.max_duration_s) as sound:
            if sound is None:
                return nothing, {"reason": "no_audio"}
            frames = analyse(sound.blocks)
            table = describe(frames, sound.levels, sound.start_s, settings)
            facts = sound.facts
    except VideoError as error:
        return nothing, {"reason": error.reason, "detail": error.detail}
    return table, {"reason": None if len(table) else "silent", **facts}


def remarks(facts: Mapping[str, Any]) -> list[str]:
    """What a user should know of the facts of a sound (`read`), as sentences."""
    told = []
    if facts.get("other_streams"):
        told.append(facts["other_streams"])
    if facts.get("cancelled_s"):
        told.append(f"in {facts['cancelled_s']:g} s the channels cancel each other, and the loudest is described")
    if facts.get("corrupt_packets"):
        told.append(f"packets of sound that cannot be decoded: {facts['corrupt_packets']}")
    if facts.get("mended_times"):
        told.append(f"wrong time stamps of sound, which are replaced: {facts['mended_times']}")
    if facts.get("missing_times"):
        told.append(f"pieces of sound without a time stamp, which follow the one before: {facts['missing_times']}")
    if facts.get("sound_times_from", "").startswith("assumed"):
        told.append(f"the sound's times are {facts['sound_times_from']}")
    if facts.get("cut_s") is not None:
        told.append(f"only the first {facts['cut_s']:g} s are described (limits.max_duration_s)")
    return told


def describe(frames: Frames, levels: Levels, start_s: float, settings: MusicSettings) -> pl.DataFrame:
    """The SOUNDTRACK table of a sound that begins at `start_s` since the file's first picture; `frames` and `levels`
    are measured on the whole of it.

    Passages start at multiples of `stride_s` since the first picture, from the first that has sound; a
    shorter sound has one passage, the whole of it. What sounds before the first picture is left out. A silent
    passage has null everywhere. The table is empty when everything is silent.
    """
    end_s = start_s + frames.duration_s
    begin_s = max(start_s, 0.0)
    used = frames.between(begin_s - start_s, frames.duration_s)
    track = _measures(used, levels.between(begin_s - start_s, frames.duration_s), used, settings)
    if track["loudness_lufs"] is None:
        return base.polars_frame(SOUNDTRACK.empty())
    rows = [{"scope": "track", "start_s": begin_s, "end_s": end_s, **track}]
    for passage_start_s in _passage_starts(begin_s, end_s, settings):
        passage_end_s = min(passage_start_s + settings.passage_s, end_s)
        part_s = passage_start_s - start_s, passage_end_s - start_s
        context = _context(frames, *part_s, settings)
        measures = _measures(frames.between(*part_s), levels.between(*part_s), context, settings)
        rows.append({"scope": "passage", "start_s": passage_start_s, "end_s": passage_end_s, **measures})
    return base.polars_frame(SOUNDTRACK.conform(pl.DataFrame(rows, infer_schema_length=None)))


def _passage_starts(begin_s: float, end_s: float, settings: MusicSettings) -> list[float]:
    first = int(np.ceil(begin_s / settings.stride_s - 1e-6))
    last = int(np.floor((end_s - settings.passage_s) / settings.stride_s + 1e-6))
    return [n * settings.stride_s for n in range(first, last + 1)] or [begin_s]


def _context(frames: Frames, start_s: float, end_s: float, settings: MusicSettings) -> Frames:
    """`context_s` of sound around a passage; at the sound's ends it lies to one side."""
    length_s = max(settings.context_s, end_s - start_s)
    begin_s = (start_s + end_s - length_s) / 2
    begin_s = max(0.0, min(begin_s, frames.duration_s - length_s))
    return frames.between(begin_s, begin_s + length_s)


def _measures(frames: Frames, levels: Levels, context: Frames, settings: MusicSettings) -> dict[str, float | None]:
    """The measures of a segment of sound; tempo, key and mode are found in its `context`.

    loudness_lufs: module loudness; dynamic_range_db: 95th minus 5th percentile of the levels of 46
    ms, not under -80 dBFS; brightness_hz and flatness: mean over the frames above the silence;
    onset_rate_hz: onsets per second; attack: mean onset strength at the onsets, in dB of rise over 35 ms,
    mean over bands; register_midi: median of the frames' mean partial. Others: modules key, rhythm, mood.
    """
    measures: dict[str, float | None] = dict.fromkeys(c.name for c in SOUNDTRACK.columns[3:])
    silence = 10 ** (settings.silence_db / 10)
    if not len(frames.power) or not len(levels.power) or levels.power.mean() <= silence:
        return measures
    mixed = frames.power.mean(dtype=float)
    # the mean of many channels, of which few sound, is fainter than they are
    sounding = frames.power >= min(silence, silence * mixed / levels.power.mean())
    onsets = rhythm.onsets(frames.onset_db)
    measures["loudness_lufs"] = levels.loudness_lufs()
    measures["dynamic_range_db"] = _dynamic_range_db(frames.power)
    measures["brightness_hz"] = float(frames.centroid_hz[sounding].mean())
    measures["flatness"] = float(frames.flatness[sounding].mean())
    measures["onset_rate_hz"] = len(onsets) / frames.duration_s
    measures["attack"] = float(frames.onset_db[onsets].mean()) if len(onsets) else None
    measures["register_midi"] = _median(frames.height_midi)
    measures["tempo_bpm"] = rhythm.tempo_bpm(context.onset_db)
    measures["key"], measures["mode"] = key.find(context.chroma.sum(axis=0)) or (None, None)
    measures["valence"], measures["arousal"] = valence_arousal(measures)
    return measures


def _dynamic_range_db(power: np.ndarray) -> float | None:
    frames = len(power) // LEVEL_FRAMES
    if not frames:
        return None
    level = power[: frames * LEVEL_FRAMES].reshape(frames, LEVEL_FRAMES).mean(axis=1)
    low_db, high_db = np.percentile(10 * np.log10(level + 10 ** (LEVEL_FLOOR_DB / 10)), (5, 95))
    return float(high_db - low_db)


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
