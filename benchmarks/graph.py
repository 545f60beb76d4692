"""What Snakemake itself costs with many videos: time to plan, time to find nothing to do, time per job, memory.

The real Snakefile runs in a folder of made-up videos; its commands only touch their outputs (benchmarks/graph_job.py).
Run from the repository's root. What each figure means stands in docs/graph.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import origin
from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.workflow import program, up_to_date

ROOT = Path(__file__).parents[1]
RESULTS = Path("benchmarks/results/graph.json")
LIBRARIES = ("snakemake", "pydantic")
VIDEOS, PER_PERFORMER = 10_000, 4
RUN = "graph"


@dataclass(frozen=True)
class Usage:
    """What one call of Snakemake took.

    wall_s: from its start to its end; cpu_s: processor time of its main process; commands_cpu_s: of the commands.
    peak_mb: the main process's memory, at most.
    jobs: by rule, how many there were to run; empty where there was nothing to do.
    """

    wall_s: float
    cpu_s: float
    commands_cpu_s: float
    peak_mb: float
    jobs: Mapping[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--videos", type=int, default=VIDEOS, help="how many; below the default it is a try, no figure")
    parser.add_argument("--per-performer", type=int, default=PER_PERFORMER, help="videos of each performer; 0: unnamed")
    parser.add_argument("--cores", type=int, default=2, help="jobs side by side")
    parser.add_argument("--work", type=Path, help="folder for the made-up run (1 GB); default: a temporary one")
    parser.add_argument("--out", type=Path, default=RESULTS, help="JSON file")
    args = parser.parse_args()
    if args.videos < 1 or args.per_performer < 0 or args.cores < 1:
        parser.error("--videos and --cores are at least 1, --per-performer at least 0")
    options = [f"--videos={args.videos}", f"--per-performer={args.per_performer}", f"--cores={args.cores}"]
    about = origin.describe("graph", options, code=("steps.table",), libraries=LIBRARIES)
    if args.work:
        args.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        prepare(Path(folder), args.videos, args.per_performer)
        usages = measure(Path(folder), args.cores)
    about["load_average_after"] = [round(value, 2) for value in os.getloadavg()]
    found = {**figures(usages, args.videos), "made_by": about, "raw": {k: asdict(u) for k, u in usages.items()}}
    atomic.write_text(args.out, json.dumps(found, indent=1) + "\n")
    for key, value in found.items():
        if key not in ("made_by", "raw"):
            print(f"{key}: {value}")


def prepare(folder: Path, videos: int, per_performer: int) -> None:
    """Put a table of videos into `folder`, which are links to one small file, and the configuration of their run."""
    clips = folder / "clips"
    clips.mkdir()
    (clips / "clip.mp4").write_bytes(b"no video; nobody opens it")
    rows = ["video\tsource\tperformer"]
    for number in range(videos):
        (clips / f"{number:06d}.mp4").symlink_to("clip.mp4")
        performer = f"p{number // per_performer:06d}" if per_performer else ""
        rows.append(f"v{number:06d}\tclips/{number:06d}.mp4\t{performer}")
    atomic.write_text(folder / "videos.tsv", "\n".join(rows) + "\n")
    atomic.write_text(folder / "my.yaml", f"run: {RUN}\nvideos: videos.tsv\n")
    shutil.copy(ROOT / "config.yaml", folder)


def measure(folder: Path, cores: int) -> dict[str, Usage]:
    """The dry run from nothing, the run, the call after it that finds nothing to do, and the same where nothing tells
    that nothing has changed."""
    usages = {}
    for name, arguments in {"plan": ["--dry-run"], "run": [], "noop": [], "noop_planned": []}.items():
        origin.say(name)
        if name == "noop_planned":
            shutil.rmtree(folder / up_to_date.FOLDER, ignore_errors=True)
        usages[name] = snakemake(folder, cores, *arguments)
    if left := usages["noop"].jobs or usages["noop_planned"].jobs:
        raise UserError(f"after a whole run Snakemake would still run {json.dumps(left)}; that is a bug of the rules")
    return usages


def snakemake(folder: Path, cores: int, *arguments: str) -> Usage:
    """Run the real Snakefile in `folder` with commands that only touch. Raises UserError where it fails."""
    paths = [str(ROOT), str(ROOT / "workflow")]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    environment |= {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    told = folder / "usage.json"
    told.unlink(missing_ok=True)
    given = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "my.yaml", "--cores", str(cores), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.graph_job", str(told), *given, *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise UserError(f"Snakemake failed:\n{done.stdout[-4000:]}")
    return Usage(**json.loads(told.read_text(encoding="utf-8")))


def figures(usages: Mapping[str, Usage], videos: int) -> dict[str, Any]:
    """The figures of a benchmark of so many videos."""
    run, noop = usages["run"], usages["noop"]
    jobs = sum(run.jobs.values())
    return {
        "videos": videos,
        "jobs": jobs,
        "plan_s": round(usages["plan"].wall_s, 1),
        "plan_cpu_s": round(usages["plan"].cpu_s, 1),
        "noop_s": round(noop.wall_s, 1),
        "noop_cpu_s": round(noop.cpu_s, 1),
        "noop_planned_s": round(usages["noop_planned"].wall_s, 1),
        "noop_planned_cpu_s": round(usages["noop_planned"].cpu_s, 1),
        "overhead_ms_per_job": round(1000 * run.wall_s / jobs, 1),
        "overhead_cpu_ms_per_job": round(1000 * run.cpu_s / jobs, 1),
        "peak_mb": round(max(usage.peak_mb for usage in usages.values())),
        "noop_peak_mb": round(noop.peak_mb),
        "rules_per_video": sum(count >= videos for count in run.jobs.values()),
        "jobs_per_video": round(jobs / videos, 2),
    }


if __name__ == "__main__":
    program.run(main)
