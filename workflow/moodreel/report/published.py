"""What a paper published, as its folder's expected.yaml says it."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from moodreel.errors import UserError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Playlist(_Part):
    """A list of videos: its name in the paper, its id, how many videos it had."""

    name: str
    id: str
    videos: int


class Videos(_Part):
    """Videos collected and kept, and the playlists named as their source."""

    collected: int
    kept: int
    playlists: list[Playlist]


class Accuracy(_Part):
    """A classifier's accuracy over folds; `name` is the paper's."""

    name: str
    mean: float
    sd: float


class Parameter(_Part):
    """A setting of ours (dotted) and the value that the paper gives for it; `said`: in which words."""

    setting: str
    published: bool | float | str
    said: str = ""


class Inferences(_Part):
    """What follows from the published numbers, but is not printed: the reader is told so."""

    folds: int
    items: int
    correct: dict[str, int]
    columns_described: int
    columns_openface: int


class Published(_Part):
    """A paper's numbers. `accuracy` is by the name of our classifier."""

    paper: str
    title: str
    authors: str
    videos: Videos
    columns: int
    window_s: float
    clusters: int
    seed: int
    readings: dict[int, str]
    accuracy: dict[str, Accuracy]
    webcam_frames: int
    pairing: str
    webcam: str
    limits: list[str]
    parameters: list[Parameter]
    inferences: Inferences


def read(path: str | Path) -> Published:
    """Read an expected.yaml. Raises UserError that lists what does not fit."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return Published.model_validate(content)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file. `paper.name` names a folder in workflow/papers/.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    except ValidationError as error:
        lines = (f"  - {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UserError(f"{path} does not fit:\n" + "\n".join(lines)) from None
