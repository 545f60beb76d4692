"""The record of a run as a Workflow Run RO-Crate: JSON-LD that other programs read too.

Specified at w3id.org/ro/wfrun/workflow/0.5, on w3id.org/ro/crate/1.1. The crate is the run's folder. Files that lie
elsewhere, or no longer exist, are described in it without being part of it.
"""

import json
import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "ro-crate-metadata.json"
WORKFLOW = "Snakefile"

CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"}]
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
DESCRIPTOR = ("https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0")

FORMATS = {".parquet": "application/vnd.apache.parquet", ".skops": "application/zip", ".eaf": "application/xml"}

NO_OPTIONS = "no options"
"""The description of a job without options other than settings."""

_HEAD = ("settings", "commit")
"""Facts about the run as a whole, besides its name, version and time."""


@dataclass(frozen=True)
class Making:
    """How files were made: step, code, settings, networks (SHA-256 by name) and versions of libraries."""

    step: str
    code: str
    settings: Mapping[str, Any]
    models: Mapping[str, str]
    libraries: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """One file.

    name: for files in the run's folder the path there; `videos/<video>/<file>` and
    `performers/<performer>/<extraction>/<file>` for the tables elsewhere. `sources/`, `truths/`, `records/` and
    `given/` hold videos, what built-in clips show, the status of downloads, and other programs' files; `networks/`
    networks. So corresponding files of two runs have the same name. path: from the folder in which Snakemake runs.
    bytes: None where the file no longer exists; sha256: None where its content is unknown. making: None for files that
    were only read. options: the step's options other than settings. inputs: names of the files it was made from.
    """

    name: str
    path: str
    bytes: int | None = None
    sha256: str | None = None
    making: Making | None = None
    options: str = ""
    inputs: tuple[str, ...] = ()
    started: str = ""
    ended: str = ""


def to_json(head: Mapping[str, Any], entries: Iterable[Entry]) -> str:
    """The record as JSON-LD, one entity to a line."""
    entities = ",\n  ".join(json.dumps(entity) for entity in _entities(head, list(entries)))
    return f'{{\n "@context": {json.dumps(CONTEXT)},\n "@graph": [\n  {entities}\n ]\n}}\n'


def _entities(head: Mapping[str, Any], entries: list[Entry]) -> Iterator[dict[str, Any]]:
    inside = f"results/runs/{head['run']}/"
    ids = {
        one.name: one.name if one.path.startswith(inside) and one.bytes is not None else f"#{one.name}"
        for one in entries
    }
    jobs: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        if entry.making:
            jobs.setdefault((entry.making.step, entry.started, entry.options, entry.inputs), []).append(entry)
    tools, libraries = _Numbered(), _Numbered()
    actions: list[dict[str, Any]] = []
    for (step, *_), made in jobs.items():
        making = made[0].making
        assert making is not None
        tool = tools.of(step, making)
        actions.append(
            {
                "@id": f"#job-{len(actions) + 1}",
                "@type": "CreateAction",
                "name": step,
                "description": made[0].options or NO_OPTIONS,
                "instrument": _id(tool),
                "object": _ids([f"{tool}-settings", *(ids[name] for name in made[0].inputs)]),
                "result": _ids(ids[entry.name] for entry in made),
                "startTime": made[0].started,
                "endTime": made[0].ended,
            }
        )
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"run {head['run']}",
        "description": "The run as a whole.",
        "instrument": _id(WORKFLOW),
        "object": _ids([*(f"#{name}" for name in _HEAD), *(ids[one.name] for one in entries if not one.making)]),
        "result": _ids(name for name in ids.values() if not name.startswith("#")),
        "endTime": head["made_at"],
    }
    yield {"@id": NAME, "@type": "CreativeWork", "about": _id("./"), "conformsTo": [*map(_id, DESCRIPTOR)]}
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": head["run"],
        "description": "Results of a run of Moodreel, and how each of them was made.",
        "datePublished": head["made_at"],
        "license": "None is stated: ask the person who ran it.",
        "conformsTo": [*map(_id, PROFILES)],
        "mainEntity": _id(WORKFLOW),
        "hasPart": [_id(WORKFLOW), *(_id(name) for name in ids.values() if not name.startswith("#"))],
        "mentions": [_id("#run"), *(_id(action["@id"]) for action in actions)],
    }
    for address, (name, version) in PROFILES.items():
        yield {"@id": address, "@type": "CreativeWork", "name": name, "version": version}
    yield {
        "@id": WORKFLOW,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "Moodreel",
        "version": head["version"],
        "programmingLanguage": _id("#snakemake"),
    }
    snakemake = {"name": "Snakemake", "url": "https://snakemake.github.io"}
    yield {"@id": "#snakemake", "@type": "ComputerLanguage", **snakemake}
    yield from (_value(f"#{name}", name, head[name]) for name in _HEAD)
    for entry in entries:
        kind = "CreativeWork" if ids[entry.name].startswith("#") else "File"
        about = {"@id": ids[entry.name], "@type": kind, "name": entry.name, "alternateName": entry.path}
        size = None if entry.bytes is None else str(entry.bytes)
        facts = {"encodingFormat": _format(entry.path), "contentSize": size, "sha256": entry.sha256}
        yield about | {key: value for key, value in facts.items() if value}
    for tool, making in tools:
        needs = [libraries.of(name, version) for name, version in making.libraries.items()]
        yield {
            "@id": tool,
            "@type": "SoftwareApplication",
            "name": f"moodreel.steps.{making.step}",
            "version": making.code,
            "softwareRequirements": _ids(needs),
        }
        yield _value(f"{tool}-settings", making.step, {"settings": making.settings, "models": making.models})
    for library, version in libraries:
        yield {
            "@id": library,
            "@type": "SoftwareApplication",
            "name": library[1:].rpartition("-")[0],
            "version": version,
        }
    yield run
    yield from actions


class _Numbered:
    """Entities that several others share, each with an id: its name and a number."""

    def __init__(self) -> None:
        self._ids: dict[str, tuple[str, Any]] = {}

    def of(self, name: str, thing: Any) -> str:
        number = sum(one[0].rpartition("-")[0] == f"#{name}" for one in self._ids.values()) + 1
        return self._ids.setdefault(f"{name} {thing}", (f"#{name}-{number}", thing))[0]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._ids.values())


def _id(name: str) -> dict[str, str]:
    return {"@id": name}


def _ids(names: Iterable[str]) -> Any:
    """References to several entities as a list, to a single one without a list, as the specification requires."""
    found = [_id(name) for name in names]
    return found[0] if len(found) == 1 else found


def _listed(value: Any) -> list[Mapping[str, str]]:
    """References as a list."""
    return value if isinstance(value, list) else [value]


def _format(path: str) -> str | None:
    return FORMATS.get(Path(path).suffix) or mimetypes.guess_type(path)[0]


def _value(name: str, what: str, value: Any) -> dict[str, Any]:
    return {"@id": name, "@type": "PropertyValue", "name": what, "value": json.dumps(value, sort_keys=True)}


def from_json(text: str) -> tuple[dict[str, Any], dict[str, Entry]]:
    """The head and, by name, the files of a crate that `to_json` has written. Raises KeyError, TypeError or ValueError
    where it is none."""
    entities = {entity["@id"]: entity for entity in json.loads(text)["@graph"]}
    root, values = entities["./"], {name: json.loads(entities[f"#{name}"]["value"]) for name in _HEAD}
    head = {"run": root["name"], "made_at": root["datePublished"], "version": entities[WORKFLOW]["version"]}
    return {**head, **values}, _files(entities)


def _files(entities: Mapping[str, Mapping[str, Any]]) -> dict[str, Entry]:
    """All files by name, each with the facts of the job that made it."""
    jobs: dict[str, dict[str, Any]] = {}
    for action in entities.values():
        if action["@type"] != "CreateAction" or action["@id"] == "#run":
            continue
        tool, (settings, *inputs) = entities[action["instrument"]["@id"]], _listed(action["object"])
        versions = (entities[one["@id"]] for one in _listed(tool["softwareRequirements"]))
        job = {
            "making": Making(
                action["name"],
                tool["version"],
                **json.loads(entities[settings["@id"]]["value"]),
                libraries={one["name"]: one["version"] for one in versions},
            ),
            "options": action["description"].removeprefix(NO_OPTIONS),
            "inputs": tuple(entities[one["@id"]]["name"] for one in inputs),
            "started": action["startTime"],
            "ended": action["endTime"],
        }
        jobs |= {result["@id"]: job for result in _listed(action["result"])}
    return {
        one["name"]: Entry(
            one["name"],
            one["alternateName"],
            int(one["contentSize"]) if "contentSize" in one else None,
            one.get("sha256"),
            **jobs.get(one["@id"], {}),
        )
        for one in entities.values()
        if "alternateName" in one
    }
