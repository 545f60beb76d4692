"""What a paper published, as its folder's expected.yaml says it: the same shape for every paper."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moodreel.errors import UserError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PublishedFigure(_Part):
    """A figure that the paper prints.

    quantity: `<what>/<of what>`, by which this run's own stands beside it (table COMPARISON).
    sd: its standard deviation, if it prints one. name: what the paper calls it. where: in the paper.
    """

    quantity: str
    published: float
    sd: float | None = None
    name: str = ""
    where: str = ""


class Playlist(_Part):
    """A list of videos: its name in the paper, its id, how many videos it had."""

    name: str
    id: str
    videos: int


class Parameter(_Part):
    """A setting of ours (dotted) and the value that the paper gives for it; `said`: in which words."""

    setting: str
    published: bool | float | str
    said: str = ""


class Inference(_Part):
    """What follows from the printed numbers, but is not printed: the reader is told so.

    quantity: the figure, or count, that it is about. correct, of: it is this fraction. value: it is this number.
    said: in words.
    """

    quantity: str
    correct: int | None = None
    of: int | None = None
    value: float | None = None
    said: str = ""


class Contradiction(_Part):
    """Two things of which the paper says both: in words, and the figure that it concerns, with what else it gives."""

    said: str
    quantity: str = ""
    also: float | None = None


class Published(_Part):
    """A paper's numbers and words.

    counts: numbers that are no accuracies, by name. readings: of numbered clusters. notes: what the page quotes, by
    name. rows: lines of a table that it prints.
    """

    paper: str
    title: str
    authors: str
    figures: list[PublishedFigure] = Field(min_length=1)
    counts: dict[str, int] = {}
    playlists: list[Playlist] = []
    readings: dict[int, str] = {}
    notes: dict[str, str] = {}
    limits: list[str] = []
    rows: list[dict[str, str | int]] = []
    parameters: list[Parameter] = []
    inferences: list[Inference] = []
    contradictions: list[Contradiction] = []

    def of(self, kind: str) -> dict[str, PublishedFigure]:
        """The figures whose quantity is `<kind>/<name>`, by name."""
        found = (figure.quantity.partition("/") for figure in self.figures)
        return {
            name: figure for (what, _, name), figure in zip(found, self.figures, strict=True) if what == kind and name
        }

    def inferred(self, quantity: str) -> Inference:
        """What is inferred of a quantity. Raises KeyError where nothing is."""
        for inference in self.inferences:
            if inference.quantity == quantity:
                return inference
        raise KeyError(quantity)


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
