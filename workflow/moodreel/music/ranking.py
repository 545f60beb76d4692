"""Makes the PAIRS table from candidates: own sound and its duplicates left out, each sound once, best first."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl

from moodreel.tables.base import polars_frame, polars_schema
from moodreel.tables.music import PAIRS, UNPAIRED


class Candidates(NamedTuple):
    """Passages that may go with a window: arrays of shape (n,), sorted by track, then by time.

    `reason(i)` is the reason for the i-th, in words.
    """

    track: np.ndarray
    start_s: np.ndarray
    distance: np.ndarray
    reason: Callable[[int], str]


class Method(Protocol):
    """The interface of a method of pairing."""

    def candidates(self, window: int) -> Candidates:
        """Candidates for the window at this row of CLUSTERS, their distances in one unit for all windows."""


class MethodOfRuns(Method, Protocol):
    """The interface of a method that pairs a run's own windows."""

    def lack(self, window: int) -> str:
        """Why the window at this row of CLUSTERS has no candidate: a key of `LACKS`."""


LACKS = {
    "no_other_video": "their cluster is seen in no other video",
    "same_fold": "the other videos that show their cluster are tested in the same fold",
    "no_sound": "no music sounds where other videos show their cluster",
    "no_mood": "the mood of their cluster is not known",
    "no_track": "no track has a mood",
    "own_sound": "all music that could be proposed sounds like their own video's",
}
"""Why windows have no music, in words about them."""


def rank(clusters: pl.DataFrame, method: Method, sounds: Mapping[str, int], ranks: int) -> pl.DataFrame:
    """The PAIRS table, without previews: for each row of `clusters` (CLUSTERS) at most `ranks` tracks, best
    first.

    `sounds`: the number of each video's sound; a clip is not given a track of its own number, and of tracks
    with the same number it gets the best. Ties go by the track's id, then by time. The score is
    exp(-distance).
    """
    rows = []
    for window, (video, start_s) in enumerate(clusters.select("video", "start_s").iter_rows()):
        found = method.candidates(window)
        taken = {sounds[video]}
        for index in np.argsort(np.round(found.distance, 9), kind="stable"):
            track = str(found.track[index])
            if sounds[track] in taken:
                continue
            taken.add(sounds[track])
            rows.append(
                {
                    "video": video,
                    "start_s": start_s,
                    "rank": len(taken) - 1,
                    "track": track,
                    "track_start_s": float(found.start_s[index]),
                    "score": float(np.exp(-found.distance[index])),
                    "reason": found.reason(index),
                    "preview": None,
                }
            )
            if len(taken) > ranks:
                break
    return polars_frame(PAIRS.conform(pl.DataFrame(rows, schema=polars_schema(PAIRS))))


def unpaired_windows(clusters: pl.DataFrame, method: MethodOfRuns, pairs: pl.DataFrame) -> pl.DataFrame:
    """The UNPAIRED table: each row of `clusters` (CLUSTERS) that has no row in `pairs` (PAIRS), and why."""
    paired = set(pairs.select("video", "start_s").iter_rows())
    rows = [
        {
            "video": video,
            "window": number,
            "start_s": start_s,
            "reason": "own_sound" if len(method.candidates(row).track) else method.lack(row),
        }
        for row, (video, number, start_s) in enumerate(clusters.select("video", "window", "start_s").iter_rows())
        if (video, start_s) not in paired
    ]
    return pl.DataFrame(rows, schema=polars_schema(UNPAIRED))


def lacks_in_words(unpaired: pl.DataFrame) -> list[str]:
    """How many windows have no music for each reason (table UNPAIRED), the most frequent first."""
    counts = unpaired["reason"].value_counts().sort("count", "reason", descending=[True, False])
    return [f"{count}: {LACKS[reason]}" for reason, count in counts.iter_rows()]
