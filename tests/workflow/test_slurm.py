"""The workflow on a real Slurm by `--profile profiles/slurm`: cancelled, killed by memory, interrupted, killed, resumed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest
import yaml

import slurm_cluster
from slurm_cluster import Job, SlurmCluster, wait_for
from workflow.workplace import ROOT, Workplace, environment

CONFIG = {
    "run": "slurm",
    "videos": "videos.tsv",
    "windows": {"stride_s": 1.0},
    "clusters": {"k": 2, "resamples": 2, "nulls": 1},
    "classify": {"classifiers": ["knn"], "nulls": 1, "folds": 2, "groups": ["video"]},
    "pairing": {"previews": 1},
}

TOO_LITTLE_MB = 300
"""Less than Snakemake and the training step hold together, so that Slurm kills the job."""

OVERLAY = {
    "slurm-status-command": "squeue",  # there is no accounting
    "slurm-init-seconds-before-status-checks": 2,
    "latency-wait": 5,
    "set-resources": {"train": {"mem_mb": f"{TOO_LITTLE_MB} * 8 ** (attempt - 1)"}},
}
"""What a test machine has next to the profile."""

RUN_S = 1500
"""How long a run, or the wait for one of its jobs, may take on a busy machine."""

ENDED = {"COMPLETED", "CANCELLED", "FAILED", "OUT_OF_MEMORY"}


@dataclass(frozen=True)
class Place(Workplace):
    """A workplace whose runs go to Slurm."""

    runs: list[subprocess.Popen] = field(default_factory=list)

    def start(self, *arguments: str, **changes: object) -> subprocess.Popen[bytes]:
        """Start a run as a user does; its output goes to `run.log`."""
        (self.folder / "my.yaml").write_text(yaml.safe_dump({**self.config, **changes}))
        (self.folder / "overlay.yaml").write_text(yaml.safe_dump(OVERLAY))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--configfile", "my.yaml"]
        profiles = ["--profile", str(ROOT / "profiles" / "slurm"), "--profile", "overlay.yaml"]
        with self.log.open("ab") as log:
            run = subprocess.Popen(
                [*command, *profiles, *arguments],
                cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.runs.append(run)
        return run

    def end(self) -> None:
        """Kill what has not ended, so that it submits no more jobs."""
        for run in self.runs:
            run.kill()
            run.wait()

    @property
    def log(self) -> Path:
        return self.folder / "run.log"


@dataclass(frozen=True)
class History:
    """What happened to a run that was interrupted while it extracted, resumed, killed at the action units, resumed again."""

    place: Place
    interrupted: list[Job]
    """Slurm's jobs after the interrupt,"""
    cancelled: int
    """the extraction that somebody cancelled in the second run,"""
    left: Job
    """the job that was left running when that run's Snakemake was killed,"""
    status: int
    """how the third run ended,"""
    jobs: list[Job]
    """and all jobs then."""

    def of(self, group: str) -> list[Job]:
        return [job for job in self.jobs if job.rule.partition("_")[0] == group]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SlurmCluster]:
    if reason := slurm_cluster.absent():
        pytest.skip(f"not tested on Slurm: {reason}")
    with slurm_cluster.started(cores=8) as running:
        yield running


@pytest.fixture(scope="module")
def place(cluster: SlurmCluster, models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A folder with four clips, before anything has run."""
    place = Place(tmp_path_factory.mktemp("slurm"), {**CONFIG, "models": {"folder": str(models_folder)}})
    table = (ROOT / "workflow" / "demo" / "quick.tsv").read_text().splitlines(keepends=True)
    (place.folder / "videos.tsv").write_text("".join(table[:5]))
    yield place
    place.end()


@pytest.fixture(scope="module")
def history(cluster: SlurmCluster, place: Place) -> History:
    first = place.start()
    running(cluster, "extract", first, place)
    first.send_signal(signal.SIGINT)
    assert first.wait(RUN_S) != 0
    wait_for(lambda: {job.state for job in cluster.jobs()} <= ENDED, "the interrupted run's jobs")
    interrupted = cluster.jobs()

    second = place.start()
    cancelled = running(cluster, "extract", second, place)
    cluster.cancel(cancelled.number)
    left = running(cluster, "face", second, place)
    wait_for(lambda: any("moodreel.steps.face" in p.info["cmdline"] for p in alive(left)), "its steps", RUN_S)
    stopped = suspended(left)  # until the next run has made the same files
    second.kill()
    second.wait()
    left = next(job for job in cluster.jobs() if job.number == left.number)

    status = place.start().wait(RUN_S)
    for process in stopped:
        process.resume()
    wait_for(lambda: {job.state for job in cluster.jobs()} <= ENDED, "all jobs", RUN_S)
    return History(place, interrupted, cancelled.number, left, status, cluster.jobs())


def alive(job: Job) -> list[psutil.Process]:
    """The processes of a job that run Python: its Snakemake and the steps, the oldest first."""
    found = psutil.process_iter(["cmdline", "create_time", "environ", "exe"])
    own = [p for p in found if (p.info["environ"] or {}).get("SLURM_JOB_ID") == str(job.number)]
    return sorted((p for p in own if "python" in p.info["exe"]), key=lambda p: p.info["create_time"])


def suspended(job: Job) -> list[psutil.Process]:
    """All of them, stopped where they are: the Snakemake first, so that nobody is there to start another or to end."""
    stopped: list[psutil.Process] = []
    while new := [process for process in alive(job) if process not in stopped]:
        for process in new:
            process.suspend()
        stopped += new
    return stopped


def running(cluster: SlurmCluster, group: str, run: subprocess.Popen, place: Place) -> Job:
    """The job of this group that runs, as soon as there is one."""

    def found() -> list[Job]:
        assert run.poll() is None, place.log.read_text()[-6000:]
        return [job for job in cluster.jobs() if job.rule.startswith(group) and job.state == "RUNNING"]

    wait_for(found, f"{group} on Slurm", RUN_S)
    return found()[0]


def test_the_chain_ends_and_is_fresh_without_slurm_too(history):
    assert history.status == 0, history.place.log.read_text()[-8000:]
    assert (history.place.run / "report.html").is_file()
    assert history.place.would_run() == set()


def test_an_interrupted_run_cancels_its_jobs_and_goes_on_where_it_stopped(history):
    assert [(job.rule, job.state) for job in history.interrupted if job.rule.startswith("extract")] == [
        ("extract_extract", "CANCELLED")
    ]
    assert [job.state for job in history.of("render")] == ["COMPLETED"], "the clips were rendered once"


def test_a_cancelled_job_is_tried_again_with_more_memory_and_time(history):
    before, again = [job for job in history.of("extract") if job.number >= history.cancelled]
    assert (before.state, again.state) == ("CANCELLED", "COMPLETED")
    assert again.mem_mb == 2 * before.mem_mb
    assert again.runtime_min == 2 * before.runtime_min


def test_a_job_killed_for_its_memory_is_tried_again_with_more(history):
    before, again = history.of("train")
    assert before.state in ("FAILED", "OUT_OF_MEMORY")
    assert (before.mem_mb, again.mem_mb, again.state) == (TOO_LITTLE_MB, 8 * TOO_LITTLE_MB, "COMPLETED")


def test_after_kill_9_a_plain_run_goes_on_and_the_job_that_was_left_harms_nothing(history):
    """That its files are still there, the first test sees."""
    assert history.left.state == "RUNNING"
    left, again = history.of("face")
    assert again.state == "COMPLETED"
    assert left.state == "FAILED", "it went on after the new run had ended, and found that nobody waits for it"
    assert max(job.number for job in history.of("extract")) < history.left.number, "extraction was not repeated"


def test_videos_share_submissions_which_ask_for_memory_and_time_and_no_gpu(history):
    names = {job.rule for job in history.jobs}
    assert {"render_actor", "extract_extract", "soundtrack_soundtrack", "neutral_neutral", "face_face"} <= names
    assert len(names) <= 12, "for 4 videos as for 40"
    assert all(job.mem_mb and job.runtime_min for job in history.jobs)
    assert {job.gpus for job in history.jobs} == {0}


def test_extraction_on_a_gpu_asks_for_one_and_for_one_alone(cluster, history):
    """Four videos share a submission, and its GPU. Here there is none: the job fails and says so."""
    seen = len(history.jobs)
    place = replace(history.place, config={**history.place.config, "pose": {"min_visibility": 0.4}})
    run = place.start("--retries", "0", "--until", "extract", extraction={"device": "cuda"})
    assert run.wait(RUN_S) != 0
    (job,) = cluster.jobs()[seen:]
    assert (job.rule, job.gpus) == ("extract_extract", 1)
    assert "device: cuda is requested" in place.log.read_text()
