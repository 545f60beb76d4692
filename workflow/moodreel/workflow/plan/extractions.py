"""Extractions: how videos are read, by which backends, with which networks, into which folder.

Most runs have one extraction for all videos. A table of videos may name other backends for some of them, so that there
may be several.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from moodreel import pose
from moodreel.face import mesh
from moodreel.networks import catalogue
from moodreel.settings import face as face_settings
from moodreel.settings import pose as pose_settings

Origin = Literal["network", "file", "nowhere"]


@dataclass(frozen=True)
class Extraction:
    """One way to read videos.

    pose, face: the backends.
    settings: the settings of the extract steps, as one JSON string.
    also: further text that distinguishes it from another extraction with the same settings.
    models_folder: folder of the networks.
    """

    pose: str
    face: str
    settings: str
    also: str
    models_folder: str

    @cached_property
    def name(self) -> str:
        """`<pose>-<face>-<8 hex of the settings>`: runs with the same name share their tables."""
        digest = hashlib.sha256((self.settings + self.also).encode()).hexdigest()[:8]
        return f"{self.pose}-{self.face}-{digest}"

    @property
    def pose_from(self) -> Origin:
        """The origin of the pose: a network, a file, or nowhere."""
        if self.pose == pose_settings.NOBODY:
            return "nowhere"
        return "file" if self.pose in pose_settings.FROM_FILES else "network"

    @property
    def face_from(self) -> Origin:
        """The origin of the face: a network, a file, or nowhere."""
        if self.face == face_settings.NOBODY:
            return "nowhere"
        return "file" if self.face in face_settings.FROM_FILES else "network"

    @property
    def models(self) -> tuple[str, ...]:
        """The names of its networks in the catalogue."""
        return (
            *(pose.MODELS[self.pose] if self.pose_from == "network" else ()),
            *(mesh.MODELS[self.face] if self.face_from == "network" else ()),
        )

    @property
    def model_files(self) -> list[str]:
        """The paths of its networks."""
        return [str(path) for path in catalogue.paths(self.models_folder, self.models)]

    @cached_property
    def models_sha256(self) -> str:
        """The hashes of its networks as JSON: with another network videos are read again."""
        return json.dumps({name: catalogue.declared_hash(name) for name in self.models}, sort_keys=True)

    @property
    def networks(self) -> tuple[str, ...]:
        """The modules of the backends that run networks."""
        return (
            *([pose.BACKENDS[self.pose]] if self.pose_from == "network" else ()),
            *([mesh.BACKENDS[self.face]] if self.face_from == "network" else ()),
        )


def pattern(extractions: Iterable[Extraction], *, pose: Origin | None = None, face: Origin | None = None) -> str:
    """A regular expression for the names of the extractions with these origins of pose and face; None: any origin."""
    names = [one.name for one in extractions if pose in (None, one.pose_from) and face in (None, one.face_from)]
    return "|".join(names) or "(?!)"  # which matches nothing
