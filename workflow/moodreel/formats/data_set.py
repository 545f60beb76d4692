"""A run's tables as a Psych-DS data set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from moodreel import __version__
from moodreel.face import trust
from moodreel.features.labels import add_labels
from moodreel.formats import events, psych_ds
from moodreel.settings.export import ExportSettings
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.events import EVENTS
from moodreel.tables.extraction import POSE
from moodreel.tables.face import ACTION_UNITS, FACE
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.labels import EMOTIONS, LABELS
from moodreel.tables.schema import Table
from moodreel.tables.videos import VIDEOS

VIDEO_COLUMNS = ["video", "performer", "start_s", "end_s", "rate_hz"]
"""Columns about a video. Not its location or source: a path names people and machines."""

WINDOW_COLUMNS = ["video", "window", "start_s", "end_s", "valid_share", "reason", "performer"]
CLUSTER_COLUMNS = ["video", "window", "start_s", "end_s", "cluster", "distance", "silhouette"]

README = """# {run}

{content}, made with moodreel {version}. The folder follows Psych-DS {schema};
`dataset_description.json` says what every column means.

| file in data/ | one row per | key |
|---|---|---|
| `..._description-videos_data.csv` | video | video |
| `..._description-screening_data.csv` | video, with the reason why it was left out | video |
| `..._description-emotions_data.csv` | video, with the label that was given | video |
| `..._description-windows_data.csv` | window of a kept video | video, window |
| `..._description-labels_data.csv` | window of a kept video, with what it shows | video, window |
{clusters}| `..._session-<video>_description-face_data.csv` | decoded frame | frame |
| `..._session-<video>_description-pose_data.csv` | decoded frame | frame |
| `..._session-<video>_description-events_data.csv` | event of an action unit, a cluster or a label | tier, start_s |

In file names, `subject` is the performer and `session` the video, without what is neither letter nor digit:

| session | video | subject | performer |
|---|---|---|---|
{sessions}

How far each action unit can be trusted depends on the face backend (moodreel's docs/trust.md): units marked `do not
use` do not agree with their reference, of those marked `not judged` nothing is known. `dataset_description.json` has
the verdict for each column, the column `trust` for each event.

{trust}

Cells are empty where nothing was seen. Times are in seconds since a video's first frame. Clusters, where there are any,
are movement patterns, not emotions. An event of an action unit begins at intensity {onset:g} (of 5) and ends below
{offset:g}; events shorter than {min_event_s:g} s are left out, gaps up to {max_gap_s:g} s are closed.

Before you share this: add `author`, `license` and `citation` to `dataset_description.json`. Movements of faces and
bodies are personal data.
"""

CLUSTERS_LINE = "| `..._description-clusters_data.csv` | window that has a cluster | video, window |\n"


def write(
    folder: Path, run: str, tables: Mapping[str, pl.DataFrame], settings: ExportSettings, names: Mapping[int, str]
) -> None:
    """Write the data set of a run into `folder`, which holds nothing else.

    tables: `videos`, `screening`, `emotions`, `windows`, `labels`, and `clusters` unless the run has none; those of
    single videos are at the paths in VIDEOS. names: those given to clusters by a person.
    """
    videos, clusters = tables["videos"], tables.get("clusters")
    content = f"Facial action units, head pose, gaze and body pose of {len(videos)} videos"
    if clusters is not None:
        content += ", and the recurring movement patterns (clusters)\nfound in them"
    windows = add_labels(tables["windows"], tables["labels"])
    study = psych_ds.value_of(run)
    sessions = psych_ds.values_of(videos["video"])
    subjects = psych_ds.values_of(videos["performer"].unique(maintain_order=True))
    listed = "\n".join(
        f"| {sessions[video]} | {_cell(video)} | {subjects[performer]} | {_cell(performer)} |"
        for video, performer in videos.select("video", "performer").iter_rows()
    )
    backends = videos["face_backend"].unique(maintain_order=True).to_list()
    readme = README.format(
        run=run, content=content, version=__version__, schema=psych_ds.SCHEMA, sessions=listed,
        clusters="" if clusters is None else CLUSTERS_LINE, trust=_trust_table(backends),
        **settings.model_dump(include={"onset", "offset", "min_event_s", "max_gap_s"}),
    )  # fmt: skip
    clustered = [] if clusters is None else ["clusters of movement"]
    with psych_ds.dataset(
        folder,
        name=run,
        description=" ".join(content.split()),
        readme=readme,
        keywords=["facial action units", "head pose", "gaze", "body pose", *clustered],
        measurementTechnique=f"moodreel {__version__}",
    ) as data:
        for description, table, spec in (
            ("videos", videos.select(VIDEO_COLUMNS), VIDEOS),
            ("screening", tables["screening"], SCREENING),
            ("emotions", tables["emotions"], EMOTIONS),
            ("windows", windows.select(WINDOW_COLUMNS), WINDOWS),
            ("labels", tables["labels"], LABELS),
            *([] if clusters is None else [("clusters", clusters.select(CLUSTER_COLUMNS), CLUSTERS)]),
        ):
            data.add(table, spec, study=study, description=description)
        face_spec = _with_verdicts(FACE, backends)
        for row in videos.iter_rows(named=True):
            video = row["video"]
            face = base.read(Path(row["face_folder"], "face.parquet"), FACE)
            pose = base.read(Path(row["folder"], "pose.parquet"), POSE)
            found = events.of(video, face, windows, clusters, settings, names, backend=row["face_backend"])
            keywords = {"subject": subjects[row["performer"]], "session": sessions[video]}
            for description, table, spec in (
                ("face", face, face_spec),
                ("pose", pose, POSE),
                ("events", found, EVENTS),
            ):
                data.add(_without_empty(table), spec, study=study, **keywords, description=description)


def _trust_table(backends: Sequence[str]) -> str:
    """The units' verdicts by face backend, in Markdown."""
    lines = [["action unit", *backends], ["---"] * (1 + len(backends))]
    for unit, name in ACTION_UNITS.items():
        lines.append([f"AU{unit:02d} {name}", *(trust.verdict(backend, unit) for backend in backends)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _with_verdicts(spec: Table, backends: Sequence[str]) -> Table:
    """The table with the verdicts in the meanings of its columns of action units."""
    columns = []
    for column in spec.columns:
        unit = trust.unit_of(column.name)
        if unit is not None:
            verdicts = ", ".join(f"{trust.verdict(backend, unit)} ({backend})" for backend in backends)
            column = replace(column, meaning=f"{column.meaning}; trust: {verdicts}")
        columns.append(column)
    return replace(spec, columns=tuple(columns))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _without_empty(table: pl.DataFrame) -> pl.DataFrame:
    """The table without its empty columns, unless all are empty."""
    kept = [column for column in table.columns if table[column].count()]
    return table.select(kept) if kept else table
