"""Noise of four kinds through the evaluation and the clusters: how often either is called more than chance.

Seeds come from the hash of a commit, so that nobody chose them: that at which the methods were settled. Run from the
repository's root. What the figures mean stands in docs/noise.md, whose table this writes too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks import origin
from benchmarks.noise import chain, page
from benchmarks.noise.signals import KINDS
from moodreel.storage import atomic

RESULTS = Path("benchmarks/results/noise.json")
STUDIES, PLANTED, CLUSTER_RUNS = 50, 20, 20
"""Studies of each kind, of a planted signal, and of clusters of each kind that they are tried on."""

SIGNAL = 2.0
"""What a planted label adds to six columns of standard deviation 1, which videos' levels shift by as much."""

LIBRARIES = ("numpy", "scipy", "scikit-learn", "tslearn", "umap-learn")


def seed_of(commit: str, what: str, number: int) -> int:
    """A seed that follows from a commit, what is tried and its number."""
    return int(hashlib.sha256(f"{commit} {what} {number}".encode()).hexdigest()[:7], 16)


def seeds(commit: str, what: str, count: int) -> list[int]:
    """The seeds of so many studies."""
    return [seed_of(commit, what, number) for number in range(count)]


def judge_labels(task: tuple[str, int, int, float]) -> Any:
    """One study of labels: kind, seed, number of labels, signal."""
    from benchmarks.noise.labels import verdicts_of

    kind, seed, labels, signal = task
    return verdicts_of(seed, kind, labels=labels, signal=signal)


def judge_clusters(task: tuple[str, int]) -> float:
    """The p value of clusters in one study of noise: kind, seed."""
    from benchmarks.noise.clusters import p_value

    return p_value(*task)


def labels(commit: str, studies: int, planted: int, pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Verdicts on the labels of noise, and on planted ones."""
    tasks = [(kind, seed, 2 + n % 2, 0.0) for kind in KINDS for n, seed in enumerate(seeds(commit, kind, studies))]
    tasks += [("video", seed, 2, SIGNAL) for seed in seeds(commit, "planted", planted)]
    found = list(pool.map(judge_labels, tasks))
    noise, signal = found[: len(found) - planted], found[len(found) - planted :]
    by_kind = {}
    for at, kind in enumerate(KINDS):
        own = noise[at * studies : (at + 1) * studies]
        by_kind[kind] = {
            "studies": len(own),
            "headline_green": sum(one.headline for one in own),
            "any_green": sum(one.any_row for one in own),
            "seeds": seeds(commit, kind, studies),
            "mean_p": round(sum(one.p_value for one in own) / max(len(own), 1), 3),
        }
    return {
        "studies": len(noise),
        "headline_green": sum(one.headline for one in noise),
        "any_green": sum(one.any_row for one in noise),
        "planted": planted,
        "planted_found": sum(one.headline for one in signal),
        "planted_seeds": seeds(commit, "planted", planted),
        "planted_figures": sorted(round(one.figure, 3) for one in signal),
        "by_kind": by_kind,
    }


def clusters(commit: str, runs: int, pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Evidence of clusters in noise."""
    from benchmarks.noise.clusters import KINDS as KINDS_OF_CLUSTERS
    from moodreel.classify.verdict import SIGNIFICANT

    tasks = [(kind, seed) for kind in KINDS_OF_CLUSTERS for seed in seeds(commit, f"clusters {kind}", runs)]
    found = list(pool.map(judge_clusters, tasks))
    by_kind = {}
    for at, kind in enumerate(KINDS_OF_CLUSTERS):
        own = found[at * runs : (at + 1) * runs]
        by_kind[kind] = {
            "cluster_runs": runs,
            "cluster_evidence": sum(p <= SIGNIFICANT for p in own),
            "cluster_seeds": seeds(commit, f"clusters {kind}", runs),
        }
    return {
        "cluster_runs": len(found),
        "cluster_evidence": sum(p <= SIGNIFICANT for p in found),
        "by_kind": by_kind,
    }


def pages(commit: str, count: int) -> list[dict[str, Any]]:
    """What pages of whole runs on tables of noise say first."""
    found = []
    for n in range(count):
        kind, seed = KINDS[1:][n % 3], seed_of(commit, "page", n)
        with tempfile.TemporaryDirectory(prefix="moodreel-noise-") as folder:
            chain.run(Path(folder), chain.write(Path(folder), seed, kind))
            found.append({"kind": kind, "seed": seed, "verdicts": chain.verdicts(Path(folder))})
            origin.say(f"page of {kind}: {found[-1]['verdicts']}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--commit", help="whose hash the seeds follow from; default: the one that is checked out")
    parser.add_argument("--studies", type=int, default=STUDIES, help="of labels, of each kind of noise")
    parser.add_argument("--planted", type=int, default=PLANTED, help="studies with a signal to be found")
    parser.add_argument("--cluster-runs", type=int, default=CLUSTER_RUNS, help="of clusters, of each kind of noise")
    parser.add_argument("--pages", type=int, default=3, help="whole runs whose pages are read")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    made_by = origin.describe(
        "noise", sys.argv[1:], code=["classify.protocol", "clusters.k_selection", "report.summary"], libraries=LIBRARIES
    )
    commit, begun = args.commit or made_by["commit"], time.monotonic()
    # The studies share the cores, not their parts
    with ProcessPoolExecutor(args.processes, initializer=threadpool_limits, initargs=(1,)) as pool:
        found = labels(commit, args.studies, args.planted, pool)
        origin.say(json.dumps(found))
        of_clusters = clusters(commit, args.cluster_runs, pool)
    by_kind = found.pop("by_kind")
    for kind, figures in of_clusters.pop("by_kind").items():
        by_kind[kind] |= figures
    result = {
        **made_by,
        "seeds_from_commit": commit,
        **found,
        **of_clusters,
        "by_kind": by_kind,
        "pages": pages(commit, args.pages),
        "minutes": round((time.monotonic() - begun) / 60, 1),
    }
    atomic.write_text(args.out, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    if args.out == RESULTS:
        page.write(result)
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
