"""Selects what of the kept videos goes on the time grid: the columns, and each video's rows of them."""

from pathlib import Path

import polars as pl

from moodreel.errors import Missing
from moodreel.face import trust
from moodreel.features import per_video, windows
from moodreel.features.groups import GROUPS
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.openface import OPENFACE, PREFIX


def kept_videos(videos: pl.DataFrame, screening: pl.DataFrame) -> list[dict]:
    """The rows of VIDEOS that the screening kept. Raises Missing, with the reasons, when there are none."""
    kept = videos.join(screening.filter("kept"), on="video", how="semi", maintain_order="left")
    if kept.is_empty():
        reasons = screening.select("video", "reason").head(10).rows()
        raise Missing(
            f"none of the {len(videos)} videos passed the screening; loosen the settings named or add videos:\n"
            + "\n".join(f"  - {video}: {reason}" for video, reason in reasons)
        )
    return kept.rows(named=True)


def backends_of(videos: list[dict]) -> list[str]:
    """The face backends that have read the videos, each once."""
    return list(dict.fromkeys(video["face_backend"] for video in videos))


def columns_of(
    videos: list[dict], features: FeaturesSettings, emotions: str | None = None
) -> tuple[list[str], list[str]]:
    """The columns that the set uses and at least one video shows, in the groups' order; and notes.

    Action units that are not to be used with the backend of one of the videos are left out as `features.units` says. In
    the set `paper` all videos have the same columns: OpenFace's where each of them has its table, else ours. `emotions`
    is the place of a video's emotion scores in its folder; None: they are not features. Raises Missing when nothing
    is left.
    """
    visible: set[str] = set()
    for video in videos:
        visible |= per_video.visible_columns(
            base.read(_pose(video), POSE, columns=per_video.POSE_COLUMNS),
            face_of(video, per_video.FACE_COLUMNS, emotions),
        )
    used = features.groups_in_use
    notes: list[str] = []
    if features.set == "paper":
        visible, notes = _of_paper(videos, visible, features)
    columns = [c for group in used for c in GROUPS[group].columns if c in visible]
    columns, of_units = trusted_columns(columns, backends_of(videos), features)
    notes += of_units
    if not columns:
        more = "".join(f" ({note})" for note in of_units)
        raise Missing(f"{features.in_words}: no kept video shows any of their columns{more}. Choose other groups.")
    if features.set == "paper":
        notes.insert(0, f"features.set = paper: {len(columns)} columns")
    return columns, notes


def trusted_columns(columns: list[str], backends: list[str], features: FeaturesSettings) -> tuple[list[str], list[str]]:
    """Those of `columns` that the settings admit, and notes on action units that are not to be used."""
    used = {trust.unit_of(column) for column in columns}
    bad = [unit for unit in trust.unusable_units(backends) if unit in used]
    judged = [name for name in backends if set(bad) & set(trust.unusable_units([name]))]
    units = ", ".join(f"AU{unit:02d}" for unit in bad)
    why = f"not to be used with {' or '.join(judged)}: see {trust.PAGE}"
    if features.set == "paper":
        also = f", also {units}, {why}" if bad else ""
        return columns, [f"features.set = paper holds all action units, as the paper did{also}"]
    if not bad:
        return columns, []
    count = f"{len(bad)} action unit{'s' if len(bad) > 1 else ''} ({units})"
    if features.units == "all":
        return columns, [f"features.units = all: the features hold {count} {why}"]
    left = [column for column in columns if trust.unit_of(column) not in bad]
    return left, [f"features.units = trusted: {count} left out of the features, {why}"]


def _of_paper(videos: list[dict], visible: set[str], features: FeaturesSettings) -> tuple[set[str], list[str]]:
    without = [video["video"] for video in videos if not _openface(video).is_file()]
    notes = []
    if without:
        notes.append(
            f"{len(without)} of {len(videos)} videos have no OpenFace file (such as {without[0]!r}), so the face of "
            "all is action units, presence, head pose and gaze as face.parquet has them"
        )
    else:
        ours = ("action_units", "presence", "head_pose", "gaze")
        visible = visible - {c for group in ours for c in GROUPS[group].columns}
        stamps = [base.read_stamp(_openface(video)) for video in videos]
        absent = set.intersection(*(set(stamp["absent"]) for stamp in stamps))
        names = (c for group in ("paper_face", "paper_counted") for c in GROUPS[group].columns if c.startswith(PREFIX))
        visible |= {c for c in names if c.removeprefix(PREFIX) not in absent}
        older = [video["video"] for video, stamp in zip(videos, stamps, strict=True) if stamp["absent"]]
        if older:
            notes.append(
                f"{len(older)} of {len(videos)} OpenFace files lack some of the 714 columns, that of {older[0]!r} "
                f"among them: null there; {len(absent)} columns are in none of them and left out"
            )
    if features.paper.columns == "as_counted":
        notes.append(
            "WARNING: features.paper.columns = as_counted keeps confidences, and of OpenFace's files the frame's "
            "number, time and success, as a count of 788 needs. They say when and how surely something was seen, not "
            "what: windows of the same time in their videos look alike. Which column the count leaves out (face_id "
            "here) is a guess"
        )
    return visible, notes


def _pose(video: dict) -> Path:
    return Path(video["folder"]) / "pose.parquet"


def _face(video: dict) -> Path:
    return Path(video["face_folder"]) / "face.parquet"


def _openface(video: dict) -> Path:
    return Path(video["folder"]) / "openface.parquet"


def face_of(video: dict, columns: list[str], emotions: str | None) -> pl.DataFrame:
    """The video's table FACE with these columns, and the scores of emotions where these are features."""
    if emotions is None:
        return base.read(_face(video), FACE, columns=columns)
    scores = base.read(Path(video["folder"]) / emotions / "emotions.parquet", EMOTION_SCORES)
    return per_video.with_emotions(base.read(_face(video), FACE, columns=["frame", *columns]), scores)


def features_of(
    video: dict,
    columns: list[str],
    settings: WindowsSettings,
    features: FeaturesSettings,
    screen: ScreenSettings,
    emotions: str | None = None,
) -> pl.DataFrame:
    """One video's rows of FEATURES."""
    raw = per_video.openface_columns(columns)
    found = per_video.video_features(
        base.read(_pose(video), POSE, columns=per_video.POSE_COLUMNS),
        face_of(video, per_video.face_columns(columns), emotions if per_video.emotion_columns(columns) else None),
        columns,
        settings,
        features,
        openface=base.read(_openface(video), OPENFACE, columns=raw) if raw else None,
        min_face_confidence=screen.min_row_confidence,
    )
    return found.insert_column(0, pl.lit(video["video"]).alias("video"))


def scored_by(video: dict, emotions: str | None) -> dict[str, str] | None:
    """The detector and the backend of emotion scores (`scorer`), where these are features; the same for all videos."""
    return None if emotions is None else scorer(Path(video["folder"]) / emotions / "emotions.parquet")


def scorer(path: Path) -> dict[str, str]:
    """What found (`detector`) and what scored (`backend`) the faces of the table EMOTION_SCORES at `path`."""
    stamp = base.read_stamp(path)["settings"]
    return {"backend": stamp["emotions"]["backend"], "detector": stamp["detector"]}


def windows_of(video: dict, features: pl.DataFrame, first_row: int, settings: WindowsSettings) -> pl.DataFrame:
    """One video's rows of WINDOWS."""
    found = windows.index(features["time_s"].to_numpy(), features["valid"].to_numpy(), first_row, settings)
    named = {column: pl.lit(video[column], pl.String) for column in ("video", "performer", "recording")}
    return found.with_columns(**named)
