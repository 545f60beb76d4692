"""Tracks one person with the networks of any backend."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np

from moodreel.crops.square import Square, most_prominent
from moodreel.crops.tracking import Track
from moodreel.networks.requests import Inference
from moodreel.pose import Pose


class OnePerson(ABC):
    """Tracks one person, the most prominent where there are several."""

    def __init__(self) -> None:
        self._tracking = Track()

    @abstractmethod
    def find(self, picture: np.ndarray) -> Inference[list[Square]]:
        """The regions of all people whom the detector finds in `picture`."""

    @abstractmethod
    def _pose(self, picture: np.ndarray, time_s: float, region: Square) -> Inference[tuple[Pose, Square | None]]:
        """The pose in `region`, and the region for the next picture; None where the pose is rejected."""

    def track(self, picture: np.ndarray, time_s: float, *, look: bool = False) -> Inference[Pose]:
        """The pose in the next `picture` (height, width, 3) uint8 RGB of the video, which is shown at `time_s`; with
        `look` the detector counts the people in it."""
        pose, found = yield from self._tracking.track(
            lambda region: self._pose(picture, time_s, region),
            lambda: self.find(picture),
            lambda found: most_prominent(found, picture.shape),
            look=look,
        )
        pose = pose or Pose("no_person")
        return pose if found is None else replace(pose, people_seen=len(found))

    def forget(self) -> None:
        """Begin a new shot: the person is searched for in the next picture."""
        self._tracking.forget()
