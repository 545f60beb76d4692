"""Read action units, head pose and gaze that OpenFace or py-feat found, from their CSV."""

from __future__ import annotations

import importlib
from pathlib import Path

from moodreel.errors import UserError
from moodreel.formats import alignment
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.face import FACE
from moodreel.workflow import old_step as step

FORMATS = ("openface", "pyfeat")
"""Modules of `moodreel.formats`, each with `imported(path)`: FACE's columns on the file's own frames, and facts."""


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--file", type=Path, required=True, help="the CSV")
    parser.add_argument("--format", choices=FORMATS, required=True, help="who wrote it")
    parser.add_argument(
        "--video", type=Path, help="the video it was made of: tells the true times, and is checked against"
    )
    parser.add_argument("--start-s", type=float, help="where the used part begins; default: at the first frame")
    parser.add_argument("--end-s", type=float, help="where the used part ends; default: at the last frame")
    parser.add_argument("--rate-hz", type=float, help="frames per second, where there is no video")
    parser.add_argument("--out", type=Path, required=True, help="face.parquet")
    args = parser.parse_args()
    if args.video and not args.video.is_file():
        raise UserError(f"--video {args.video}: there is no such file")
    rows, found = importlib.import_module(f"moodreel.formats.{args.format}").import_face(args.file)
    table, facts = alignment.place_rows(
        rows, name=str(args.file), video=args.video, start_s=args.start_s, end_s=args.end_s, rate_hz=args.rate_hz
    )
    inputs = [path for path in (args.file, args.video) if path is not None]
    stamp = make_stamp(
        code=args.code,
        settings=args.settings,
        libraries=("av", "numpy", "polars", "scipy"),
        inputs={str(path): atomic.sha256(path) for path in inputs},
        **{"reason": None, "start_s": args.start_s, "end_s": args.end_s, "rate_hz": args.rate_hz, **facts},
        face_backend=args.format,
        imported=found,
    )
    base.write(args.out, FACE, table, stamp)
    if facts.get("mismatch"):
        print(facts["mismatch"])
    seen = (table["status"] == "ok").sum()
    print(f"{args.file}: {stamp['reason'] or f'face in {seen} of {len(table)} frames'}")


if __name__ == "__main__":
    step.run(main)
