"""Put the kept videos' features on a time grid and cut windows from it."""

from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.openface import OPENFACE
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={
        "videos": Input(VIDEOS),
        "screening": Input(SCREENING),
        "poses": Input(POSE, through_videos=True),
        "faces": Input(FACE, through_videos=True),
        "columns": Input(OPENFACE, through_videos=True),
        "scores": Input(EMOTION_SCORES, through_videos=True),
    },
    outputs={"features": Output(FEATURES), "windows": Output(WINDOWS)},
    options={"emotions": Option("subfolder of a video's folder with emotion scores, if they are features")},
    settings=("windows", "features", "screen.level", "screen.min_face_confidence"),
    libraries=("numpy", "polars", "pyarrow"),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.features import selection, windows

    settings, emotions = job.settings, job.options.emotions
    videos = selection.kept_videos(job.read("videos"), job.read("screening"))
    columns, notes = selection.columns_of(videos, settings.features, emotions)
    facts = {
        "rate_hz": settings.windows.grid_hz,
        "face_backends": selection.backends_of(videos),
        "emotions": selection.scored_by(videos[0], emotions),
        "notes": notes,
    }
    indexes: list[pl.DataFrame] = []
    first_row = 0
    with job.writer("features", **facts) as append:
        for video in videos:
            rows = selection.features_of(video, columns, settings.windows, settings.features, settings.screen, emotions)
            indexes.append(selection.windows_of(video, rows, first_row, settings.windows))
            first_row += len(rows)
            append(rows)
    index = pl.concat(indexes)
    job.write("windows", index.select(WINDOWS.names), **facts)
    print(*notes, sep="\n", end="\n" if notes else "")
    counts = ", ".join(f"{number} {reason}" for reason, number in windows.counts(index).items())
    print(f"{len(videos)} videos, {len(columns)} columns, windows: {counts}")
