"""Snakemake's own cost with many videos: time to plan, time to find nothing to do, time per job, memory.

The real Snakefile runs in a folder of made-up videos; its commands only touch their outputs (benchmarks/graph_job.py).
Run from the repository's root. docs/graph.md explains each figure.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import origin
from benchmarks.origin import ROOT
from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.workflow import program, up_to_date

LIBRARIES = ("snakemake", "pydantic")
VIDEOS, PER_PERFORMER = 10_000, 4

Usage = Mapping[str, Any]
"""Time and memory of one call of Snakemake (`graph_job.tell`)."""


def main() -> None:
    parser = origin.parser(__doc__, origin.RESULTS / "graph.json")
    parser.add_argument("--videos", type=int, default=VIDEOS, help="number of videos; below the default only a trial")
    parser.add_argument("--per-performer", type=int, default=PER_PERFORMER, help="videos of each performer; 0: unnamed")
    parser.add_argument("--cores", type=int, default=2, help="jobs at the same time")
    args = parser.parse_args()
    if args.videos < 1 or args.per_performer < 0 or args.cores < 1:
        parser.error("--videos and --cores are at least 1, --per-performer at least 0")
    options = [f"--videos={args.videos}", f"--per-performer={args.per_performer}", f"--cores={args.cores}"]
    about = origin.describe("graph", options, code=("steps.table",), libraries=LIBRARIES)
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), args.videos, args.per_performer)
        usages = measure(Path(folder), args.cores)
    about["load_average_after"] = origin.load_average()
    found = figures(usages, args.videos)
    origin.write(args.out, {**found, "made_by": about, "raw": usages})
    for key, value in found.items():
        print(f"{key}: {value}")


def prepare(folder: Path, videos: int, per_performer: int) -> None:
    """Write a table of videos, which are links to one small file, and the configuration of their run into `folder`."""
    clips = folder / "clips"
    clips.mkdir()
    (clips / "clip.mp4").write_bytes(b"no video; nobody opens it")
    rows = ["video\tsource\tperformer"]
    for number in range(videos):
        (clips / f"{number:06d}.mp4").symlink_to("clip.mp4")
        performer = f"p{number // per_performer:06d}" if per_performer else ""
        rows.append(f"v{number:06d}\tclips/{number:06d}.mp4\t{performer}")
    atomic.write_text(folder / "videos.tsv", "\n".join(rows) + "\n")
    atomic.write_text(folder / "my.yaml", "run: graph\nvideos: videos.tsv\n")
    shutil.copy(ROOT / "config.yaml", folder)


def measure(folder: Path, cores: int) -> dict[str, Usage]:
    """Usage of the dry run from nothing, of the run, of a call that finds nothing to do, and of such a call without the
    record of the up-to-date state."""
    usages = {}
    for name, arguments in {"plan": ["--dry-run"], "run": [], "noop": [], "noop_planned": []}.items():
        origin.report_progress(name)
        if name == "noop_planned":
            shutil.rmtree(folder / up_to_date.FOLDER, ignore_errors=True)
        usages[name] = snakemake(folder, cores, *arguments)
    if left := usages["noop"]["jobs"] or usages["noop_planned"]["jobs"]:
        raise UserError(f"after a whole run Snakemake would still run {json.dumps(left)}; this is a bug in the rules")
    return usages


def snakemake(folder: Path, cores: int, *arguments: str) -> Usage:
    """Run the real Snakefile in `folder` with commands that only touch outputs. Raises UserError where it fails."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    environment |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'workflow'}", "OMP_NUM_THREADS": "1"}
    given = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "my.yaml", "--cores", str(cores), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.graph_job", "usage.json", *given, *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise UserError(f"Snakemake failed:\n{done.stdout[-4000:]}")
    return json.loads((folder / "usage.json").read_text(encoding="utf-8"))


def figures(usages: Mapping[str, Usage], videos: int) -> dict[str, Any]:
    """The figures of a benchmark with `videos` videos."""
    run = usages["run"]
    jobs = sum(run["jobs"].values())
    names = ("plan", "noop", "noop_planned")
    clocks = {"s": "wall_s", "cpu_s": "cpu_s"}
    return {
        "videos": videos,
        "jobs": jobs,
        **{f"{name}_{key}": round(usages[name][clock], 1) for name in names for key, clock in clocks.items()},
        "overhead_ms_per_job": round(1000 * run["wall_s"] / jobs, 1),
        "overhead_cpu_ms_per_job": round(1000 * run["cpu_s"] / jobs, 1),
        "peak_mb": round(max(usage["peak_mb"] for usage in usages.values())),
        "noop_peak_mb": round(usages["noop"]["peak_mb"]),
        "rules_per_video": sum(count >= videos for count in run["jobs"].values()),
        "jobs_per_video": round(jobs / videos, 2),
    }


if __name__ == "__main__":
    program.run(main)
