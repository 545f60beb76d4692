"""What a paper published, from its folder's expected.yaml: the same shape for every paper."""

from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from moodreel.errors import UserError
from moodreel.report.comparison import KINDS


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Part):
    """The data behind the paper's figures, and their substitute, in sentences.

    published: which of the paper's data are available. built_in: what a run on the built-in clips uses instead.
    """

    published: str = ""
    built_in: str = ""


class PublishedFigure(_Part):
    """A figure that the paper prints.

    quantity: `<what>/<of what>`, by which this run's own is found (table COMPARISON).
    sd: its standard deviation, if it prints one. name: in the paper. where: its place in the paper.
    """

    quantity: str = Field(min_length=1)
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
    """A setting of ours (dotted) and the value that the paper gives for it; `text`: in the paper's words."""

    setting: str
    published: bool | float | str
    text: str = ""


class Inference(_Part):
    """What follows from the printed numbers, but is not printed, and is marked so on the page.

    quantity: the figure, or count, that it is about. correct, of: it is this fraction. value: it is this number.
    text: the inference in words.
    """

    quantity: str = ""
    correct: int | None = None
    of: int | None = None
    value: float | None = None
    text: str = ""

    @model_validator(mode="after")
    def _check_content(self) -> Self:
        if (self.correct is None) != (self.of is None):
            raise ValueError("a fraction needs both `correct` and `of`")
        if self.correct is not None and self.of is not None and not 0 <= self.correct <= self.of:
            raise ValueError(f"`correct` is a number from 0 to `of`, and {self.correct} of {self.of} is not")
        if self.correct is None and self.value is None and not self.text:
            raise ValueError("it is empty: give `correct` and `of`, `value`, or `text`")
        return self


class Contradiction(_Part):
    """Two statements of the paper that contradict each other: in words, and the figure concerned, with its other
    value."""

    text: str = Field(min_length=1)
    quantity: str = ""
    also: float | None = None


class PublishedPaper(_Part):
    """A paper's numbers and words.

    study: the kind of study whose tables its figures are compared with (the setting `study`). counts: numbers that are
    not figures of merit, by name. not_rerun: by figure or count, why the rerun does not measure it, and where it is
    measured if anywhere. readings: of numbered clusters. notes: what the page quotes or adds, by name; a kind of study
    puts some of them next to its own parts. rows: lines of a table that it prints.
    """

    paper: str
    title: str
    authors: str
    study: str
    data: Data = Data()
    figures: list[PublishedFigure] = Field(min_length=1)
    counts: dict[str, int] = {}
    not_rerun: dict[str, str] = {}
    playlists: list[Playlist] = []
    readings: dict[int, str] = {}
    notes: dict[str, str] = {}
    limits: list[str] = []
    rows: list[dict[str, str | int]] = []
    parameters: list[Parameter] = []
    inferences: list[Inference] = []
    contradictions: list[Contradiction] = []

    @field_validator("study")
    @classmethod
    def _known_kind(cls, value: str) -> str:
        if value not in KINDS:
            raise ValueError(f"{value!r} is not a kind of study. Allowed: {', '.join(KINDS)}")
        return value

    @field_validator("figures")
    @classmethod
    def _each_once(cls, value: list[PublishedFigure]) -> list[PublishedFigure]:
        names = [figure.quantity for figure in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each quantity may occur only once; repeated: {', '.join(twice)}")
        return value

    @field_validator("not_rerun")
    @classmethod
    def _of_something(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if {"figures", "counts"} <= info.data.keys():
            allowed = [*(figure.quantity for figure in info.data["figures"]), *info.data["counts"]]
            unknown = [name for name in value if name not in allowed]
            if unknown:
                raise ValueError(
                    f"{', '.join(unknown)}: neither a figure nor a count of this file. Allowed: {', '.join(allowed)}"
                )
        return value

    def of(self, kind: str) -> dict[str, PublishedFigure]:
        """The figures whose quantity is `<kind>/<name>`, by name."""
        prefix = f"{kind}/"
        mine = (figure for figure in self.figures if figure.quantity.startswith(prefix))
        return {name: figure for figure in mine if (name := figure.quantity.removeprefix(prefix))}

    def inference(self, quantity: str) -> Inference | None:
        """The first inference about a quantity; None where there is none."""
        return next((one for one in self.inferences if one.quantity == quantity), None)

    def contradiction(self, quantity: str) -> Contradiction | None:
        """The first contradiction about a quantity; None where there is none."""
        return next((one for one in self.contradictions if one.quantity == quantity), None)

    def name(self, quantity: str) -> str:
        """The page's name for a quantity: the paper's, or else its own words."""
        names = {figure.quantity: figure.name for figure in self.figures}
        return names.get(quantity) or quantity.replace("_", " ").replace("/", ", ")


def read(path: str | Path) -> PublishedPaper:
    """Read an expected.yaml. Raises UserError that lists all that does not fit, each with its key."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return PublishedPaper.model_validate(content)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file. `paper.name` names a folder in workflow/papers/.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    except ValidationError as error:
        lines = (f"  - {_key(e['loc'])}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors())
        raise UserError(f"{path} does not fit:\n" + "\n".join(lines)) from None


def _key(place: tuple[str | int, ...]) -> str:
    """The dotted key of a place in the file, entries of lists counted from 1."""
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in place) or "the whole file"
