"""Snakemake with commands that only touch their outputs and logs: `graph_job.py USAGE.json <Snakemake's arguments>`.

Everything else is unchanged: the rules, their parameters, a shell for each command. Time and memory go to USAGE.json.
"""

import atexit
import importlib
import json
import resource
import shlex
import sys
import time
from pathlib import Path, PurePath
from typing import Any

STARTED = time.perf_counter()

from snakemake import cli, dag, utils  # noqa: E402  the clock counts these imports
from snakemake.common import RULEFUNC_CONTEXT_MARKER  # noqa: E402

JOBS: dict[str, int] = {}
"""By rule, the number of jobs to run."""


def format_or_touch(text: str, *args: Any, stepout: int = 1, **kwargs: Any) -> str:
    """Format `text` as Snakemake does; for a rule's command, return one that touches its outputs instead."""
    filled = utils.format(text, *args, stepout=stepout + 1, **kwargs)
    caller = sys._getframe(stepout).f_locals
    return touch([*caller["output"]], [*caller["log"]]) if caller.get(RULEFUNC_CONTEXT_MARKER) else filled


def touch(outputs: list[str], logs: list[str]) -> str:
    """The command that makes them; outputs without a suffix are folders, all but the copy of the Snakefile."""
    folders = [path for path in outputs if not PurePath(path).suffix and PurePath(path).name != "Snakefile"]
    plain = [path for path in outputs if path not in folders] + logs
    commands = (["mkdir", "-p", "--", *folders], ["touch", "--", *plain])
    return "; ".join(shlex.join(words) for words in commands if len(words) > words.index("--") + 1)


def count_once(stats: Any) -> Any:
    """`DAG.stats` that also stores its counts in `JOBS`."""

    def stats_kept(graph: dag.DAG) -> tuple[str, dict[str, int]]:
        message, counts = stats(graph)
        JOBS.update((rule, count) for rule, count in counts.items() if rule not in ("all", "total"))
        return message, counts

    return stats_kept


def tell(path: Path) -> None:
    """Write the usage of this process and its commands: time from start to end, processor time of this process and of
    its commands, peak memory of this process, and the number of jobs to run by rule."""
    own, commands = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    usage = {
        "wall_s": time.perf_counter() - STARTED,
        "cpu_s": own.ru_utime + own.ru_stime,
        "commands_cpu_s": commands.ru_utime + commands.ru_stime,
        "peak_mb": own.ru_maxrss / 1024,
        "jobs": JOBS,
    }
    path.write_text(json.dumps(usage), encoding="utf-8")


def main() -> None:
    importlib.import_module("snakemake.shell")
    vars(sys.modules["snakemake.shell"])["format"] = format_or_touch  # `snakemake.shell` itself is a class
    dag.DAG.stats = count_once(dag.DAG.stats)
    atexit.register(tell, Path(sys.argv[1]))
    sys.argv = ["snakemake", *sys.argv[2:]]
    cli.main(sys.argv[1:])


if __name__ == "__main__":
    main()
