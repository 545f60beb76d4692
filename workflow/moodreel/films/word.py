"""The description of a film: a sentence about it, and the settings it was made with.

It is written into the container's `comment`, where players and `ffprobe` show it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av

from moodreel.errors import UserError

NAMES = {
    "mesh": "the face's contours",
    "skeleton": "the body's keypoints",
    "box": "the box around the face",
    "units": "action units",
    "scores": "emotion scores",
}
"""What each layer shows, in words."""

WORTH = "Scores say what a picture resembles, not what anybody feels (docs/emotions.md)."


@dataclass(frozen=True)
class Word:
    """The description of a film.

    layers: the drawn layers, of `annotate.layers`; empty where the video could not be read, with the `reason`.
    synthetic: the comment of a synthetic video, which the film repeats.
    settings: further settings of the film, as JSON values.
    """

    run: str
    video: str
    code: str
    layers: tuple[str, ...] = ()
    synthetic: str = ""
    reason: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The sentence about the film."""
        if self.reason:
            text = f"Made by moodreel: no film of {self.video}, of which nothing could be read ({self.reason})."
        else:
            shown = ", ".join(NAMES[layer] for layer in self.layers)
            text = f"Made by moodreel: the video {self.video} with what was read of it in the run {self.run}: {shown}."
        worth = f" {WORTH}" if "scores" in self.layers else ""
        return f"{self.synthetic}. {text}{worth}" if self.synthetic else f"{text}{worth}"

    @property
    def comment(self) -> str:
        """The sentence, and on a line of its own the settings as JSON."""
        content = {
            "run": self.run,
            "video": self.video,
            "code": self.code,
            "layers": list(self.layers),
            **({"reason": self.reason} if self.reason else {}),
            **self.settings,
        }
        return f"{self.sentence}\n{json.dumps(content, sort_keys=True)}"


def read(film: str | Path) -> dict[str, Any]:
    """The settings in a film's comment. Raises UserError where it has none."""
    try:
        with av.open(f"file:{Path(film).absolute()}", metadata_errors="replace") as container:
            comment = container.metadata.get("comment", "")
        content = json.loads(comment.rpartition("\n")[2])
    except (av.error.FFmpegError, OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise UserError(f"{film}: not a film that moodreel has annotated. Delete it and run again.")
    return content
