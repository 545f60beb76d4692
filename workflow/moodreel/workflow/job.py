"""One run of a step: its arguments, checked reading, stamped writing, and the record of what it made from what.

The record of a result lies under `RECORDS`, by the result's own path. From these records the record of a whole run is
put together (`moodreel.workflow.provenance`), whatever becomes of Snakemake's own notes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.storage.fingerprint import ROOT
from moodreel.storage.stamps import MEDIA_READ, TABLES_READ, make_stamp
from moodreel.tables.schema import Table
from moodreel.workflow import program
from moodreel.workflow.step import Declaration, section_class

if TYPE_CHECKING:
    import polars as pl

RESULTS = Path("results")
RECORDS = RESULTS / ".jobs"

MANY = 100
"""So many inputs are named one by one in a table's stamp; of more, one hash of their hashes stands there."""


class Step(Declaration):
    """A declared step with the function that does it, made by `declare`. Calling it runs it once."""

    function: Callable[[Job], None]

    def __call__(self, arguments: Sequence[str] | None = None) -> None:
        """Run the step by its command line. Raises UserError where it cannot be done."""
        parser = self.parser()
        job = Job(self, parser.parse_args(arguments), parser.error)
        self.function(job)
        job.finish()


def declare(**declaration: Any) -> Callable[[Callable[[Job], None]], Step]:
    """Make a step of the function that does it, the last of its module. Takes the fields of `Declaration`; the step has
    the name of the module, whose docstring says what it does. Where the module is run as a program, so is the step."""

    def step_of(function: Callable[[Job], None]) -> Step:
        module = function.__globals__
        step = Step(module["__spec__"].name.rpartition(".")[2], module["__doc__"], **declaration)
        object.__setattr__(step, "function", function)
        if module["__name__"] == "__main__":
            program.run(step)
        return step

    return step_of


class Job:
    """What a step's function is given.

    Attributes:
        inputs: by name, a path; a list of paths where there may be many; None where nothing was given.
        outputs: by name, a path; None where nothing was given.
        options: by name, a value.
        settings: by section, what the step sees of it, as an object of that section's class.
        told: the same as it was given, by section, without defaults.
        code: the fingerprint of the code.
        refuse: ends the program with a message about its command line.
    """

    def __init__(self, step: Declaration, arguments: argparse.Namespace, refuse: Callable[[str], Any]) -> None:
        given = vars(arguments)
        self.step, self.told, self.code, self.refuse = step, arguments.settings, arguments.code, refuse
        self.inputs = SimpleNamespace(**{name: given[name] for name in step.inputs if name in given})
        self.outputs = SimpleNamespace(**{n: given["out" if n == "out" else f"{n}_out"] for n in step.outputs})
        self.options = SimpleNamespace(**{name: given[name] for name in step.options})
        if absent := [path for value in vars(self.inputs).values() for path in _listed(value) if not path.exists()]:
            raise UserError(f"{absent[0]}: there is no such file")
        self._facts: dict[str, Any] = {}
        self._started = datetime.now(UTC)
        TABLES_READ.clear()
        MEDIA_READ.clear()

    @cached_property
    def settings(self) -> Any:
        sections = {name: section_class(name)(**self.told.get(name, {})) for name in self.step.sections}
        for name, section in sections.items():
            for key in [key for key in section.__dict__ if not self.step.sees(name, key)]:
                del section.__dict__[key]  # it would have its default, whatever the run's settings say
        return SimpleNamespace(**sections)

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """The table of the input `name`; where there may be many files, all of them one below the other. Raises
        UserError where a file is absent or holds another table."""
        import polars as pl

        from moodreel.tables import base

        given, table = getattr(self.inputs, name), self.step.inputs[name].what
        assert isinstance(table, Table), f"{name} is no table"
        if isinstance(given, list):
            return pl.concat([base.read(path, table, columns) for path in given])
        return base.read_tsv(given, table) if given.suffix == ".tsv" else base.read(given, table, columns)

    def stamp_of(self, name: str) -> dict[str, Any]:
        """The stamp on the input `name`."""
        from moodreel.tables import base

        return base.read_stamp(getattr(self.inputs, name))

    def stamp(
        self,
        *,
        settings: Mapping[str, Any] | None = None,
        inputs: Mapping[str, str] | None = None,
        libraries: Sequence[str] = (),
        **facts: Any,
    ) -> dict[str, Any]:
        """What each file that the step writes carries: code, settings, libraries, and every input with its hash;
        `facts` are the step's own. `settings` and `inputs`, where given, replace those that the step sees and the
        hashes; `libraries` are further ones."""
        self._facts = {"settings": settings, "inputs": inputs, "libraries": libraries, **facts}
        return make_stamp(
            code=self.code,
            settings=self._settings_used() if settings is None else settings,
            libraries=(*self.step.libraries, *libraries),
            inputs=_few(self.input_hashes()) if inputs is None else inputs,
            **facts,
        )

    def write(self, name: str, table: Any, **facts: Any) -> None:
        """Write the output `name`, a table with a stamp in which `facts` stand, or as text where its name ends so."""
        from moodreel.tables import base

        path, spec = getattr(self.outputs, name), self.step.outputs[name].what
        assert isinstance(spec, Table), f"{name} is no table"
        stamp = self.stamp(**facts)
        if path.suffix == ".tsv":
            base.write_tsv(path, spec, table)
        else:
            base.write(path, spec, table, stamp)

    @contextmanager
    def writer(self, name: str, **facts: Any) -> Iterator[Callable[[Any], None]]:
        """Write the output `name` piece by piece: yields a function that appends rows. What is read until the end
        stands in its stamp."""
        from moodreel.tables import base

        spec = self.step.outputs[name].what
        assert isinstance(spec, Table), f"{name} is no table"
        stamp = self.stamp(inputs={}, **facts)
        with base.writer(getattr(self.outputs, name), spec, stamp) as append:
            yield append
            stamp["inputs"] = _few(self.input_hashes())

    def input_hashes(self) -> dict[str, str]:
        """The SHA-256 of every file that the step was given, or has read a table from, by its path. The package's own
        tables are left out: the fingerprint of the code covers them."""
        given = [path for value in vars(self.inputs).values() for path in _listed(value)]
        made = {str(path) for value in vars(self.outputs).values() for path in _listed(value)}
        paths = dict.fromkeys(
            [*map(str, given), *(path for path in TABLES_READ if not Path(path).is_relative_to(ROOT))]
        )
        found = {path: self._hash(path) for path in paths if path not in made and Path(path).exists()}
        return dict(sorted(found.items()))

    def _inputs_of_record(self, stamped: dict[str, str]) -> dict[str, str | None]:
        """All that was given or read, with its SHA-256: as the stamp says, where the step has written its own; None of
        media that were only looked into."""
        self._hashes |= stamped
        return {**dict.fromkeys(MEDIA_READ), **self.input_hashes()}

    def _hash(self, path: str) -> str:
        if path not in self._hashes:
            self._hashes[path] = atomic.sha256(path)
        return self._hashes[path]

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {}

    def _settings_used(self) -> dict[str, dict[str, Any]]:
        if self.step.configuration:
            return self.told
        return {name: section.model_dump(mode="json", warnings=False) for name, section in vars(self.settings).items()}

    def finish(self) -> None:
        """Keep the record of each result under `RESULTS`, once all of them are there."""
        made = [path for value in vars(self.outputs).values() for path in _listed(value)]
        made = [path for path in made if path.exists() and not path.is_absolute() and path.is_relative_to(RESULTS)]
        if not made:
            return
        stamp = next(filter(None, map(_stamp_on, made)), None) or self.stamp(**self._facts)
        record = {
            **{name: stamp[name] for name in ("code", "libraries", "models")},
            "settings": {**self._settings_used(), **stamp["settings"]},
            "step": self.step.name,
            "options": {
                name: str(v) for name, v in vars(self.options).items() if v not in (self.step.options[name].default, [])
            },
            "inputs": self._inputs_of_record(stamp["inputs"]),
            "outputs": {str(file): _content(file) for path in made for file in files_in(path)},
            "started": self._started.isoformat(timespec="milliseconds"),
            "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        text = json.dumps(record, sort_keys=True)
        for path in made:
            atomic.write_text(record_path(path), text)


def record_path(result: Path) -> Path:
    """Where the record of a result under `RESULTS`, a file or a folder, lies."""
    return RECORDS / f"{result.relative_to(RESULTS)}.json"


def _few(hashes: dict[str, str]) -> dict[str, str]:
    if len(hashes) <= MANY:
        return hashes
    return {f"{len(hashes)} files": hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()}


def _listed(value: Any) -> list[Path]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _stamp_on(path: Path) -> dict[str, Any] | None:
    from moodreel.tables.stamp import read_stamp

    return read_stamp(path) if path.suffix == ".parquet" else None


def files_in(path: Path) -> list[Path]:
    """The files in a folder, at every depth, but for hidden ones; a file is itself."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))


def _content(path: Path) -> dict[str, Any]:
    found = path.stat()
    return {"sha256": atomic.sha256(path), "bytes": found.st_size, "time_ns": found.st_mtime_ns}
