"""How videos are read: by which backends, with which networks, into which folder.

Most runs read all their videos in one way. A table of videos may name other backends for some of them, so there may be
several.
"""

from __future__ import annotations

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
    settings: what the extract steps are told, as one JSON string.
    also: what else makes its tables others than those of the same settings elsewhere.
    models_folder: where networks lie.
    """

    pose: str
    face: str
    settings: str
    also: str
    models_folder: str

    @cached_property
    def name(self) -> str:
        """`<pose>-<face>-<8 hex of the settings>`: runs with the same share their tables."""
        digest = hashlib.sha256((self.settings + self.also).encode()).hexdigest()[:8]
        return f"{self.pose}-{self.face}-{digest}"

    @property
    def pose_from(self) -> Origin:
        """Where the pose comes from: a network, a file, or nowhere."""
        if self.pose == pose_settings.NOBODY:
            return "nowhere"
        return "file" if self.pose in pose_settings.FROM_FILES else "network"

    @property
    def face_from(self) -> Origin:
        """Where the face comes from: a network or a file."""
        return "file" if self.face in face_settings.FROM_FILES else "network"

    @property
    def models(self) -> tuple[str, ...]:
        """The networks that it runs, by their names in the catalogue."""
        return (
            *(pose.MODELS[self.pose] if self.pose_from == "network" else ()),
            *(mesh.MODELS[self.face] if self.face_from == "network" else ()),
        )

    @property
    def model_files(self) -> list[str]:
        """Where these lie."""
        return [str(path) for path in catalogue.paths(self.models_folder, self.models)]

    @cached_property
    def models_sha256(self) -> str:
        """The hashes of these as JSON: another network reads again."""
        return json.dumps({name: catalogue.declared_hash(name) for name in self.models}, sort_keys=True)

    @property
    def networks(self) -> tuple[str, ...]:
        """The modules of the backends that run networks."""
        return (
            *([pose.BACKENDS[self.pose]] if self.pose_from == "network" else ()),
            *([mesh.BACKENDS[self.face]] if self.face_from == "network" else ()),
        )


def pattern(extractions: Iterable[Extraction], *, pose: Origin | None = None, face: Origin | None = None) -> str:
    """A regular expression for the names of those whose pose and face come from there; None: from anywhere."""
    names = [one.name for one in extractions if pose in (None, one.pose_from) and face in (None, one.face_from)]
    return "|".join(names) or "(?!)"  # which matches nothing
