"""What reads an input, each as a function of its path: the package's own readers, and steps by their command line."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from tests.bad_input.case import Outcome
from tests.bad_input.pictures import number_of

from moodreel.errors import UserError
from moodreel.video.errors import VideoError

STEP_LIMIT_S = 90


def video(path: Path, start_s: float | None = None, end_s: float | None = None) -> Outcome:
    """Decode all frames; their times, the numbers that their pictures show, and the facts of the file."""
    from moodreel.video.decode import frames

    times_s, numbers = [], []
    with frames(path, start_s=start_s, end_s=end_s) as decoder:
        for frame in decoder:
            times_s.append(frame.time_s)
            numbers.append(number_of(frame.picture))
            frame.release()
        facts = decoder.facts
    return Outcome("rows", rows=len(times_s), times_s=times_s, numbers=numbers, values=facts)


def sound(path: Path) -> Outcome:
    """Describe the sound; the first row, for the whole track."""
    from moodreel.music import soundtrack
    from moodreel.settings.music import MusicSettings

    table, facts = soundtrack.read(path, MusicSettings())
    if facts["reason"]:
        return Outcome("reason", facts["reason"], str(facts.get("detail", "")))
    return Outcome("rows", rows=len(table), values={**facts, **table.row(0, named=True)})


def face_file(path: Path, program: str, rate_hz: float | None = 25, video: str | None = None) -> Outcome:
    """Import another program's table of faces."""
    from moodreel.formats import alignment, import_face

    rows, found = import_face(path, program)
    return _placed(rows, found, path, rate_hz, video, alignment.place_rows)


def pose_file(path: Path, rate_hz: float | None = 25, video: str | None = None) -> Outcome:
    """Import OpenPose's files."""
    from moodreel.formats import alignment, openpose

    return _placed(openpose.read(path), {}, path, rate_hz, video, alignment.place_rows)


def _placed(
    rows: Any, found: dict[str, Any], path: Path, rate_hz: float | None, video: str | None, place: Any
) -> Outcome:
    film = path.parent / video if video else None
    table, facts = place(rows, name=path.name, video=film, rate_hz=None if video else rate_hz)
    if facts.get("reason"):
        return Outcome("reason", facts["reason"], str(facts.get("detail", "")))
    seen = int((table["status"] == "ok").sum())
    content = hashlib.sha256(repr(table.rows()).encode()).hexdigest()
    return Outcome("rows", rows=len(table), values={**found, **facts, "seen": seen}, content=content)


def videos(path: Path) -> Outcome:
    """Read a table of videos; `said` is what is printed or warned of on the way."""
    from moodreel.video import table

    with warnings.catch_warnings(record=True) as warned, redirect_stderr(io.StringIO()) as errors:
        warnings.simplefilter("always")
        rows = table.read(path)
    said = "\n".join([*(str(one.message) for one in warned), errors.getvalue()])
    return Outcome("rows", rows=len(rows), values={"said": said}, content=repr(rows))


def settings(path: Path) -> Outcome:
    """Read a configuration."""
    import yaml

    from moodreel.settings.resolve import resolve

    return Outcome("rows", content=repr(resolve(yaml.safe_load(path.read_text(encoding="utf-8")) or {})))


def model(path: Path) -> Outcome:
    """Load a trained classifier, and let it predict."""
    import numpy as np

    from moodreel.classify import saved

    loaded = saved.load(path)
    assert loaded.clusters is not None
    series = np.zeros((3, 4, len(loaded.columns)), np.float32)
    return Outcome("rows", content=repr(list(loaded.clusters.predict(series))))


def step(path: Path, name: str, arguments: str, out: str = "out.parquet") -> Outcome:
    """Run a step as Snakemake does. In `arguments`, {path} is the input and {folder} its folder; the stamp of the
    table `out` holds the reason."""
    from moodreel.tables import base

    words = [word.format(path=path, folder=path.parent) for word in arguments.split(" ")]
    done = subprocess.run(
        [sys.executable, "-m", f"moodreel.steps.{name}", *words],
        capture_output=True, text=True, errors="replace", timeout=STEP_LIMIT_S, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if "Traceback" in done.stderr or done.returncode < 0:
        return Outcome("crash" if done.returncode < 0 else "exception", message=_end(done.stderr))
    if done.returncode:
        return Outcome("refused", message=done.stderr[-4000:])
    table = path.parent / out
    stamp = base.read_stamp(table)
    if stamp.get("reason"):
        return Outcome("reason", stamp["reason"], str(stamp.get("detail", "")))
    import polars as pl

    return Outcome("rows", rows=pl.scan_parquet(table).select(pl.len()).collect().item(), values=stamp)


def _end(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "a crash without a word"


def misbehave(path: Path, how: str) -> Outcome:
    """Do what no reader may do, to try the runner itself."""
    kept = []
    while how in ("hang", "fill"):
        time.sleep(0.01)
        kept.append(b"x" * (20 * 2**20 if how == "fill" else 1))
    if how == "exit":
        os._exit(3)
    raise ValueError(how)


READERS: dict[str, Callable[..., Outcome]] = {
    each.__name__: each for each in (video, sound, face_file, pose_file, videos, settings, model, step, misbehave)
}


def read(run: str, path: Path, options: dict[str, Any]) -> Outcome:
    """The outcome of a reader; what a user would see as a traceback is an `exception`."""
    try:
        return READERS[run](path, **options)
    except VideoError as error:
        return Outcome("reason", error.reason, str(error))
    except UserError as error:
        return Outcome("refused", message=str(error))
    except MemoryError as error:
        return Outcome("exception", message=f"MemoryError: {error}")
    except Exception as error:
        return Outcome("exception", message=f"{type(error).__name__}: {error}"[:300])
