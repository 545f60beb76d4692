"""Measure action units for each fold against neutral faces found without the fold's test videos."""

from pathlib import Path

from moodreel.tables.classify import FOLDS
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE, MOVEMENTS
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.held_out import HELD_OUT
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output, table_inputs


@declare(
    inputs={
        **table_inputs(VIDEOS, FEATURES, WINDOWS, FOLDS),
        "poses": Input(POSE, through_videos=True),
        "faces": Input(FACE, through_videos=True),
        "movements": Input(MOVEMENTS, through_videos=True),
    },
    outputs={"out": Output(HELD_OUT)},
    settings=("action_units", "windows", "features", "screen", "embed"),
    libraries=("numpy", "polars", "pyarrow"),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.classify import held_out_units as units
    from moodreel.classify.held_out import unit_columns
    from moodreel.features.bins import bin_index
    from moodreel.features.matrix import open_features
    from moodreel.features.windows import require_kept

    settings, index = job.settings, job.read("windows")
    file = open_features(job.inputs.features, settings.features.groups_in_use)
    columns, fold_of = unit_columns(file.columns), units.folds_by_video(job.read("folds"))
    videos = units.videos_with_movements(job.read("videos"), fold_of)
    faces = units.Faces(
        {video: Path(folder) for video, folder in videos["video", "face_folder"].iter_rows()}, settings.action_units
    )
    grid = units.Grid(
        {video: Path(folder, "pose.parquet") for video, folder in videos["video", "folder"].iter_rows()},
        columns,
        settings.windows,
        settings.features,
        settings.screen,
        dict(index.filter(pl.col("window") == 0).select("video", "first_row").iter_rows()),
        bin_index(require_kept(index), file.rate_hz, settings.embed.rate_hz),
    )
    shared = columns and settings.action_units.neutral == "performer"
    neutral_videos = units.neutral_videos_by_fold(videos, fold_of) if shared else {}
    notes = units.notes_on_neutral_faces(neutral_videos, fold_of)
    with job.writer("out", notes=notes) as append:
        for fold, sources in neutral_videos.items():
            parts = [grid.rows(faces, video, found) for video, found in sources.items()]
            append(pl.concat(parts).insert_column(0, pl.lit(fold, pl.Int32).alias("fold")))
    print(*notes, sep="\n")
