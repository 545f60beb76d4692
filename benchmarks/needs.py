"""What the jobs of a run need: seconds and memory of each step, to benchmarks/results/needs.json.

    python -m benchmarks.needs [--configfile my.yaml]

runs the workflow from nothing in a folder of its own, one job at a time. What rules ask for follows from it.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "needs.json"
SAMPLED_EVERY_S = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", type=Path, default=ROOT / "config.yaml", help="the run; default: the demo")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moodreel-needs-") as folder:
        jobs = measure(Path(folder), args.configfile.resolve())
    steps = by_step(jobs)
    figures = {
        "command": shlex.join(["python", "-m", "benchmarks.needs", *sys.argv[1:]]),
        "commit": subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip(),
        "steps": steps,
    }
    args.out.write_text(json.dumps(figures, indent=1) + "\n")
    print(table(steps))


def measure(folder: Path, configfile: Path) -> list[dict]:
    """Run the workflow in `folder`; one record per job: step, seconds, peak_mb.

    Every command of a rule is `python ...` in a bash that reads BASH_ENV: there `python` becomes the watched one.
    """
    records = folder / "jobs.jsonl"
    hook = folder / "watched.sh"
    watch = shlex.join([sys.executable, str(Path(__file__).resolve()), str(records)])
    hook.write_text(f'python() {{ PYTHONPATH= {watch} env PYTHONPATH="$PYTHONPATH" python "$@"; }}\n')
    # the table of videos and what the settings name by relative paths lie beside the checkout's configuration
    (folder / "workflow").symlink_to(ROOT / "workflow")
    command = ["-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1", "--quiet", "all"]
    subprocess.run(
        [sys.executable, *command, "--configfile", str(configfile)],
        cwd=folder,
        env={**os.environ, "BASH_ENV": str(hook)},
        check=True,
    )
    return [json.loads(line) for line in records.read_text().splitlines()]


def watch(records: Path, command: list[str]) -> int:
    """Run a step's command and append what it needed to `records`. Returns its exit status."""
    started = time.monotonic()
    process = psutil.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident_bytes(process))
        time.sleep(SAMPLED_EVERY_S)
    record = {
        "step": command[command.index("-m") + 1].rpartition(".")[2],
        "seconds": round(time.monotonic() - started, 2),
        "peak_mb": round(peak / 2**20),
    }
    with records.open("a") as file:
        file.write(json.dumps(record) + "\n")
    return process.returncode


def _resident_bytes(process: psutil.Process) -> int:
    """Memory of the process and its children; pages that two of them share count twice."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def by_step(jobs: list[dict]) -> dict[str, dict[str, float]]:
    """Per step: how many jobs, their median and longest time in seconds, and the most memory of one in MB."""
    grouped = defaultdict(list)
    for job in jobs:
        grouped[job["step"]].append(job)
    return {
        step: {
            "jobs": len(same),
            "median_s": round(median(job["seconds"] for job in same), 2),
            "longest_s": max(job["seconds"] for job in same),
            "peak_mb": max(job["peak_mb"] for job in same),
        }
        for step, same in sorted(grouped.items())
    }


def table(steps: dict[str, dict[str, float]]) -> str:
    """The same as a Markdown table."""
    rows = [
        f"| {step} | {n['jobs']} | {n['median_s']} | {n['longest_s']} | {n['peak_mb']} |" for step, n in steps.items()
    ]
    return "\n".join(["| step | jobs | median, s | longest, s | memory, MB |", "|---|---|---|---|---|", *rows])


if __name__ == "__main__":
    if len(sys.argv) > 3 and not sys.argv[1].startswith("-"):
        sys.exit(watch(Path(sys.argv[1]), sys.argv[2:]))
    main()
