"""Declaration of a step: its inputs, its outputs, its options and the settings that it sees.

The declaration determines the command line for people, the command for rules, the settings whose change reruns the
step, checked reading, and the stamp of its outputs (`moodreel.workflow.job`). Snakemake imports all declarations at
every start, also where nothing but Snakemake is installed: so a step imports its libraries only when it runs.
"""

import argparse
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moodreel.settings.base import Section
from moodreel.tables.schema import Table


@dataclass(frozen=True)
class Input:
    """An input of a step. On the command line it is the option `--<name>`.

    what: the table in the file, or a description of another kind of file.
    many: any number of files.
    optional: it may be absent.
    through_videos: no option; the step finds it in the folder that the table of videos names for each video.
    """

    what: Table | str
    many: bool = False
    optional: bool = False
    through_videos: bool = False


def table_inputs(*tables: Table, optional: bool = False) -> dict[str, Input]:
    """Inputs named after their tables."""
    return {table.name: Input(table, optional=optional) for table in tables}


@dataclass(frozen=True)
class Output:
    """An output of a step: a table, or a description of another kind of file. On the command line it is `--<name>-out`,
    or `--out` if its name is `out`."""

    what: Table | str
    optional: bool = False


@dataclass(frozen=True)
class Option:
    """An option of a step. Given without a value, or with an empty one, it is `default`.

    type: `bool` makes it a flag, given by its name alone or with `yes` or `no`.
    by_hand: no rule passes it.
    """

    meaning: str
    type: Callable[[str], Any] = str
    default: Any = None
    many: bool = False
    choices: Sequence[str] = ()
    required: bool = False
    by_hand: bool = False


MODELS = {"models": Option("folder of the converted networks", Path, required=True)}
SPAN = {
    "start_s": Option("leave out what comes before this time since the first frame", float),
    "end_s": Option("leave out what comes at this time or later", float),
}
IMPORTED = {**SPAN, "rate_hz": Option("frames per second, where there is no video", float)}
WHERE = {
    "device": Option("where the networks run, instead of the setting", choices=("cpu", "cuda")),
    "threads": Option("CPU threads per network, instead of the setting", int),
    "slots": Option("segments read side by side, instead of the setting", int),
}
CROPS = {
    "crops": Option(
        "face crops to make during extraction: <kind>:<fingerprint of the code that makes them>",
        lambda word: tuple(word.split(":", 1)),
        default=(),
        many=True,
    )
}
"""Options shared by several steps."""


@dataclass(frozen=True)
class Declaration:
    """The declaration of a step.

    name: of its module below `moodreel.steps`; description: what it does.
    settings: sections of the settings, or single settings (`clusters.names`), that it sees. Settings of a section that
    are marked `apart` are seen only if they are named.
    configuration: it gets a whole configuration instead.
    with_missing: it does its work also without the rows of inputs whose stamps have `missing`; other steps then write
        empty outputs for the same reason.
    libraries: distributions whose versions are stamped into its outputs.
    guarded: it reads media or other programs' files, so that it runs in a child process (`workflow.guard`), sees the
        section `limits`, and writes empty tables with the reason where a file cannot be used.
    """

    name: str
    description: str
    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output]
    options: Mapping[str, Option] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    configuration: bool = False
    with_missing: bool = False
    libraries: tuple[str, ...] = ()
    guarded: bool = False

    def parser(self) -> argparse.ArgumentParser:
        """The command line: inputs, outputs, options, `--settings` (JSON by section) and `--code` (the fingerprint)."""
        parser = argparse.ArgumentParser(prog=f"python -m moodreel.steps.{self.name}", description=self.description)
        add = parser.add_argument
        for name, one in self._options_of_inputs().items():
            count: Any = "+" if one.many and not one.optional else "*" if one.many else "?" if one.optional else None
            default: Any = [] if one.many else None
            meaning = _meaning(one.what)
            add(_flag(name), type=Path, nargs=count, default=default, required=not one.optional, help=meaning)
        for name, out in self.outputs.items():
            count = "?" if out.optional else None
            add(_out_flag(name), type=Path, nargs=count, required=not out.optional, help=_meaning(out.what))
        for name, option in self.options.items():
            many: dict[str, Any] = {"nargs": "*", "action": "extend"}
            perhaps: dict[str, Any] = {"nargs": "?", "const": option.type is bool or option.default}
            add(
                _flag(name),
                **(many if option.many else {} if option.required else perhaps),
                type=_or_default(option),
                default=list(option.default or ()) if option.many else option.default,
                required=option.required,
                help=option.meaning + (f"; {', '.join(option.choices)}" if option.choices else ""),
            )
        seen = f"the settings that it sees ({', '.join(self.settings) or 'none'}), as JSON by section"
        meaning = "a whole configuration, as JSON" if self.configuration else seen
        add("--settings", type=json.loads, default={}, help=f"{meaning}; missing settings have their defaults")
        add("--code", default="by hand", help="fingerprint of the code, stamped into the outputs")
        return parser

    def command(self, **sources: str | None) -> str:
        """The options in a rule's command, for Snakemake to fill in: inputs, outputs and params by their names.

        sources: by name of an input, an output or an option, also `settings` and `code`, the text to use instead; None
            omits the option.
        """
        one = len(self.outputs) == 1
        has_settings = self.settings or self.configuration
        named = [
            *((name, f"{_flag(name)} ", f"{{input.{name}:q}}") for name in self._options_of_inputs()),
            *((name, f"{_out_flag(name)} ", f"{{output{'' if one else f'.{name}'}:q}}") for name in self.outputs),
            # a value may begin with a dash, as ids of videos do
            *(
                (name, f"{_flag(name)}{' ' if o.many else '='}", None if o.by_hand else f"{{params.{name}:q}}")
                for name, o in self.options.items()
            ),
            ("settings", "--settings ", "{params.settings:q}" if has_settings else None),
            ("code", "--code ", "{params.code}"),
        ]
        assert sources.keys() <= {name for name, _, _ in named}, f"{self.name} has not all of {', '.join(sources)}"
        given = [(flag, sources.get(name, source)) for name, flag, source in named]
        return " ".join(f"{flag}{source}" for flag, source in given if source is not None)

    def settings_of(self, settings: Section, **backends: str) -> str:
        """The part of `settings` that the step sees, as one JSON string, since Snakemake compares strings reliably.

        backends: by section, the backend to use instead of the setting.
        """
        seen: dict[str, dict[str, Any]] = {}
        for name in self.sections:
            values = getattr(settings, name).model_dump(mode="json")
            if name in backends:
                values["backend"] = backends[name]
            seen[name] = {key: value for key, value in values.items() if self.sees(name, key)}
        return json.dumps(seen, sort_keys=True)

    @property
    def sections(self) -> list[str]:
        """The sections of which it sees at least one setting."""
        return list(dict.fromkeys(entry.partition(".")[0] for entry in self.settings))

    def sees(self, section: str, key: str) -> bool:
        """Whether it sees this setting."""
        if f"{section}.{key}" in self.settings:
            return True
        extra = section_class(section).model_fields[key].json_schema_extra
        return section in self.settings and not (isinstance(extra, dict) and extra.get("apart"))

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules on which it depends without importing them: those of the settings that it sees."""
        return tuple(section_class(name).__module__ for name in self.sections)

    def _options_of_inputs(self) -> dict[str, Input]:
        return {name: one for name, one in self.inputs.items() if not one.through_videos}


def load(name: str) -> Declaration:
    """The declaration of the step of this name."""
    return importlib.import_module(f"moodreel.steps.{name}").main


def section_class(name: str) -> Any:
    """The class of a section of the settings. Other sections are not imported, which saves each step some time."""
    module = importlib.import_module(f"moodreel.settings.{name}")
    return getattr(module, f"{name.title().replace('_', '')}Settings")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _out_flag(name: str) -> str:
    return "--out" if name == "out" else f"{_flag(name)}-out"


def _meaning(what: Table | str) -> str:
    return (what if isinstance(what, str) else f"table `{what.name}`").replace("%", "%%")


def _or_default(option: Option) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        if not text:
            return option.default
        choices = ("no", "yes") if option.type is bool else option.choices
        if choices and text not in choices:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(choices)}")
        return text == "yes" if option.type is bool else option.type(text)

    convert.__name__ = getattr(option.type, "__name__", "")  # argparse names the type of wrong values by it
    return convert
