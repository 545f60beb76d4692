"""How often the music proposed for a clip has the mood that was meant for it, against chance."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import polars as pl


def proposed_moods(pairs: pl.DataFrame, moods: Mapping[str, str]) -> dict[str, str]:
    """The mood proposed for each clip that has pairs: that of most of its windows' rank-1 tracks.

    `pairs`: PAIRS; `moods`: the mood of each video's own music. In a tie the mood with the larger sum of scores is
    taken, then the first by name. Raises KeyError for a track without a mood.
    """
    votes: dict[str, dict[str, tuple[int, float]]] = defaultdict(dict)
    best = pairs.filter(pl.col("rank") == 1)
    for clip, track, score in best.select("video", "track", "score").iter_rows():
        count, total = votes[clip].get(moods[track], (0, 0.0))
        votes[clip][moods[track]] = (count + 1, total + score)
    return {clip: min(v, key=lambda mood: (-v[mood][0], -round(v[mood][1], 9), mood)) for clip, v in votes.items()}


def agreement(
    pairs: pl.DataFrame, moods: Mapping[str, str], *, shuffles: int = 200, seed: int = 0
) -> tuple[float, np.ndarray]:
    """Share of the clips in `moods` whose proposed mood is their own, and the same share for each of
    `shuffles` random reassignments of the proposals to the clips, shape (shuffles,).

    A clip without a proposal counts as missed, in the shuffles too. Raises ValueError when `moods` is empty.
    """
    if not moods:
        raise ValueError("no clip has a mood to agree with")
    proposed = proposed_moods(pairs, moods)
    clips = sorted(moods)
    own_moods = np.array([moods[c] for c in clips])
    proposals = np.array([proposed.get(c, "") for c in clips])
    random = np.random.default_rng(seed)
    shuffled = np.array([(random.permutation(proposals) == own_moods).mean() for _ in range(shuffles)])
    return float((proposals == own_moods).mean()), shuffled
