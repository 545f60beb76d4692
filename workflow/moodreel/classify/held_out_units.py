"""Action units of the run's videos, measured against neutral faces that are found in some of the videos only.

Makes the rows of HELD_OUT from the tables of faces, movements and poses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.classify import held_out
from moodreel.errors import UserError
from moodreel.face import measure, neutral
from moodreel.face.action_units import NeutralMeasures
from moodreel.face.displacements import Displacements, read_displacements
from moodreel.features import per_video
from moodreel.features.bins import BinIndex
from moodreel.settings.action_units import ActionUnitsSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE, MOVEMENTS

_FACE_COLUMNS = ["time_s", "status", "confidence", "pitch_deg", "yaw_deg"]

NeutralVideos = dict[int, dict[str, tuple[str, ...]]]
"""By fold and video, the videos in which its neutral face is found, where these are not all of its performer's."""


@dataclass
class Faces:
    """The faces in videos, whose tables lie in `folders` by the video's id, and the neutral faces found so far."""

    folders: dict[str, Path]
    settings: ActionUnitsSettings
    _neutral: dict[tuple[str, ...], NeutralMeasures | None] = field(default_factory=dict)

    def read(self, video: str) -> tuple[pl.DataFrame, Displacements]:
        """For each frame, the columns of FACE that are not units, and the displacements that units are computed
        from."""
        folder = self.folders[video]
        face, path = base.read(folder / "face.parquet", FACE, columns=_FACE_COLUMNS), folder / "movements.parquet"
        found = read_displacements(base.read(path, MOVEMENTS))
        if len(face) != len(found):
            raise UserError(f"{path}: it belongs to another face.parquet. Delete both and run again.")
        return face, found

    def neutral(self, video: str, among: tuple[str, ...]) -> NeutralMeasures:
        """The neutral face in the videos `among`; where none of them shows one, that in `video` itself if it is not
        among them; NaN where that shows none either."""
        found = self._neutral_among(among)
        if found is None and video not in among:
            found = self._neutral_among((video,))
        return measure.neutral_measures(neutral.NOBODY) if found is None else found

    def _neutral_among(self, among: tuple[str, ...]) -> NeutralMeasures | None:
        if among not in self._neutral:
            self._neutral[among] = neutral.neutral_measures_among([self._sample(video, len(among)) for video in among])
        return self._neutral[among]

    def _sample(self, video: str, videos: int) -> Displacements:
        face, displacements = self.read(video)
        visible = (face["status"] == "ok") & (face["confidence"] >= self.settings.min_confidence).fill_null(False)
        usable = visible.to_numpy() & ~np.isnan(displacements.movements).any(axis=(1, 2))
        turn = np.abs(face.select("pitch_deg", "yaw_deg").to_numpy()).max(axis=1)
        return displacements.rows(neutral.candidate_rows(usable, turn, videos, max_turn_deg=self.settings.max_turn_deg))


@dataclass(frozen=True)
class Grid:
    """How features.parquet was made from the tables, and the required bins. `poses`: by the video's id."""

    poses: dict[str, Path]
    columns: list[str]
    windows: WindowsSettings
    features: FeaturesSettings
    screen: ScreenSettings
    first_row: dict[str, int]
    bins: BinIndex

    def rows(self, faces: Faces, video: str, among: tuple[str, ...]) -> pl.DataFrame:
        """A video's rows of HELD_OUT without the column `fold`, measured against the neutral face in the videos
        `among`."""
        face, displacements = faces.read(video)
        units = measure.units_in(displacements, faces.neutral(video, among), presence=faces.settings.presence)
        found = per_video.video_features(
            base.read(self.poses[video], POSE, columns=["time_s", "status", "cut"]),
            face.with_columns(pl.Series(name, values.astype(np.float32)) for name, values in units.items()),
            self.columns,
            self.windows,
            self.features,
            min_face_confidence=self.screen.min_row_confidence,
        )
        return held_out.rows_of(found, self.columns, self.first_row[video], self.bins)


def folds_by_video(folds: pl.DataFrame) -> dict[str, int]:
    """The fold in which each video is tested where whole videos are kept together; empty when FOLDS has no such
    folds."""
    own = folds.filter(pl.col("group") == held_out.GROUP)
    return dict(own.select("video", "fold").unique(maintain_order=True).iter_rows())


def videos_with_movements(videos: pl.DataFrame, fold_of: Mapping[str, int]) -> pl.DataFrame:
    """The rows of VIDEOS that are tested and whose face a network has read; faces from files are taken as they are."""
    return videos.filter(pl.col("video").is_in(list(fold_of)) & pl.col("face_file").is_null())


def neutral_videos_by_fold(videos: pl.DataFrame, fold_of: Mapping[str, int]) -> NeutralVideos:
    """The neutral faces to find again for these rows of VIDEOS, each over videos of one performer read in one way."""
    fold_of = {video: fold_of[video] for video in videos["video"]}
    owner_of = {
        video: (performer, Path(folder).name)
        for video, performer, folder in videos["video", "performer", "folder"].iter_rows()
    }
    found = {fold: held_out.neutral_videos(fold_of, owner_of, fold) for fold in sorted(set(fold_of.values()))}
    return {fold: among for fold, among in found.items() if among}


def notes_on_neutral_faces(neutral_videos: NeutralVideos, fold_of: Mapping[str, int]) -> list[str]:
    """Notes on the result of `neutral_videos_by_fold`."""
    if not neutral_videos:
        return []
    alone = [
        v
        for fold, among in neutral_videos.items()
        for v, found in among.items()
        if fold_of[v] == fold and found == (v,)
    ]
    note = (
        "grouped/video: in each fold action units are measured against the neutral face of the performer's training "
        "videos"
    )
    if alone:
        note += f"; {len(alone)} videos, such as {alone[0]!r}, whose performer has none there, against their own"
    return [note]
