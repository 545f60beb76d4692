"""One run of a step: its arguments, checked reading, stamped writing, and the record of its inputs and outputs.

The record of a result lies under `RECORDS`, by the result's own path. `moodreel.workflow.provenance` joins these
records into the record of a whole run, independently of Snakemake's own metadata.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from moodreel.errors import Missing, UserError
from moodreel.storage import atomic
from moodreel.storage.fingerprint import ROOT
from moodreel.storage.stamps import MEDIA_READ, TABLES_READ, make_stamp
from moodreel.tables.schema import Table
from moodreel.video.errors import VideoError
from moodreel.workflow import program
from moodreel.workflow.step import Declaration, section_class

if TYPE_CHECKING:
    import polars as pl

RESULTS = Path("results")
RECORDS = RESULTS / ".jobs"

MANY = 100
"""A table's stamp names up to this many inputs one by one; for more, it has one hash of their hashes."""


class Step(Declaration):
    """A declared step with its function, made by `declare`. Calling it runs the step once."""

    function: Callable[[Job], None]

    def __call__(self, arguments: Sequence[str] | None = None) -> None:
        """Run the step with these command-line arguments. Raises UserError where the step fails by the user's
        mistake."""
        self._run(self._job(arguments))

    def run_as_program(self) -> None:
        """Run the step once with this process's arguments, and end the process with its status."""
        program.run(self._run_guarded if self.guarded else self)

    def _job(self, arguments: Sequence[str] | None = None) -> Job:
        parser = self.parser()
        return Job(self, parser.parse_args(arguments), parser.error)

    def _run(self, job: Job) -> None:
        try:
            _run_or_write_missing(self, job)
        except VideoError as error:
            job.write_unusable(error)
        job.finish()

    def _run_guarded(self) -> None:
        from moodreel.settings.limits import LimitsSettings
        from moodreel.workflow import guard

        job = self._job()
        guard.run(
            lambda: self._run(job),
            LimitsSettings(**job.given_settings.get("limits", {})),
            trial=lambda: self._try_good_clip(job),
            again=job.note_crash,
            uses_cuda=job.uses_cuda,
        )

    def _try_good_clip(self, job: Job) -> None:
        """Read a known good clip: as the step does where it needs nothing else, otherwise by decoding it."""
        from tempfile import TemporaryDirectory

        from moodreel.video.decode import frames
        from moodreel.video.good_clip import write_good_clip
        from moodreel.video.probe import audio_start_s

        with TemporaryDirectory() as folder:
            clip = Path(folder, "good.mp4")
            write_good_clip(clip)
            if job.needs_only_video:
                self.function(job.on_clip(clip))
                return
            for frame in frames(clip):
                frame.picture  # noqa: B018  # made at the first access
            audio_start_s(clip)


def declare(**declaration: Any) -> Callable[[Callable[[Job], None]], Step]:
    """Decorator that turns a function, the last of its module, into a step. Takes the fields of `Declaration`; the
    step's name is that of the module, its description the module's docstring. Running the module as a program runs the
    step."""

    def step_of(function: Callable[[Job], None]) -> Step:
        module = function.__globals__
        step = Step(module["__spec__"].name.rpartition(".")[2], module["__doc__"], **declaration)
        object.__setattr__(step, "function", function)
        if module["__name__"] == "__main__":
            step.run_as_program()
        return step

    return step_of


def _run_or_write_missing(step: Step, job: Job) -> None:
    """Run the step; where too little is left to do its work, or an input is missing for that reason, write empty
    outputs that say so."""
    if job.missing and not step.with_missing:
        job.write_missing(job.missing)
        print(f"nothing to do: {job.missing}")
        return
    try:
        step.function(job)
    except Missing as missing:
        job.write_missing(str(missing))
        program.announce(f"{step.name}: {missing}")
        print(f"nothing to do: {missing}")


class Job:
    """The argument of a step's function.

    Attributes:
        inputs: by name, a path; a list of paths for inputs with many files; None where the input is absent.
        outputs: by name, a path; None where the output is absent.
        options: by name, a value.
        settings: by section, an object of that section's class with the settings that the step sees.
        given_settings: the settings as passed on the command line, by section, without defaults.
        code: the fingerprint of the code.
        has_crashed: whether an earlier attempt of the same step has ended in a crash.
        refuse: ends the program with a message about its command line.
    """

    def __init__(self, step: Declaration, arguments: argparse.Namespace, refuse: Callable[[str], Any]) -> None:
        given = vars(arguments)
        self.step, self.given_settings, self.code, self.refuse = step, arguments.settings, arguments.code, refuse
        self.inputs = SimpleNamespace(**{name: given[name] for name in step.inputs if name in given})
        self.outputs = SimpleNamespace(**{n: given["out" if n == "out" else f"{n}_out"] for n in step.outputs})
        self.options = SimpleNamespace(**{name: given[name] for name in step.options})
        if absent := [path for value in vars(self.inputs).values() for path in _listed(value) if not path.exists()]:
            raise UserError(f"{absent[0]}: there is no such file")
        self.has_crashed = False
        self._facts: dict[str, Any] = {}
        self._started = datetime.now(UTC)
        TABLES_READ.clear()
        MEDIA_READ.clear()

    @cached_property
    def settings(self) -> Any:
        sections = {name: section_class(name)(**self.given_settings.get(name, {})) for name in self.step.sections}
        for name, section in sections.items():
            for key in [key for key in section.__dict__ if not self.step.sees(name, key)]:
                del section.__dict__[key]  # it would have its default instead of the run's value
        return SimpleNamespace(**sections)

    @cached_property
    def missing(self) -> str | None:
        """Why a table among the inputs is empty: the entry `missing` of its stamp, the first of several; None where
        none has it."""
        from moodreel.tables.stamp import read_stamp

        tables = [given for name, given in vars(self.inputs).items() if isinstance(self.step.inputs[name].what, Table)]
        paths = [path for given in tables for path in _listed(given) if path.suffix == ".parquet"]
        return next(filter(None, (read_stamp(path).get("missing") for path in paths)), None)

    def write_missing(self, reason: str) -> None:
        """Write every output empty: tables without rows whose stamps have `missing`, folders with nothing but
        `missing.txt`. Raises UserError where the step writes another kind of file."""
        from moodreel.tables import base

        for name, path in vars(self.outputs).items():
            spec = self.step.outputs[name].what
            if path and isinstance(spec, Table):
                self.write(name, base.polars_frame(spec.empty()), missing=reason)
            elif path and path.suffix:
                raise UserError(reason)
            elif path:
                with atomic.folder_replacement(path, atomic.of_suffix(".txt")) as folder:
                    atomic.write_text(folder / "missing.txt", f"{reason}\n")

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """The table of the input `name`; several files are concatenated. Raises UserError where a file is absent or
        contains another table."""
        import polars as pl

        from moodreel.tables import base

        given, table = getattr(self.inputs, name), self.step.inputs[name].what
        assert isinstance(table, Table), f"{name} is no table"
        if isinstance(given, list):
            return pl.concat([base.read(path, table, columns) for path in given])
        return base.read_tsv(given, table) if given.suffix == ".tsv" else base.read(given, table, columns)

    def stamp_of(self, name: str) -> dict[str, Any]:
        """The stamp of the input `name`."""
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
        """The stamp of the files that the step writes: code, settings, libraries, every input with its hash, and
        `facts`, further entries of the step. `settings` and `inputs`, if not None, replace the settings that the step
        sees and the hashes; `libraries` are added to those of the declaration."""
        self._facts = {"settings": settings, "inputs": inputs, "libraries": libraries, **facts}
        return make_stamp(
            code=self.code,
            settings=self._settings_used() if settings is None else settings,
            libraries=(*self.step.libraries, *libraries),
            inputs=_shortened(self.input_hashes()) if inputs is None else inputs,
            **facts,
        )

    def write(self, name: str, table: Any, **facts: Any) -> None:
        """Write the output `name`: as Parquet with a stamp that contains `facts`, or as TSV by its suffix."""
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
        """Write the output `name` piece by piece: yields a function that appends rows. The stamp lists all inputs read
        until the context ends."""
        from moodreel.tables import base

        spec = self.step.outputs[name].what
        assert isinstance(spec, Table), f"{name} is no table"
        stamp = self.stamp(inputs={}, **facts)
        with base.writer(getattr(self.outputs, name), spec, stamp) as append:
            yield append
            stamp["inputs"] = _shortened(self.input_hashes())

    def input_hashes(self) -> dict[str, str]:
        """By path, the SHA-256 of every input file and of every table read so far. Tables of the package are left out:
        the fingerprint of the code covers them."""
        given = [path for value in vars(self.inputs).values() for path in _listed(value)]
        made = {str(path) for value in vars(self.outputs).values() for path in _listed(value)}
        paths = dict.fromkeys(
            [*map(str, given), *(path for path in TABLES_READ if not Path(path).is_relative_to(ROOT))]
        )
        found = {path: self._hash(path) for path in paths if path not in made and Path(path).exists()}
        return dict(sorted(found.items()))

    def _inputs_of_record(self, stamped: dict[str, str]) -> dict[str, str | None]:
        """By path, the SHA-256 of all inputs and tables read: that of the stamp if the step has set it, None for media
        files that were opened without being an input."""
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
            return self.given_settings
        return {name: section.model_dump(mode="json", warnings=False) for name, section in vars(self.settings).items()}

    def write_unusable(self, error: VideoError) -> None:
        """Write all tables without rows, stamped with the reason why the video cannot be used. Raises `error` where the
        step writes anything else."""
        if not all(isinstance(output.what, Table) for output in self.step.outputs.values()):
            raise error
        span = {name: value for name, value in vars(self.options).items() if name in ("start_s", "end_s", "rate_hz")}
        for name, path in vars(self.outputs).items():
            spec = self.step.outputs[name].what
            if path is not None and isinstance(spec, Table):
                self.write(name, spec.empty(), reason=error.reason, detail=error.detail, **span)
        print(f"{error.path}: {error.reason} ({error.detail})")

    def note_crash(self) -> None:
        """Note that an attempt has ended in a crash."""
        self.has_crashed = True

    @property
    def needs_only_video(self) -> bool:
        """Whether a media file is the only input."""
        given = {name for name, value in vars(self.inputs).items() if _listed(value)}
        return given == {"video"}

    @property
    def uses_cuda(self) -> bool:
        """Whether networks run on CUDA."""
        device = self.given_settings.get("extraction", {}).get("device")
        return (getattr(self.options, "device", None) or device) == "cuda"

    def on_clip(self, clip: Path) -> Job:
        """The same job with all of the media file `clip` as its input, and its outputs next to it."""
        other = copy.copy(self)
        other.inputs = SimpleNamespace(**vars(self.inputs) | {"video": clip})
        given = {name: path for name, path in vars(self.outputs).items() if path is not None}
        other.outputs = SimpleNamespace(
            **vars(self.outputs) | {name: clip.with_name(path.name) for name, path in given.items()}
        )
        whole = {name: None for name in ("start_s", "end_s") if hasattr(self.options, name)}
        other.options = SimpleNamespace(**vars(self.options) | whole)
        return other

    def finish(self) -> None:
        """Write the record of each result under `RESULTS`, once all of them exist."""
        made = [path for value in vars(self.outputs).values() for path in _listed(value)]
        made = [path for path in made if path.exists() and not path.is_absolute() and path.is_relative_to(RESULTS)]
        if not made:
            return
        stamp = next(filter(None, map(_stamp_of, made)), None) or self.stamp(**self._facts)
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
    """The path of the record of a result under `RESULTS`, a file or a folder."""
    return RECORDS / f"{result.relative_to(RESULTS)}.json"


def _shortened(hashes: dict[str, str]) -> dict[str, str]:
    """The hashes, or one hash of them if there are more than `MANY`."""
    if len(hashes) <= MANY:
        return hashes
    return {f"{len(hashes)} files": hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()}


def _listed(value: Any) -> list[Path]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _stamp_of(path: Path) -> dict[str, Any] | None:
    from moodreel.tables.stamp import read_stamp

    return read_stamp(path) if path.suffix == ".parquet" else None


def files_in(path: Path) -> list[Path]:
    """The files in a folder, at every depth, except hidden ones; for a file, the file itself."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))


def _content(path: Path) -> dict[str, Any]:
    found = path.stat()
    return {"sha256": atomic.sha256(path), "bytes": found.st_size, "time_ns": found.st_mtime_ns}
