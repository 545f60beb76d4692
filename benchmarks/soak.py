"""Kill the demo run at random moments, again and again, and see that plain runs bring it to the same end.

Writes benchmarks/results/soak.json. The demo is run once undisturbed, then `--kills` times until Snakemake or one of
its jobs' processes is killed (SIGKILL), each time followed by a plain `snakemake --cores 2`; every run that gets to its
end is compared with the undisturbed one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import origin
from benchmarks.interruptions import Interruptions, Place, compare, tables
from benchmarks.origin import ROOT, say
from moodreel.workflow.provenance.digest import TOLERANCE

LIBRARIES = ("snakemake", "pyarrow", "polars", "av", "onnxruntime")


def main() -> None:
    parser = origin.parser(__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how many times")
    parser.add_argument("--seed", type=int, default=0, help="decides what is killed, and when")
    parser.add_argument("--out", type=Path, default=origin.RESULTS / "soak.json", help="JSON file")
    args = parser.parse_args()
    about = describe("soak")
    begun = time.monotonic()
    with kept_on_failure() as folder:
        for figures in soak(folder, args.kills, args.seed):
            origin.write(args.out, {**about, **figures, "wall_s": round(time.monotonic() - begun)})


def describe(program: str, *libraries: str) -> dict[str, Any]:
    """What makes the figures of a soak."""
    code = ("workflow.run_lock", "storage.atomic")
    return origin.describe(program, sys.argv[1:], code=code, libraries=(*LIBRARIES, *libraries))


@contextmanager
def kept_on_failure() -> Iterator[Path]:
    """A temporary folder that stays, to be looked at, where the block fails."""
    folder = Path(tempfile.mkdtemp(prefix="moodreel-soak-"))
    try:
        yield folder
    except BaseException:
        say(f"failed; what it has made is left in {folder}")
        raise
    shutil.rmtree(folder)


def soak(folder: Path, kills: int, seed: int) -> Iterator[dict[str, Any]]:
    """The figures of so many kills, drawn from `seed`, and before them those of the kills up to each run that got to
    its end. Raises RuntimeError or AssertionError where one did harm."""
    undisturbed, place = (demo(folder / name) for name in ("undisturbed", "killed"))
    say(f"the demo undisturbed, in {undisturbed.folder}")
    undisturbed_s = undisturbed.finish()
    say(f"took {undisturbed_s:.0f} s; now {kills} kills with seed {seed}")
    largest: list[float] = []

    def finished() -> None:
        largest.append(compare(place.folder / "results", undisturbed.folder / "results"))
        say(f"a run has ended after {len(runs.kills)} kills: tables differ by {largest[-1]:g} at most")

    runs = Interruptions(place, seed, longest_s=undisturbed_s, finished=finished)
    for _ in runs.go(kills):
        yield {
            "seed": seed,
            "kills": len(runs.kills),
            "killed": dict(Counter(kill.target for kill in runs.kills)),
            "runs_started": runs.runs,
            "runs_to_the_end": len(largest),
            "tables_compared": len(largest) * len(tables(undisturbed.folder / "results")),
            "largest_difference": max(largest),
            "tolerance": TOLERANCE,
            "undisturbed_s": round(undisturbed_s, 1),
            "each": [asdict(kill) for kill in runs.kills],
        }


def demo(folder: Path) -> Place:
    """A folder with the demo run as it is cloned, and the networks' originals, where they were fetched before."""
    folder.mkdir()
    shutil.copy(ROOT / "config.yaml", folder)
    (folder / "workflow").symlink_to(ROOT / "workflow")
    fetched = ROOT / "results" / "models" / "sources"
    if fetched.is_dir():
        shutil.copytree(fetched, folder / "results" / "models" / "sources")
    return Place(folder)


if __name__ == "__main__":
    main()
