"""The music of a run: the passages of its videos' soundtracks that may be proposed for a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from moodreel.music import twins


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
                pl.col("loudness_db").is_not_null(),
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
        return cls(track, start_s, end_s, valence, arousal, twins.group(soundtracks))

    def sounds_at(self, video: str, start_s: float, end_s: float) -> bool:
        """Whether at least half of this stretch of a video is covered by a passage that is not silent."""
        own = slice(*(np.searchsorted(self.video, video, side) for side in ("left", "right")))
        overlap_s = np.minimum(self.end_s[own], end_s) - np.maximum(self.start_s[own], start_s)
        return bool((overlap_s >= (end_s - start_s) / 2 - 1e-6).any())
