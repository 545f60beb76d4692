"""Describes a soundtrack: the whole track first, then passages of it, as rows of the SOUNDTRACK table."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.music import key, rhythm
from moodreel.music.audio import open_sound
from moodreel.music.mood import valence_arousal
from moodreel.music.spectra import LEVEL_FLOOR_DB, RATE_HZ, Frames, analyse
from moodreel.settings.music import MusicSettings
from moodreel.tables import base
from moodreel.tables.music import SOUNDTRACK
from moodreel.video.errors import VideoError

LEVEL_FRAMES = 4
"""Short-time levels are those of 46 ms."""


def read(video: Path, settings: MusicSettings) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The SOUNDTRACK table of a media file, and for its stamp: `reason` (why it is empty, or null), first
    presentation times of picture and sound. Raises UserError where there is no such file."""
    nothing = base.polars_frame(SOUNDTRACK.empty())
    try:
        with open_sound(video, RATE_HZ) as sound:
            if sound is None:
                return nothing, {"reason": "no_audio"}
            table = describe(analyse(sound.blocks), sound.start_s, settings)
    except VideoError as error:
        return nothing, {"reason": error.reason, "detail": error.detail}
    return table, {
        "reason": None if len(table) else "silent",
        "picture_start_s": sound.picture_start_s,
        "sound_start_s": sound.sound_start_s,
    }


def describe(frames: Frames, start_s: float, settings: MusicSettings) -> pl.DataFrame:
    """The SOUNDTRACK table of a sound that begins at `start_s` since the file's first picture.

    Passages start at multiples of `stride_s` since the first picture, from the first that has sound; a
    shorter sound has one passage, the whole of it. What sounds before the first picture is left out. A silent
    passage has null everywhere. The table is empty when everything is silent.
    """
    end_s = start_s + frames.duration_s
    used = frames.between(-start_s, frames.duration_s) if start_s < 0 else frames
    track = _measures(used, used, settings)
    if track["loudness_db"] is None:
        return base.polars_frame(SOUNDTRACK.empty())
    begin_s = max(start_s, 0.0)
    rows = [{"scope": "track", "start_s": begin_s, "end_s": end_s, **track}]
    for passage_start_s in _passage_starts(begin_s, end_s, settings):
        passage_end_s = min(passage_start_s + settings.passage_s, end_s)
        passage = frames.between(passage_start_s - start_s, passage_end_s - start_s)
        context = _context(frames, passage_start_s - start_s, passage_end_s - start_s, settings)
        measures = _measures(passage, context, settings)
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


def _measures(frames: Frames, context: Frames, settings: MusicSettings) -> dict[str, float | None]:
    """The measures of a segment of sound; tempo, key and mode are found in its `context`.

    loudness_db: 10 log10 of the mean square; dynamic_range_db: 95th minus 5th percentile of the levels of 46
    ms, not under -80 dBFS; brightness_hz and flatness: mean over the frames above the silence;
    onset_rate_hz: onsets per second; attack: mean onset strength at the onsets, in dB of rise over 35 ms,
    mean over bands; register_midi: median of the frames' mean partial. Others: modules key, rhythm, mood.
    """
    measures: dict[str, float | None] = dict.fromkeys(c.name for c in SOUNDTRACK.columns[3:])
    silence = 10 ** (settings.silence_db / 10)
    if not len(frames.power) or frames.power.mean(dtype=float) <= silence:
        return measures
    sounding = frames.power > silence
    onsets = rhythm.onsets(frames.onset_db)
    measures["loudness_db"] = float(10 * np.log10(frames.power.mean(dtype=float)))
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
