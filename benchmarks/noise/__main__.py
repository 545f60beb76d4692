"""Runs noise of four kinds through the evaluation and the clusters: how often is either called more than chance?

Seeds follow from the hash of the commit at which the methods were fixed, so that none is chosen by hand. Run from the
repository's root. docs/noise.md explains the figures; this also writes its table.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks import origin, pages
from benchmarks.noise import chain, clusters, page
from benchmarks.noise.labels import verdicts_of
from benchmarks.noise.signals import KINDS

RESULTS = origin.RESULTS / "noise.json"
STUDIES, PLANTED = 50, 20
"""Studies of each kind, and of a planted signal."""

SIGNAL = 2.0
"""What a planted label adds to six columns. Their standard deviation is 1, and so is that of the videos' levels."""

LIBRARIES = ("numpy", "scipy", "scikit-learn", "tslearn", "umap-learn")


def main() -> None:
    parser = origin.parser(__doc__, RESULTS)
    parser.add_argument("--commit", help="commit from whose hash seeds follow; default: the one checked out")
    parser.add_argument("--studies", type=int, default=STUDIES, help="studies of labels, per kind of noise")
    parser.add_argument("--planted", type=int, default=PLANTED, help="studies with a planted signal")
    parser.add_argument(
        "--cluster-runs", type=int, default=clusters.RUNS, help="studies of clusters, per kind of noise"
    )
    parser.add_argument("--pages", type=int, default=3, help="whole runs whose pages are read")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    code = ("classify.protocol", "clusters.k_selection", "report.summary")
    made_by = origin.describe("noise", sys.argv[1:], code=code, libraries=LIBRARIES)
    commit, begun = args.commit or made_by["commit"], time.monotonic()
    # Studies run in parallel, each on one thread
    with ProcessPoolExecutor(args.processes, initializer=threadpool_limits, initargs=(1,)) as pool:
        found = labels(commit, args.studies, args.planted, pool)
        origin.report_progress(json.dumps(found))
        seeds_of = {kind: seeds(commit, f"clusters {kind}", args.cluster_runs) for kind in clusters.KINDS}
        of_clusters = clusters.count(seeds_of, pool)
    by_kind = {kind: of | of_clusters["by_kind"].get(kind, {}) for kind, of in found["by_kind"].items()}
    result = {
        **made_by,
        "seeds_from_commit": commit,
        **found,
        **of_clusters,
        "by_kind": by_kind,
        "pages": whole_runs(commit, args.pages),
        "minutes": round((time.monotonic() - begun) / 60, 1),
    }
    origin.write(args.out, result)
    if args.out == RESULTS:
        pages.write("noise", page.parts(result))
    print(f"wrote {args.out}")


def seed_of(commit: str, what: str, number: int) -> int:
    """The seed that follows from a commit, the kind of trial and its number."""
    return int(hashlib.sha256(f"{commit} {what} {number}".encode()).hexdigest()[:7], 16)


def seeds(commit: str, what: str, count: int) -> list[int]:
    """The seeds of `count` studies."""
    return [seed_of(commit, what, number) for number in range(count)]


def labels(commit: str, studies: int, planted: int, pool: Executor) -> dict[str, Any]:
    """Count the verdicts on studies of noise, and on studies with planted labels."""
    seeds_of = {kind: seeds(commit, kind, studies) for kind in KINDS}
    planted_seeds = seeds(commit, "planted", planted)
    tasks = [(seed, kind, 2 + n % 2, 0.0) for kind, own in seeds_of.items() for n, seed in enumerate(own)]
    tasks += [(seed, "video", 2, SIGNAL) for seed in planted_seeds]
    found = list(pool.map(verdicts_of, *zip(*tasks, strict=True)))
    noise, signal = found[: len(found) - planted], found[len(found) - planted :]
    by_kind = {}
    for at, kind in enumerate(KINDS):
        own = noise[at * studies : (at + 1) * studies]
        by_kind[kind] = {
            "studies": len(own),
            "headline_green": sum(one.headline for one in own),
            "any_green": sum(one.any_row for one in own),
            "seeds": seeds_of[kind],
            "mean_p": round(sum(one.p_value or 0 for one in own) / max(len(own), 1), 3),
        }
    return {
        "studies": len(noise),
        "headline_green": sum(one.headline for one in noise),
        "any_green": sum(one.any_row for one in noise),
        "planted": planted,
        "planted_found": sum(one.headline for one in signal),
        "planted_seeds": planted_seeds,
        "planted_figures": sorted(round(one.figure, 3) for one in signal),
        "by_kind": by_kind,
    }


def whole_runs(commit: str, count: int) -> list[dict[str, Any]]:
    """The verdicts at the top of the pages of whole runs on tables of noise."""
    found = []
    for n in range(count):
        kind, seed = KINDS[1:][n % 3], seed_of(commit, "page", n)
        with tempfile.TemporaryDirectory(prefix="moodreel-noise-") as folder:
            verdicts = chain.verdicts(Path(folder, "study"), seed, kind)
        origin.report_progress(f"page of {kind}: {verdicts}")
        found.append({"kind": kind, "seed": seed, "verdicts": verdicts})
    return found


if __name__ == "__main__":
    main()
