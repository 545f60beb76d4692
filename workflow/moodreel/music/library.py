"""The music of a run: the passages of its videos' soundtracks that may be proposed for a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.music import duplicates
from moodreel.tables import base
from moodreel.tables.music import SOUNDTRACK


@dataclass(frozen=True)
class Library:
    """Passages that are not silent, as far as they lie in the used part of their video, sorted by video and time.

    `video`, `start_s`, `end_s`, `valence`, `arousal`: one per passage, valence and arousal NaN where unknown;
    `sounds`: for every video of the run, a number that it shares with the videos of the same sound.
    """

    video: np.ndarray
    start_s: np.ndarray
    end_s: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    sounds: Mapping[str, int]

    @classmethod
    def of(cls, soundtracks: Mapping[str, pl.DataFrame], used: Mapping[str, tuple[float, float]]) -> Library:
        """From each video's SOUNDTRACK table and the part of it that is used, (start_s, end_s)."""
        parts = [
            table.filter(
                pl.col("scope") == "passage",
                pl.col("loudness_lufs").is_not_null(),
                pl.col("end_s") > used[video][0],
                pl.col("start_s") < used[video][1],
            ).select(
                pl.lit(video).alias("video"),
                pl.col("start_s").clip(lower_bound=used[video][0]),
                pl.col("end_s").clip(upper_bound=used[video][1]),
                "valence",
                "arousal",
            )
            for video, table in sorted(soundtracks.items())
        ]
        if not parts:
            empty = np.empty(0)
            return cls(np.empty(0, str), empty, empty, empty, empty, {})
        passages = pl.concat(parts).sort("video", "start_s")
        start_s, end_s, valence, arousal = (
            passages[c].cast(pl.Float64).to_numpy() for c in ("start_s", "end_s", "valence", "arousal")
        )
        track = passages["video"].to_numpy().astype(str)
        return cls(track, start_s, end_s, valence, arousal, duplicates.group(soundtracks))

    def sounds_at(self, video: str, start_s: float, end_s: float) -> bool:
        """Whether at least half of this segment of a video is covered by a passage that is not silent."""
        own = slice(*(np.searchsorted(self.video, video, side) for side in ("left", "right")))
        overlap_s = np.minimum(self.end_s[own], end_s) - np.maximum(self.start_s[own], start_s)
        return bool((overlap_s >= (end_s - start_s) / 2 - 1e-6).any())


def read_soundtracks(pattern: str, videos: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The SOUNDTRACK table of each of VIDEOS, at the path that `pattern` gives for its id `{video}`; one without rows
    for a video of which there are only tables."""
    return {
        video: pl.DataFrame(schema=base.polars_schema(SOUNDTRACK))
        if path is None
        else base.read(Path(pattern.format(video=video)), SOUNDTRACK)
        for video, path in videos["video", "path"].rows()
    }


def used_parts(videos: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """The used part (start_s, end_s) of each of VIDEOS, in s since its first picture."""
    parts = videos.select("video", pl.col("start_s").fill_null(0.0), pl.col("end_s").fill_null(float("inf")))
    return {video: (start_s, end_s) for video, start_s, end_s in parts.iter_rows()}
