"""Judges: methods that predict the emotion of a face in a picture.

For the package's own code, a picture is a video of one frame: nothing is tracked, and no person has a neutral face of
their own. A new judge, such as a network trained elsewhere, is one `Judge` in `JUDGES`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.faces import rules
from benchmarks.faces.labelled import readable
from moodreel import pose
from moodreel.emotions.detectors import open_detector
from moodreel.emotions.frames import emotions_of
from moodreel.emotions.networks import CROPS, SCORER, required_networks
from moodreel.emotions.score import BATCH, scores, scores_of_crops
from moodreel.emotions.scorers import open_scorer
from moodreel.extraction.person_tracker import PersonTracker
from moodreel.extraction.tables import groups, mesh_table
from moodreel.face import measure, mesh
from moodreel.face.action_units import PEOPLE, intensities
from moodreel.face.displacements import Displacements
from moodreel.face_crops import writing
from moodreel.networks import catalogue
from moodreel.networks.requests import resolve
from moodreel.networks.session import open_session
from moodreel.settings.action_units import ActionUnitsSettings
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.tables import base
from moodreel.tables.extraction import MESH
from moodreel.tables.face_crops import FACE_CROPS
from moodreel.video.frame import Frame

FER = "fer"
POSE_NETWORKS = pose.MODELS[PoseSettings().backend]


class Pictures:
    """Pictures in readable files, and their MESH tables, each made once, in `folder`. `models`: folder of the
    networks."""

    def __init__(self, paths: Sequence[Path], models: Path, folder: Path) -> None:
        self._paths = paths
        self._folder = folder
        self.models = models

    def __len__(self) -> int:
        return len(self._paths)

    def frames(self) -> Iterator[Frame]:
        """Each picture as a frame, one per second."""
        for number, path in enumerate(self._paths):
            yield Frame(number, float(number), partial(readable, path))

    def mesh(self, backend: str) -> Path:
        """The table MESH by a face backend, which searches around the head in the pose, as in extraction of a video's
        first frame."""
        path = self._folder / f"mesh-{backend}.parquet"
        if not path.exists():
            extraction, body = ExtractionSettings(), PoseSettings()
            face = FaceSettings.model_validate({"backend": backend})
            new_body = pose.open_trackers(self.models, body, extraction)
            new_face = mesh.open_trackers(self.models, face, extraction)

            def rows() -> Iterator:
                for frame in self.frames():
                    tracker = PersonTracker(new_body(), new_face(), detect_every=1, min_visibility=body.min_visibility)
                    yield from resolve(tracker.read([frame]))

            with base.writer(path, MESH, {"settings": {"face": face.model_dump(mode="json")}}) as append:
                for group in groups(rows()):
                    append(mesh_table(group))
        return path

    def crops(self, backend: str, kind: str) -> Path:
        """The table FACE_CROPS of that kind, from that backend's meshes."""
        path = self._folder / f"crops-{backend}-{kind}.parquet"
        with base.writer(path, FACE_CROPS, {}) as append:
            for part in writing.cut(self.frames(), self.mesh(backend), kind):
                append(part)
        return path


@dataclass(frozen=True)
class Judge:
    """A method that predicts emotions. `says` describes it; `networks` are the names of its networks in the catalogue;
    `emotions` returns the index in EMOTIONS for each picture, int (pictures,), -1 without a face; `units` is the face
    backend whose action units it uses, if any, which are then also evaluated one by one."""

    name: str
    says: str
    networks: tuple[str, ...]
    emotions: Callable[[Pictures], np.ndarray]
    units: str | None = None


def fer_scores(pictures: Pictures, detector: str) -> pl.DataFrame:
    """The table EMOTION_SCORES of `pictures`, by FER's network on the first face of a detector."""
    names = required_networks(FER, detector)
    paths = dict(zip(names, catalogue.paths(pictures.models, names), strict=True))
    scorer = open_scorer(FER, open_session(paths[SCORER[FER]], batch=BATCH).run)
    if detector == "mesh":
        return pl.concat(scores_of_crops(pictures.crops(FaceSettings().backend, CROPS[FER]), detector, scorer))
    finder = open_detector(detector, files=paths, run=lambda path: open_session(path).run)
    return pl.concat(scores(pictures.frames(), finder, detector, scorer))


def displacements_in(pictures: Pictures, backend: str) -> Displacements:
    """The displacements by a face backend; NaN where it finds no face, or one that is turned too far."""
    max_yaw_deg, readings = ActionUnitsSettings().max_yaw_deg, measure.read_mesh(pictures.mesh(backend))
    parts = [measure.displacements_of(part, max_yaw_deg=max_yaw_deg) for part in readings]
    return Displacements(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("movements", "scores")))


def _of_fer(name: str, says: str, detector: str, *more: str) -> Judge:
    networks = (*more, *required_networks(FER, detector))
    return Judge(name, says, networks, lambda pictures: emotions_of(fer_scores(pictures, detector)))


def _of_units(backend: str) -> Judge:
    def emotions(pictures: Pictures) -> np.ndarray:
        return rules.emotions(intensities(*displacements_in(pictures, backend).of_both, PEOPLE))

    says = f"the rule on action units by `{backend}`"
    return Judge(f"units-{backend}", says, _of_mesh(backend), emotions, units=backend)


def _by_blendshapes(pictures: Pictures) -> np.ndarray:
    return rules.emotions(rules.levels(displacements_in(pictures, "blendshapes").of_both[1]))


def _of_mesh(backend: str) -> tuple[str, ...]:
    return (*POSE_NETWORKS, *mesh.MODELS[backend])


JUDGES = (
    _of_fer("fer-haar", "FER's network, faces by OpenCV's cascade", "haar"),
    _of_fer("fer-mtcnn", "FER's network, faces by `mtcnn` 0.1.1", "mtcnn"),
    _of_fer("fer-facenet", "FER's network, faces by `facenet-pytorch`", "facenet"),
    _of_fer("fer-mesh", "FER's network, the face of our mesh", "mesh", *_of_mesh(FaceSettings().backend)),
    *map(_of_units, mesh.BACKENDS),
    Judge("blendshapes", "the rule on the 52 scores alone", _of_mesh("blendshapes"), _by_blendshapes),
)
