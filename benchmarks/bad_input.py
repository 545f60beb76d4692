"""Reads the corpus of bad inputs (tests/bad_input), and runs good and bad inputs together.

Run from the repository's root. docs/bad-input.md explains the figures; this also writes its tables.
"""

import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.bad_input import mixed_run, runner
from tests.bad_input.corpus import cases

from benchmarks import origin, pages

RESULTS = origin.RESULTS / "bad_input.json"
VERDICTS = ("as_expected", "traceback", "hang", "silent", "wrong")
LIBRARIES = ("av", "imageio-ffmpeg", "numpy", "polars", "scikit-learn", "skops")


def main() -> None:
    parser = origin.parser(__doc__, RESULTS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="cases at the same time")
    parser.add_argument("--without-run", action="store_true", help="leave out the runs of good and bad inputs")
    args = parser.parse_args()
    code = ("video.decode", "music.soundtrack", "formats.alignment", "video.table", "classify.saved")
    made_by = origin.describe("bad_input", sys.argv[1:], code=code, libraries=LIBRARIES)
    begun, each = time.monotonic(), []
    for one in runner.run(cases(), args.workers):
        each.append(as_row(one))
        if one.verdict != "as_expected":
            origin.report_progress(f"{one.case.kind}: {one.case.name}: {one.verdict}: {one.mistake}")
    found = count(each)
    if not args.without_run:
        found["runs"] = list(runs())
    found |= {"minutes": (time.monotonic() - begun) / 60, "load_average_after": origin.load_average()}
    result = {**made_by, **found, "each": each}
    origin.write(args.out, result)
    if args.out == RESULTS:
        pages.write("bad-input", parts(result))
    print({verdict: found[verdict] for verdict in ("cases", *VERDICTS)}, *found.get("runs", ()))
    sys.exit(0 if found["as_expected"] == found["cases"] and all(map(succeeded, found.get("runs", ()))) else 1)


def runs() -> Iterator[dict[str, Any]]:
    """What came out of each run of good and bad inputs."""
    for name, rows, config in mixed_run.runs():
        with tempfile.TemporaryDirectory(prefix="moodreel-bad-input-") as folder:
            found = {"of": name, **mixed_run.compare(Path(folder), rows, **config)}
        for mistake in found.get("mistakes", ()):
            origin.report_progress(f"run of {name}: {mistake}")
        yield found


def succeeded(run: Mapping[str, Any]) -> bool:
    """Whether all went right in a run."""
    right = run["good_as_alone"] == run["good"] and run["bad_with_reason"] == run["bad"]
    return right and run["status"] == 0


def as_row(one: runner.Judged) -> dict[str, Any]:
    """A case as it is written."""
    outcome = one.outcome
    came_out = outcome.reason or (f"{outcome.rows} rows" if outcome.kind == "rows" else outcome.kind)
    row = {"kind": one.case.kind, "case": one.case.name, "came_out": came_out, "verdict": one.verdict}
    figures = {"seconds": round(outcome.seconds, 3), "peak_mb": round(outcome.peak_mb)}
    return {**row, **figures, **({"mistake": one.mistake[:300]} if one.mistake else {})}


def count(each: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The number of cases, and of each verdict."""
    verdicts = Counter(row["verdict"] for row in each)
    return {"cases": verdicts.total(), **{verdict: verdicts[verdict] for verdict in VERDICTS}}


def parts(result: Mapping[str, Any]) -> dict[str, str]:
    """The figures as Markdown."""
    rows = [{**row, "case": escape(row["case"]), "mistake": escape(row.get("mistake", ""))} for row in result["each"]]
    kinds = [
        (kind, list(of)) for kind, of in groupby(sorted(rows, key=lambda row: row["kind"]), lambda row: row["kind"])
    ]
    return pages.fill("bad-input", {**result, "kinds": kinds, "verdicts": VERDICTS})


def escape(text: str) -> str:
    """A text as Markdown shows it in a cell of a table."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~$&])", r"\\\1", " ".join(text.split()))


if __name__ == "__main__":
    main()
