"""Trust in each action unit, by comparison with the built-in actors and with OpenFace on real clips.

Run from the repository's root. docs/trust.md explains each figure.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import inputs, origin
from benchmarks.trust import agreement, page, references
from benchmarks.trust.agreement import Pair, correlation_of
from benchmarks.trust.crosstalk import crosstalk
from benchmarks.trust.references import ACTORS, OPENFACE, REFERENCES, SCALE, Clip, best_shift, pair_units
from moodreel.errors import UserError
from moodreel.face import mesh
from moodreel.face.trust import FILE, Verdict
from moodreel.storage import atomic
from moodreel.tables.face import ACTION_UNITS
from moodreel.workflow import program

REAL = inputs.SHARED / "data/truth/openface_timo1"
TARGET_UNITS = (1, 2, 4, 5, 6, 9, 10, 12, 25, 45)
WANTED = {"facemesh": 0.55, "blendshapes": 0.60}
"""The target of each backend for the mean correlation with OpenFace over `TARGET_UNITS`."""

NEAR_SHIFT = 2
"""Largest lag in frames between two readings of the same video."""

LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-contrib-python-headless", "scipy")


def main() -> None:
    parser = origin.parser(__doc__)
    real = f"folders of videos with OpenFace's CSV next to each; default: {REAL}, if there"
    parser.add_argument("--openface", type=Path, nargs="+", default=[], help=real)
    parser.add_argument("--backends", nargs="+", choices=references.BACKENDS, default=list(references.BACKENDS))
    parser.add_argument("--takes", type=int, nargs="*", choices=(1, 2, 3), default=[1, 2, 3], help="built-in clips")
    parser.add_argument("--models", type=Path, default=inputs.MODELS, help="folder of the networks")
    parser.add_argument(
        "--mirror", type=Path, help="folder searched first for these; default: ../shared/models, if there"
    )
    parser.add_argument("--cache", type=Path, default=Path("results/trust"), help="intermediate clips and tables")
    found = f"folder of the results; the default also updates docs/trust.md and {FILE.name} in the package"
    parser.add_argument("--results", type=Path, default=origin.RESULTS, help=found)
    args = parser.parse_args()
    folders = args.openface or ([REAL] if REAL.is_dir() else [])
    modules = [mesh.BACKENDS[name].removeprefix("moodreel.") for name in args.backends]
    code = ("steps.extract", "steps.neutral", "steps.face", *modules)
    about = origin.describe("validate", sys.argv[1:], code=code, libraries=LIBRARIES)
    whole = args.results == origin.RESULTS
    if not folders:
        require_all(whole, f"no real clips: {REAL} is not there, and --openface names no folder")
    if absent := set(references.BACKENDS) - set(args.backends):
        require_all(whole, f"--backends leaves out {', '.join(sorted(absent))}")
    clips = references.actors(args.cache / "clips", args.takes) + references.openface(*folders)

    faces, left_out = {}, {}
    for backend in args.backends:
        try:
            cache = args.cache / backend
            faces[backend] = references.faces(clips, backend, cache, networks=args.models, mirror=args.mirror)
        except UserError as error:
            left_out[backend] = str(error)
            require_all(whole, f"{backend} is left out: {error}")
    if not faces:
        raise UserError("no backend could be run; see above")
    write(args.results, clips, faces, {"made_by": about, "left_out": left_out})
    if whole:
        page.main()


def require_all(whole: bool, lack: str) -> None:
    """Print what is missing. Raises UserError where the `whole` is required: units that are not judged again lose their
    verdict."""
    if whole:
        raise UserError(
            f"{lack}. The verdicts of the package and of docs/trust.md need both backends and real clips: give what is "
            "missing, or --results FOLDER to write the other figures into a folder of your own."
        )
    print(lack, file=sys.stderr)


def write(
    folder: Path, clips: Sequence[Clip], faces: Mapping[str, Mapping[str, pl.DataFrame]], about: Mapping[str, Any]
) -> None:
    """Write all results on our FACE tables, by backend and clip, into `folder`, and print the summary."""
    pairs = {
        backend: [(clip.reference, pair) for clip in clips for pair in pair_units(clip, tables[clip.name])]
        for backend, tables in faces.items()
    }
    present = [reference for reference in REFERENCES if any(clip.reference == reference for clip in clips)]
    never_read = {backend: unread(tables.values()) for backend, tables in faces.items()}
    rows = [
        row for b, of in pairs.items() for reference in present for row in trust_rows(b, reference, of, never_read[b])
    ]
    synthetic = [clip for clip in clips if clip.reference == ACTORS]
    leaks = [{"backend": b, **row} for b, tables in faces.items() if synthetic for row in crosstalk(synthetic, tables)]
    found = {
        "summary": {backend: summary(of, backend) for backend, of in pairs.items()},
        "unread": never_read,
        **about,
        "clips": [about_clip(clip, {backend: of[clip.name] for backend, of in faces.items()}) for clip in clips],
        "cells": [cell(backend, reference, pair) for backend, of in pairs.items() for reference, pair in of],
    }
    page.write(folder / page.TRUST_TSV, rows)
    page.write(folder / page.CROSSTALK_TSV, leaks)
    atomic.write_text(folder / page.TRUST_JSON, as_json(found))
    for backend, of in found["summary"].items():
        print(f"{backend}: {page.in_words(of)}", flush=True)


def trust_rows(
    backend: str, reference: str, pairs: Sequence[tuple[str, Pair]], never_read: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Rows of the trust table, one for each unit; those `never_read` have only this verdict."""
    rows = []
    for unit in ACTION_UNITS:
        name = f"AU{unit:02d}"
        never = name in never_read
        found = agreement.agreement([pair for of, pair in pairs if of == reference and pair.unit == unit and not never])
        if never:
            found["verdict"] = Verdict.NOT_READ.value
        span = found.pop("span")
        found["range"] = None if span is None else span / SCALE[reference]
        rows.append({"unit": name, "backend": backend, "reference": reference, **found})
    return rows


def summary(pairs: Sequence[tuple[str, Pair]], backend: str) -> dict[str, Any]:
    """The mean correlation over units and clips in which the unit moves by OpenFace, and its components.

    `mean_correlation` counts unread cells as 0, `read` leaves them out; `within_clips` is the 95 % interval by blocks
    of these clips, `over_people` that of other people, None where there are too few.
    """
    cells = [pair for of, pair in pairs if of == OPENFACE and pair.unit in TARGET_UNITS and pair.counts]
    of_all = agreement.agreement(cells)
    over_people = agreement.people_interval([correlation_of(pair) for pair in cells], [pair.person for pair in cells])
    by_unit = {}
    for unit in dict.fromkeys(pair.unit for pair in cells):
        of = agreement.agreement([pair for pair in cells if pair.unit == unit])
        by_unit[f"AU{unit:02d}"] = {"mean": round(of["correlation"], 3), "cells": of["clips"], "unread": of["unread"]}
    return {
        "mean_correlation": of_all["correlation"] and round(of_all["correlation"], 3),
        "cells": len(cells),
        "read": {
            "mean_correlation": of_all["read_correlation"] and round(of_all["read_correlation"], 3),
            "cells": len(cells) - of_all["unread"],
        },
        "people": of_all["people"],
        "clips": len({pair.clip for pair in cells}),
        "within_clips": [round(end, 3) for end in agreement.interval(cells)] if cells else None,
        "over_people": over_people and [round(end, 3) for end in over_people],
        "wanted": WANTED[backend],
        "by_unit": by_unit,
    }


def unread(faces: Iterable[pl.DataFrame]) -> list[str]:
    """The units that are null in every frame."""
    tables = list(faces)
    return [f"AU{unit:02d}" for unit in ACTION_UNITS if not any(table[f"AU{unit:02d}_r"].count() for table in tables)]


def about_clip(clip: Clip, faces: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """The file of the clip, the frame counts of the reference and the decoder, and the apparent shift of the reference
    to each backend; prints a warning where they do not match."""
    decoded = len(next(iter(faces.values())))
    if abs(clip.frames - decoded) > max(2, 0.01 * decoded):
        print(f"{clip.name}: the reference has {clip.frames} frames, the video {decoded}: is it this video's table?")
    shifts = {backend: best_shift(clip, face) for backend, face in faces.items()}
    if any(abs(shift or 0) > NEAR_SHIFT for shift in shifts.values()):
        print(f"{clip.name}: agrees best with rows of other frames, {shifts}: is it this video's table?")
    return {
        "clip": clip.name,
        "person": clip.person,
        "reference": clip.reference,
        "sha256": atomic.sha256(clip.video),
        "frames_in_reference": clip.frames,
        "frames_decoded": decoded,
        "best_shift_frames": shifts,
    }


def cell(backend: str, reference: str, pair: Pair) -> dict[str, Any]:
    """All figures of one unit in one clip; the span on 0..5. Where it is unread, the correlation is 0."""
    compared = pair.in_both
    series = (compared.ours, compared.reference)
    of_read = {name: getattr(agreement, name) for name in ("rank_correlation", "monotonicity", "slope", "mae")}
    figures = {
        "span": agreement.span(pair.reference),
        "correlation": correlation_of(pair) if pair.counts or not pair.unread else np.nan,
        **{name: np.nan if pair.unread else figure(*series) for name, figure in of_read.items()},
    }
    return {
        "backend": backend,
        "reference": reference,
        "unit": f"AU{pair.unit:02d}",
        "clip": pair.clip,
        "person": pair.person,
        "frames": len(compared.times_s),
        "counts": pair.counts,
        "unread": pair.unread,
        **{name: round(value, 4) if np.isfinite(value) else None for name, value in figures.items()},
    }


def as_json(found: Mapping[str, Any]) -> str:
    """As JSON with a line for each key, and for each item of a list."""
    parts = []
    for key, value in found.items():
        text = json.dumps(value)
        if isinstance(value, list) and value:
            text = "[\n  " + ",\n  ".join(json.dumps(item) for item in value) + "\n ]"
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    program.run(main)
