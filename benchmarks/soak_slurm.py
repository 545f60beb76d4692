"""The whole demo on a temporary Slurm cluster, with jobs cancelled at random times.

Writes benchmarks/results/soak_slurm.json. The demo is run once without Slurm, then with it by profiles/slurm; all
tables of both runs have to be equal.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import yaml
from tests import slurm_cluster
from tests.slurm_cluster import SlurmCluster

from benchmarks import origin
from benchmarks.origin import ROOT, report_progress
from benchmarks.soak import compare, demo, describe, kept_on_failure, tables
from moodreel.workflow.provenance.digest import TOLERANCE

OVERLAY = {
    "slurm-status-command": "squeue",  # there is no accounting
    "slurm-init-seconds-before-status-checks": 5,
    "latency-wait": 5,
}
"""Options for this cluster in addition to the profile."""

MOST_S = 3000
"""The longest time that the run on Slurm may take."""


def main() -> None:
    parser = origin.parser(__doc__, origin.RESULTS / "soak_slurm.json")
    parser.add_argument("--cancelled", type=int, default=5, help="number of jobs to cancel, at most one of a group")
    parser.add_argument("--seed", type=int, default=0, help="determines which, and when")
    args = parser.parse_args()
    if reason := slurm_cluster.absent():
        sys.exit(f"the soak on Slurm is left out: {reason}")
    about = describe("soak_slurm", "snakemake-executor-plugin-slurm")
    with kept_on_failure() as folder:
        figures = soak(folder, args.cancelled, Random(args.seed))
    origin.write(args.out, {**about, "seed": args.seed, **figures})


def soak(folder: Path, cancelled: int, chance: Random) -> dict[str, Any]:
    """The figures of the demo on Slurm, with `cancelled` jobs cancelled.

    Raises RuntimeError where the run fails, AssertionError where its tables differ from those of a run without Slurm.
    """
    plain, queued = (demo(folder / name) for name in ("plain", "slurm"))
    report_progress(f"running the demo without Slurm, in {plain.folder}")
    plain_s = plain.finish()
    report_progress(f"took {plain_s:.0f} s; now on Slurm")
    (queued.folder / "overlay.yaml").write_text(yaml.safe_dump(OVERLAY))
    with slurm_cluster.started(cores=max(4, os.cpu_count() or 1)) as cluster:
        begun = time.monotonic()
        run = queued.start("--profile", str(ROOT / "profiles" / "slurm"), "--profile", "overlay.yaml")
        victims = _cancel_some(cluster, run, cancelled, chance)
        queued.check(run.wait(MOST_S))
        slurm_s = time.monotonic() - begun
        jobs = cluster.jobs()
    return {
        "plain_s": round(plain_s, 1),
        "slurm_s": round(slurm_s, 1),
        "submissions": len(jobs),
        "states": dict(Counter(job.state for job in jobs)),
        "by_group": dict(Counter(job.rule for job in jobs)),
        "cancelled": victims,
        "tables_compared": len(tables(plain.folder / "results")),
        "largest_difference": compare(queued.folder / "results", plain.folder / "results"),
        "tolerance": TOLERANCE,
    }


def _cancel_some(cluster: SlurmCluster, run: subprocess.Popen, most: int, chance: Random) -> list[str]:
    """Cancel at most `most` running jobs; return their rules. A job is tried three times, so none is cancelled
    twice."""
    done: list[str] = []
    while run.poll() is None and len(done) < most:
        time.sleep(chance.uniform(2, 20))
        if running := [job for job in cluster.jobs() if job.state == "RUNNING" and job.rule not in done]:
            victim = chance.choice(running)
            cluster.cancel(victim.number)
            done.append(victim.rule)
            report_progress(f"cancelled {victim.rule}")
    return done


if __name__ == "__main__":
    main()
