"""The whole configuration: all sections, read and checked together."""

from __future__ import annotations

import difflib
import json
import reprlib
import shlex
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Literal, TypeGuard
from unicodedata import category

from pydantic import ValidationError, model_validator

from moodreel.errors import UserError
from moodreel.settings.action_units import ActionUnitsSettings
from moodreel.settings.actors import ActorsSettings
from moodreel.settings.annotate import LAYERS_WITHOUT_EXTRACTION, AnnotateSettings
from moodreel.settings.apply import ApplySettings
from moodreel.settings.base import REQUIRED, Section, setting
from moodreel.settings.cache import CacheSettings
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.emotions import EmotionsSettings
from moodreel.settings.export import ExportSettings
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.face_crops import FaceCropsSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.limits import LimitsSettings
from moodreel.settings.models import ModelsSettings
from moodreel.settings.music import MusicSettings
from moodreel.settings.pairing import PairingSettings
from moodreel.settings.paper import PaperSettings, study_of
from moodreel.settings.pose import PoseSettings
from moodreel.settings.report import ReportSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.settings.source import SourceSettings
from moodreel.settings.windows import WindowsSettings

MOST_LETTERS = 100_000
"""Linux allows 131,072 bytes in one argument, and the shell gets the whole command of a step, with its settings, in
one."""

MOST_MISTAKES = 200
"""Mistakes that a message lists."""

MOST_SHOWN = 120
"""Characters of a wrong value that a message shows."""


class Settings(Section):
    """Everything that `config.yaml` may contain."""

    run: str = setting(
        "main",
        "name of the run: its results lie in results/runs/<run>/",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    )
    videos: str = setting(
        REQUIRED,
        "table of videos, tab-separated: video, source, performer, and optionally emotion, start_s, end_s; and where "
        "pose or face are imported: pose_backend, pose_file, face_backend, face_file, rate_hz",
        min_length=1,
    )
    study: Literal["expressions", "emotions"] = setting(
        "expressions",
        "what is computed from the videos; `expressions`: the whole chain, from action units and pose to clusters, classifiers and music; `emotions`: only emotion scores of the frames, and the class of each video by them",
    )
    source: SourceSettings = setting(SourceSettings(), "where remote videos come from")
    limits: LimitsSettings = setting(LimitsSettings(), "what one video or file may cost before it is dropped")
    actors: ActorsSettings = setting(ActorsSettings(), "the built-in clips")
    models: ModelsSettings = setting(ModelsSettings(), "where networks are kept and searched for")
    pose: PoseSettings = setting(PoseSettings(), "body pose")
    face: FaceSettings = setting(FaceSettings(), "face mesh")
    extraction: ExtractionSettings = setting(ExtractionSettings(), "decoding a video once, for pose and face")
    action_units: ActionUnitsSettings = setting(ActionUnitsSettings(), "from the mesh to action units")
    face_crops: FaceCropsSettings = setting(FaceCropsSettings(), "pictures of the tracked face")
    emotions: EmotionsSettings = setting(EmotionsSettings(), "emotion scores of the face in each frame")
    screen: ScreenSettings = setting(ScreenSettings(), "which videos are kept")
    windows: WindowsSettings = setting(WindowsSettings(), "the time grid and its windows")
    features: FeaturesSettings = setting(FeaturesSettings(), "the features of a bin")
    embed: EmbedSettings = setting(EmbedSettings(), "scaling, PCA and UMAP")
    clusters: ClustersSettings = setting(ClustersSettings(), "clusters of windows")
    classify: ClassifySettings = setting(ClassifySettings(), "classifiers and their evaluation")
    music: MusicSettings = setting(MusicSettings(), "describing soundtracks")
    pairing: PairingSettings = setting(PairingSettings(), "clip-music pairs")
    apply: ApplySettings = setting(ApplySettings(), "a trained classifier's predictions for the videos")
    annotate: AnnotateSettings = setting(AnnotateSettings(), "annotated films")
    export: ExportSettings = setting(ExportSettings(), "tables for other programs")
    paper: PaperSettings = setting(PaperSettings(), "a paper whose numbers are compared with this run's")
    report: ReportSettings = setting(ReportSettings(), "the report")
    cache: CacheSettings = setting(CacheSettings(), "what forces a rerun")

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        requirements = {
            "study: emotions needs a network that scores them": self.study == "emotions",
            f"{self.features.in_words} needs a network that scores emotions": "emotions" in self.features.groups_in_use,
            "pairing.mood_of: emotions needs a network that scores them": self.pairing.by_emotions,
            "export.formats: emotions needs a network that scores them": "emotions" in self.export.formats,
            "annotate.layers: scores needs a network that gives them": "scores" in self.annotate.layers,
        }
        needs = [words for words, is_required in requirements.items() if is_required]
        if needs and self.emotions.backend == "none":
            raise ValueError(f"{needs[0]} (emotions.backend: fer)")
        others = [layer for layer in self.annotate.layers if layer not in LAYERS_WITHOUT_EXTRACTION]
        if self.study == "emotions" and self.annotate.videos and others:
            raise ValueError(
                f"annotate.layers: study: emotions reads no {' or '.join(others)}; allowed there: "
                f"{', '.join(LAYERS_WITHOUT_EXTRACTION)}"
            )
        study = study_of(self.paper.name) if self.paper.name else None
        if study and study != self.study:
            raise ValueError(
                f"paper.name: {self.paper.name} needs study: {study} (workflow/papers/{self.paper.name}/config.yaml)"
            )
        return self


def resolve(config: Mapping[str, Any]) -> Settings:
    """The settings of `config`, with defaults for missing keys.

    Raises UserError that lists every mistake at once: the key, what is wrong, what is allowed, the most similar key.
    """
    if not isinstance(config, Mapping):
        raise UserError(
            "the configuration is no mapping of keys to values; each line of its first level is `key: value`."
        )
    if found := [key for key, text in _texts(config) if any(category(c) in ("Cc", "Cs") for c in text)]:
        some = ", ".join(_shown(key) for key in found[:MOST_MISTAKES])
        raise UserError(f"the configuration holds control characters (such as NUL or line breaks); remove them: {some}")
    try:
        settings = Settings.model_validate(dict(config))
    except ValidationError as error:
        lines = list(islice(_explanations(error.errors(include_url=False)), MOST_MISTAKES + 1))
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        if len(lines) > MOST_MISTAKES:
            count, lines[-1] = f"more than {MOST_MISTAKES} mistakes", "and more"
        raise UserError(f"{count} in the configuration:\n" + "\n".join(f"  - {line}" for line in lines)) from None
    _require_short(settings)
    return settings


def _texts(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts in `config` with their keys, keys of mappings included. What YAML's aliases repeat is looked at once:
    they can stand for more than any memory holds."""
    waiting: list[tuple[str, Any]] = [("", config)]
    seen: set[int] = set()
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, (Mapping, list, tuple)) and id(value) not in seen:
            seen.add(id(value))
            for name, inside in value.items() if isinstance(value, Mapping) else enumerate(value):
                within = f"{key}.{name}"[-MOST_SHOWN:].removeprefix(".")
                waiting += [(within, name), (within, inside)]


def _require_short(settings: Settings) -> None:
    """Raises UserError where the settings are too long for the command line of a step, which takes them as one text."""
    dumped = settings.model_dump(mode="json")
    length = len(shlex.quote(json.dumps(dumped)))
    if length <= MOST_LETTERS:
        return
    sizes = {key: len(json.dumps(_value(dumped, key))) for key, field in walk() if not is_section(field.annotation)}
    longest = sorted(sizes, key=lambda key: -sizes[key])[:3]
    raise UserError(
        f"the configuration has {length:,} characters, and at most {MOST_LETTERS:,} fit into a command; the longest are "
        f"{', '.join(f'{key} ({sizes[key]:,})' for key in longest)}. Shorten them (`annotate.videos: all` means every "
        "video)."
    )


def _value(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values[part]
    return values


def _shown(value: Any) -> str:
    text = _REPR.repr(value)
    return text if len(text) <= 2 * MOST_SHOWN else f"{text[: 2 * MOST_SHOWN]}..."


_REPR = reprlib.Repr()
"""Writes nested values no further than can be read, since YAML's aliases can stand for endless ones."""
_REPR.maxstring = _REPR.maxother = MOST_SHOWN


def _explanations(errors: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line per key: where a key allows several types, pydantic reports an error for each."""
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    known = set(keys())
    for error in errors:
        parts = [str(part) for part in error["loc"]]
        above = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
        unknown = error["type"] == "extra_forbidden"
        key = ".".join(parts) if unknown else next((k for k in above if k in known), ".".join(parts))
        by_key.setdefault(key, []).append(error)
    for key, found in by_key.items():
        yield _unknown_key(key) if found[0]["type"] == "extra_forbidden" else _refusal(key, found)


def _unknown_key(key: str) -> str:
    *above, last = key.split(".")
    allowed = sorted(_fields_of(above))
    near = difflib.get_close_matches(last[:MOST_SHOWN], allowed, n=1)
    elsewhere = [k for k in keys() if k.rsplit(".", 1)[-1] == last]
    hint = ""
    if near:
        hint = f" Did you mean {'.'.join([*above, near[0]])}?"
    elif elsewhere:
        hint = f" It belongs to {elsewhere[0]}."
    shown = key if len(key) <= MOST_SHOWN else f"{key[:MOST_SHOWN]}..."
    return f"{shown}: there is no such key.{hint} Allowed here: {', '.join(allowed)}."


def _refusal(key: str, errors: list[Mapping[str, Any]]) -> str:
    if errors[0]["type"] == "missing":
        return f"{key}: not given, and there is no default. It is the {dict(walk())[key].description}."
    messages = " or ".join(dict.fromkeys(e["msg"].removeprefix("Value error, ") for e in errors))
    given = errors[0].get("input")
    shown = "" if isinstance(given, (dict, Section)) else f" (given: {_shown(given)})"
    return f"{key or 'the whole configuration'}: {messages}{shown}."


def _fields_of(path: list[str]) -> list[str]:
    model: Any = Settings
    for part in path:
        field = model.model_fields.get(part)
        if field is None or not is_section(field.annotation):
            return []
        model = field.annotation
    return list(model.model_fields)


def is_section(kind: Any) -> TypeGuard[type[Section]]:
    """Whether a field of this type is a section."""
    return isinstance(kind, type) and issubclass(kind, Section)


def walk(model: type[Section] = Settings, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its pydantic field, in order; sections before their keys."""
    for name, field in model.model_fields.items():
        key = f"{above}{name}"
        yield key, field
        if is_section(field.annotation):
            yield from walk(field.annotation, key + ".")


def keys() -> list[str]:
    """Every key, dotted."""
    return [key for key, _ in walk()]
