"""Pair each window with music from other videos, and choose the pairs to be shown."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.features.bins import bin_index
from moodreel.music import emotion, expression, previews
from moodreel.music.by_cluster import ByCluster
from moodreel.music.by_mood import ByMood
from moodreel.music.library import Library, read_soundtracks, used_parts
from moodreel.music.ranking import MethodOfRuns, lacks_in_words, rank, unpaired_windows
from moodreel.settings.emotions import EmotionsSettings
from moodreel.settings.pairing import PairingSettings
from moodreel.tables import base
from moodreel.tables.classify import FOLDS
from moodreel.tables.clusters import CLUSTERS, EMBEDDING
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.music import PAIRS, UNPAIRED
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's videos.tsv")
    parser.add_argument("--soundtracks", required=True, help="path of a video's soundtrack, with {video} for its id")
    parser.add_argument("--clusters", type=Path, required=True, help="clusters.parquet")
    parser.add_argument("--embedding", type=Path, required=True, help="embedding.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--features", type=Path, required=True, help="features.parquet")
    parser.add_argument("--emotions", help="where emotion scores lie in a video's folder, where these tell moods")
    parser.add_argument("--folds", type=Path, required=True, help="folds.parquet")
    parser.add_argument("--pairs-out", type=Path, required=True, help="pairs.tsv")
    parser.add_argument("--unpaired-out", type=Path, required=True, help="unpaired.tsv")
    args = parser.parse_args()
    settings = PairingSettings(**args.settings.get("pairing", {}))
    videos = base.read_tsv(args.videos, VIDEOS)
    soundtracks = read_soundtracks(args.soundtracks, videos)
    library = Library.of(soundtracks, used_parts(videos))
    clusters = base.read(args.clusters, CLUSTERS)
    windows = clusters.select("video", "window").join(
        base.read(args.windows, WINDOWS), on=["video", "window"], maintain_order="left"
    )
    method: MethodOfRuns
    if settings.method == "cluster":
        embedding, made = base.read(args.embedding, EMBEDDING), base.read_stamp(args.embedding)
        bins = bin_index(windows, made["grid_hz"], made["rate_hz"])
        series = embedding.select("^e[0-9]+$").to_numpy()[bins.of_window]
        method = ByCluster(clusters, series, base.read(args.folds, FOLDS), library)
    else:
        method = ByMood(clusters, *mood(args, settings, videos, windows), library)
    pairs = rank(clusters, method, library.sounds, settings.ranks)
    seen = videos.filter(pl.col("path").is_not_null()).select("video")
    pairs = previews.choose(pairs, clusters.join(seen, on="video", how="semi"), settings.previews)
    without = unpaired_windows(clusters, method, pairs)
    base.write_tsv(args.pairs_out, PAIRS, pairs)
    base.write_tsv(args.unpaired_out, UNPAIRED, without)
    paired = len(clusters) - len(without)
    silent = sum(not len(table) for table in soundtracks.values())
    print(f"{settings.method}: {paired} of {len(clusters)} windows paired, {pairs['track'].n_unique()} tracks proposed")
    print(f"{len(without)} windows have no music; {silent} of {len(videos)} videos have no sound")
    if len(without):
        why = lacks_in_words(without)
        print(*why, sep="\n")
        step.announce(f"{len(without)} of {len(clusters)} windows have no music; {args.unpaired_out} says which", why)


def mood(
    args: Namespace, settings: PairingSettings, videos: pl.DataFrame, windows: pl.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Valence and arousal of each of `windows`, (windows,), NaN where not known."""
    if settings.by_emotions:
        places = EmotionsSettings(**args.settings.get("emotions", {})).valence_arousal
        seen = videos.filter(pl.col("video").is_in(windows["video"].unique().to_list()))["video", "folder"]
        scores = {
            video: base.read(Path(folder, args.emotions, "emotions.parquet"), EMOTION_SCORES)
            for video, folder in seen.iter_rows()
        }
        return emotion.valence_arousal(scores, windows, places)
    names = pq.read_schema(args.features).names
    columns = ["video", "time_s", *expression.needed_columns(names)]
    return expression.valence_arousal(base.read(args.features, FEATURES, columns), windows)


if __name__ == "__main__":
    step.run(main)
