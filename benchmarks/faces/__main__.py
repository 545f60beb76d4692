"""Evaluates the emotion judges on a folder of labelled pictures.

FOLDER holds pictures and `labels.csv` (`picture,label,person,rater`; the last two may be left out), or the repository
muxspace/facial_expressions. At most `--per-label` pictures of each label are sampled at random, so that it ends in
minutes. Only figures are written: no pictures, and no names of files or people. docs/faces.md explains the figures.
"""

import json
import re
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import inputs, origin, pages
from benchmarks.faces import labelled, page, study
from benchmarks.faces.judges import JUDGES
from moodreel.storage import atomic
from moodreel.workflow import program

RESULTS = origin.RESULTS / "faces.json"
PER_LABEL = 370
"""For the pictures that were judged first: about the counts of their rarer labels, except one."""

CODE = ("emotions.score", "emotions.detectors", "extraction.person_tracker", "face.measure", "classify.interval")
LIBRARIES = ("numpy", "onnxruntime", "opencv-contrib-python-headless", "scikit-learn")


def round_numbers(found: Any) -> Any:
    """`found` as JSON values, with numbers rounded to four decimals."""
    return json.loads(json.dumps(found), parse_float=lambda text: round(float(text), 4))


def as_text(result: Any) -> str:
    """JSON with lists of numbers on one line."""
    spread = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    return re.sub(
        r"\[[\s\d.,e-]+\]", lambda found: re.sub(r"\s+", " ", found[0]).replace("[ ", "[").replace(" ]", "]"), spread
    )


def main() -> None:
    parser = origin.parser(__doc__)
    names = [one.name for one in JUDGES]
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="pictures and labels.csv")
    parser.add_argument("--per-label", type=int, default=PER_LABEL, help="pictures of each label, at most")
    parser.add_argument("--seed", type=int, default=0, help="of the sample, the intervals and the exchanged labels")
    parser.add_argument("--judges", nargs="+", choices=names, default=names, metavar="JUDGE", help=", ".join(names))
    parser.add_argument("--source", default="", help="description of the pictures, written with the figures")
    parser.add_argument("--models", type=Path, default=inputs.MODELS, help="folder of the networks")
    parser.add_argument(
        "--out", type=Path, default=Path("results/faces.json"), help=f"{RESULTS} also updates docs/faces.md"
    )
    args = parser.parse_args()
    if args.per_label < 1:
        parser.error("--per-label: at least 1")
    begun = time.monotonic()
    # the path of the folder is private
    options = ["FOLDER" if Path(option) == args.folder else option for option in sys.argv[1:]]
    made_by = origin.describe("faces", options, code=CODE, libraries=LIBRARIES)
    judges = [one for one in JUDGES if one.name in args.judges]
    found = labelled.read(args.folder)
    drawn = labelled.draw(found.pictures, args.per_label, args.seed)
    origin.report_progress(
        f"{len(drawn.drawn)} of {len(found.pictures)} labelled pictures, at most {args.per_label} of each label (seed "
        f"{args.seed}), and {len(drawn.twice)} labelled twice; set aside: {found.set_aside | drawn.set_aside}"
    )
    inputs.fetch_networks(sorted({name for one in judges for name in one.networks}), args.models)
    with tempfile.TemporaryDirectory(prefix="moodreel-faces-") as folder:
        judged = study.judge(found, drawn, judges, models=args.models, folder=Path(folder), seed=args.seed)
    result = round_numbers(
        {
            **made_by,
            "date": date.today().isoformat(),
            "source": args.source,
            "tables": dict(found.tables),
            "per_label": args.per_label,
            "seed": args.seed,
            "labelled": study.counts(found),
            **judged,
            "minutes": (time.monotonic() - begun) / 60,
        }
    )
    parts = page.parts(result)
    print(parts["figures"])
    atomic.write_text(args.out, as_text(result))
    if args.out == RESULTS:
        pages.write("faces", parts)
    print(f"wrote {args.out}")


if __name__ == "__main__":
    program.run(main)
