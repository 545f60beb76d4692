"""Pair each window with music from other videos, and choose the pairs to be shown."""

from moodreel.tables.classify import FOLDS
from moodreel.tables.clusters import CLUSTERS, EMBEDDING
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.music import PAIRS, SOUNDTRACK, UNPAIRED
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import program
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(VIDEOS, WINDOWS, FEATURES, EMBEDDING, CLUSTERS, FOLDS),
        "sounds": Input(SOUNDTRACK, through_videos=True),
        "scores": Input(EMOTION_SCORES, through_videos=True),
    },
    outputs={"pairs": Output(PAIRS), "unpaired": Output(UNPAIRED)},
    options={
        "soundtracks": Option("path of a video's soundtrack, with {video} for its id", required=True),
        "emotions": Option("subfolder of a video's folder with emotion scores, if these give moods"),
    },
    settings=("pairing", "emotions.valence_arousal"),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.features.bins import bin_index
    from moodreel.music import emotion, expression, previews
    from moodreel.music.by_cluster import ByCluster
    from moodreel.music.by_mood import ByMood
    from moodreel.music.library import Library, read_soundtracks, used_parts
    from moodreel.music.ranking import MethodOfRuns, lacks_in_words, rank, unpaired_windows

    settings, videos, clusters = job.settings.pairing, job.read("videos"), job.read("clusters")
    soundtracks = read_soundtracks(job.options.soundtracks, videos)
    library = Library.of(soundtracks, used_parts(videos))
    of_clusters = clusters.select("video", "window")
    windows = of_clusters.join(job.read("windows"), on=["video", "window"], maintain_order="left")
    method: MethodOfRuns
    if settings.method == "cluster":
        embedding, made = job.read("embedding"), job.stamp_of("embedding")
        bins = bin_index(windows, made["grid_hz"], made["rate_hz"])
        series = embedding.select("^e[0-9]+$").to_numpy()[bins.of_window]
        method = ByCluster(clusters, series, job.read("folds"), library)
    elif settings.by_emotions:
        places = job.settings.emotions.valence_arousal
        method = ByMood(clusters, *emotion.read(videos, job.options.emotions, windows, places), library)
    else:
        method = ByMood(clusters, *expression.read(job.inputs.features, windows), library)
    pairs = rank(clusters, method, library.sounds, settings.ranks)
    with_media = videos.filter(pl.col("path").is_not_null()).select("video")
    pairs = previews.choose(pairs, clusters.join(with_media, on="video", how="semi"), settings.previews)
    without = unpaired_windows(clusters, method, pairs)
    job.write("pairs", pairs)
    job.write("unpaired", without)
    paired = len(clusters) - len(without)
    silent = sum(not len(table) for table in soundtracks.values())
    print(f"{settings.method}: {paired} of {len(clusters)} windows paired, {pairs['track'].n_unique()} tracks proposed")
    print(f"{len(without)} windows have no music; {silent} of {len(videos)} videos have no sound")
    if len(without):
        why = lacks_in_words(without)
        print(*why, sep="\n")
        message = f"{len(without)} of {len(clusters)} windows have no music; {job.outputs.unpaired} lists them"
        program.announce(message, why)
