"""Kill the demo run at random moments, again and again, and see that plain runs bring it to the same end.

Writes benchmarks/results/soak.json. The demo is run once undisturbed, then `--kills` times until Snakemake or one of
its jobs' processes is killed (SIGKILL), each time followed by a plain `snakemake --cores 2`; every run that gets to its
end is compared with the undisturbed one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks import origin
from benchmarks.interruptions import ROOT, TOLERANCE, Interruptions, Place, compare, tables
from benchmarks.origin import say
from moodreel.storage import atomic

LIBRARIES = ("snakemake", "pyarrow", "polars", "av", "onnxruntime")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="how many times")
    parser.add_argument("--seed", type=int, default=0, help="decides what is killed, and when")
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "soak.json", help="JSON")
    args = parser.parse_args()
    about = origin.describe("soak", sys.argv[1:], code=("workflow.run_lock", "storage.atomic"), libraries=LIBRARIES)
    begun = time.monotonic()
    with kept_on_failure(args.folder) as folder:
        for figures in soak(folder, args.kills, args.seed):
            found = {**about, **figures, "wall_s": round(time.monotonic() - begun)}
            atomic.write_text(args.out, json.dumps(found, indent=1) + "\n")
            say(f"wrote {args.out}")


@contextmanager
def kept_on_failure(where: Path | None) -> Iterator[Path]:
    """A temporary folder that stays, to be looked at, where the block fails."""
    folder = Path(tempfile.mkdtemp(prefix="moodreel-soak-", dir=where))
    try:
        yield folder
    except BaseException:
        say(f"failed; what it has made is left in {folder}")
        raise
    shutil.rmtree(folder)


def soak(folder: Path, kills: int, seed: int) -> Iterator[dict]:
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
