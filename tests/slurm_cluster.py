"""A Slurm of the tests' own: one controller and one node on the loopback, in a folder that goes away with it."""

import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

CONFIGURED = Path("/etc/slurm/slurm.conf")
"""Where Slurm's commands look for their configuration. Inside a job no variable can tell them another place."""

PREFIX = "moodreel-slurm-"
"""How the private folders begin, by which a link left by a killed test is known."""

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")

ASKED = "JobID:|,Comment:|,State:|,MinMemory:|,TimeLimit:|,tres-per-job:|"
"""What is asked of squeue about a job: number, comment, state, memory, time limit, GPUs."""

READY_S = 30
"""How long the daemons may take to start or to end."""

NODE_MB = 64_000
"""What the node claims to have: more than most machines, since no test uses what the rules ask for."""


def absent() -> str | None:
    """Why no Slurm can be started here, None where one can."""
    if missing := [program for program in PROGRAMS if shutil.which(program, path=_path()) is None]:
        return f"no {missing[0]}: on Debian and Ubuntu, apt-get install slurm-wlm munge"
    if find_spec("snakemake_executor_plugin_slurm") is None:
        return "snakemake-executor-plugin-slurm is not installed"
    if os.geteuid():
        return "a Slurm of the tests' own is started by root alone"
    if os.path.lexists(CONFIGURED) and not _left_behind():
        return f"this machine has a Slurm of its own ({CONFIGURED}), which is left alone"
    return None


@dataclass(frozen=True)
class Job:
    """What Slurm remembers of a job: `rule`, its state (`RUNNING`, `COMPLETED`, ...), memory in MB, its limit
    in minutes, GPUs."""

    number: int
    rule: str
    state: str
    mem_mb: int
    runtime_min: int | None
    gpus: int


class SlurmCluster:
    """A Slurm that runs. Made by `started`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def jobs(self) -> list[Job]:
        """All jobs since its start, in order of submission."""
        listed = _ask("squeue", "--states=all", "--noheader", f"--Format={ASKED}")
        return sorted((_job(line) for line in listed.splitlines()), key=lambda job: job.number)

    def cancel(self, number: int) -> None:
        _ask("scancel", str(number))

    def cancel_all(self) -> None:
        """Cancel every job, also those that somebody still submits, and wait until none of their processes is left."""

        def none_left() -> bool:
            _ask("scancel", "--user=root")
            return not _ask("squeue", "--noheader")

        wait_for(none_left, "the jobs' end")


def wait_for(condition: Callable[[], object], what: str, seconds: float = READY_S) -> None:
    """Return as soon as `condition` holds. Raises TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: waited {seconds} s in vain")
        time.sleep(0.1)


@contextmanager
def started(cores: int) -> Iterator[SlurmCluster]:
    """A Slurm with one node that claims to have so many cores, and two GPUs; every job and daemon has ended afterwards.

    There is one at a time on a machine: a second caller waits. Raises TimeoutError where the daemons do not get ready.
    """
    with ExitStack() as at_end:
        at_end.enter_context(_alone())
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        at_end.callback(shutil.rmtree, folder, ignore_errors=True)
        _write_configuration(folder, cores)
        CONFIGURED.parent.mkdir(exist_ok=True)
        if _left_behind():
            CONFIGURED.unlink()
        CONFIGURED.symlink_to(folder / "slurm.conf")
        at_end.callback(CONFIGURED.unlink, missing_ok=True)
        munge = ("--key-file", "--seed-file", "--pid-file", "--log-file", "--socket")
        files = (f"{option}={folder / option.removeprefix('--').replace('-file', '')}" for option in munge)
        at_end.enter_context(_daemon("munged", "--foreground", "--force", *files))
        wait_for((folder / "socket").exists, "munged")
        configuration = ("-f", str(folder / "slurm.conf"))
        at_end.enter_context(_daemon("slurmctld", "-D", "-c", *configuration))
        at_end.enter_context(_daemon("slurmd", "-D", *configuration))
        wait_for(lambda: "idle" in _ask("sinfo", "--noheader", "--format=%t", check=False), "the node")
        cluster = SlurmCluster(folder)
        at_end.callback(cluster.cancel_all)
        yield cluster


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the machine-wide lock."""
    with open(Path(tempfile.gettempdir(), f"{PREFIX}lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _left_behind() -> bool:
    """Whether the configuration is that of a test, perhaps of a killed one."""
    return CONFIGURED.is_symlink() and CONFIGURED.readlink().parent.name.startswith(PREFIX)


def _write_configuration(folder: Path, cores: int) -> None:
    host = socket.gethostname().split(".")[0]
    settings = {
        "ClusterName": "private",
        "SlurmctldHost": f"{host}(127.0.0.1)",
        "SlurmctldPort": _free_port(),
        "SlurmdPort": _free_port(),
        "CommunicationParameters": "NoInAddrAny,NoCtldInAddrAny",  # else it listens on every address
        "AuthInfo": f"socket={folder / 'socket'}",
        "SlurmUser": "root",
        "SlurmdUser": "root",
        "StateSaveLocation": folder / "state",
        "SlurmdSpoolDir": folder / "spool",
        "SlurmctldPidFile": folder / "slurmctld.pid",
        "SlurmdPidFile": folder / "slurmd.pid",
        "SlurmctldLogFile": folder / "slurmctld.log",
        "SlurmdLogFile": folder / "slurmd.log",
        "ProctrackType": "proctrack/linuxproc",  # no control groups
        "TaskPlugin": "task/none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_Core_Memory",
        "AccountingStorageType": "accounting_storage/none",
        "JobAcctGatherType": "jobacct_gather/linux",
        "JobAcctGatherFrequency": "task=1",
        "JobAcctGatherParams": "OverMemoryKill",
        "MinJobAge": 3600,  # finished jobs are remembered so long, in seconds
        "EnforcePartLimits": "ALL",  # a job that can never fit is refused
        "SlurmdParameters": "config_overrides",  # more cores than there are
        "ReturnToService": 2,
        "KillWait": 2,
        "MpiDefault": "none",
        "SchedulerParameters": "batch_sched_delay=0,sched_interval=1",  # at once, where there is room
        "GresTypes": "gpu",
        "NodeName": f"{host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={NODE_MB} Gres=gpu:2 State=UNKNOWN",
        "PartitionName": f"all Nodes={host} Default=YES MaxTime=INFINITE State=UP",
    }
    (folder / "slurm.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    gpus = (f"NodeName={host} Name=gpu File={file}\n" for file in ("/dev/null", "/dev/zero"))
    (folder / "gres.conf").write_text("".join(gpus))
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    key = folder / "key"
    key.touch(mode=0o400)
    key.write_bytes(secrets.token_bytes(1024))


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def _path() -> str:
    """PATH with the folders of daemons."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))


@contextmanager
def _daemon(name: str, *arguments: str) -> Iterator[None]:
    """The daemon as a child that dies with this process, however that ends."""
    libc = ctypes.CDLL(None)
    die_with_parent = 1  # PR_SET_PDEATHSIG
    daemon = subprocess.Popen(
        [str(shutil.which(name, path=_path())), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: libc.prctl(die_with_parent, signal.SIGKILL),
    )
    try:
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(READY_S)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _ask(*command: str, check: bool = True) -> str:
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=60).stdout.strip()


def _job(line: str) -> Job:
    """A job from a line of squeue in the format `ASKED`."""
    number, comment, state, memory, limit, gpus, _ = line.split("|")
    return Job(
        number=int(number),
        rule=comment.partition("_wildcards_")[0].removeprefix("rule_"),
        state=state,
        mem_mb=round(float(memory.rstrip("MG")) * (1024 if memory.endswith("G") else 1)),
        runtime_min=_minutes(limit),
        gpus=int(gpus.rpartition(":")[2]) if "gpu" in gpus else 0,
    )


def _minutes(limit: str) -> int | None:
    """Minutes of `[days-][hours:]minutes:seconds`, None where there is no limit."""
    if ":" not in limit:
        return None
    days, _, clock = limit.rpartition("-")
    minutes, hours = (*map(int, reversed(clock.split(":")[:-1])), 0)[:2]
    return (int(days or 0) * 24 + hours) * 60 + minutes
