"""Runs that are killed or run out of room, and what a plain run makes of it afterwards."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from benchmarks.soak import Interruptions, Place, compare, has_begun, tables

from moodreel.storage import run_token
from workflow import workplace
from workflow.workplace import ROOT

CUT = {"run": "cut", "videos": "videos.tsv", "windows": {"stride_s": 1.0}, "export": {"formats": []}}
TARGETS = tuple(f"results/runs/cut/{name}" for name in ("settings.yaml", "windows.parquet", "folds.parquet"))
"""What takes seconds: from the clips to the tables of the run. `make soak` takes the rest, which takes minutes."""

SETTINGS = "results/runs/cut/settings.yaml"
CLIP = "results/sources/builtin-0/hopper-jaw_open-1.mp4"


def place(folder: Path, models_folder: Path, *targets: str) -> Place:
    """A folder with four built-in clips as a user would have it."""
    folder.mkdir()
    rows = (ROOT / "workflow" / "demo" / "quick.tsv").read_text().splitlines()
    (folder / "videos.tsv").write_text("\n".join([rows[0], *rows[5:9]]) + "\n")
    (folder / "config.yaml").write_text(yaml.safe_dump({**CUT, "models": {"folder": str(models_folder)}}))
    (folder / "results").mkdir()
    return Place(folder, targets)


def test_a_run_killed_again_and_again_comes_to_the_same_tables(tmp_path, models_folder):
    undisturbed, killed = (place(tmp_path / name, models_folder, *TARGETS) for name in ("undisturbed", "killed"))
    took_s = undisturbed.finish()
    runs = Interruptions(killed, seed=0, longest_s=took_s / 2)
    for _ in runs.go(kills=5):
        assert len(tables(killed.folder / "results")) >= 20
        assert compare(killed.folder / "results", undisturbed.folder / "results") <= 1e-5
        assert not leftovers(killed.folder / "results")
    assert len(runs.kills) == 5
    assert {kill.target == "snakemake" for kill in runs.kills} == {True, False}


def leftovers(results: Path) -> list[Path]:
    """Temporary files of killed jobs next to what their successors have made."""
    return [path for path in results.rglob(".*.*") if path.suffix in (".parquet", ".tsv", ".mp4", ".jpg")]


@contextmanager
def at_work(place: Place) -> Iterator[subprocess.Popen]:
    """A run that has begun with its first job, and is stopped there while the block lasts."""
    run = place.start()
    try:
        while run.poll() is None and not has_begun(place, run):
            time.sleep(0.05)
        assert run.poll() is None, place.log.read_text()
        run.send_signal(signal.SIGSTOP)
        yield run
    finally:
        run.kill()
        run.wait()
        place.end_orphans()


def snakemake(place: Place, *arguments: str, status: int = 0) -> str:
    """The output of another Snakemake in the same folder, which has to end with `status`."""
    return workplace.snakemake(place.folder, *workplace.SNAKEFILE, "--cores", "1", *arguments, status=status)


def test_next_to_a_run_another_is_refused_and_only_looking_is_not(tmp_path, models_folder):
    clips = place(tmp_path / "clips", models_folder, "results/runs/cut/videos.tsv", CLIP)
    with at_work(clips) as run:
        record = (clips.folder / run_token.RECORD).read_text()
        text = snakemake(clips, CLIP, status=1)
        assert f"another run is at work in this folder: process {run.pid} on " in text
        assert json.loads(record)["since"] in text
        assert "Traceback" not in text
        for arguments in (["--dry-run"], ["--unlock"], ["--summary"]):
            snakemake(clips, *arguments)
        assert (clips.folder / run_token.RECORD).read_text() == record
    assert clips.finish() > 0  # the lock is gone with the process that held it
    assert json.loads((clips.folder / run_token.RECORD).read_text())["token"] != json.loads(record)["token"]
    record = (clips.folder / run_token.RECORD).read_text()
    assert clips.finish() > 0
    assert (clips.folder / run_token.RECORD).read_text() == record, "nothing was to be done"


def test_a_cluster_job_is_refused_once_another_run_has_begun(tmp_path, models_folder, monkeypatch):
    """As the Snakemake inside a job is called that waited in the queue while its own Snakemake was killed."""
    clips = place(tmp_path / "clips", models_folder, SETTINGS)
    job = ["--mode", "remote", "--no-hooks", "--nolock", "--ignore-incomplete", SETTINGS]
    clips.finish()
    record, made = (clips.folder / run_token.RECORD), (clips.folder / SETTINGS)
    monkeypatch.setenv(run_token.VARIABLE, "of a run before")
    text = snakemake(clips, "--force", *job, status=1)
    assert "another one has begun" in text and "Traceback" not in text
    assert made.exists(), "Snakemake removes a job's outputs before it begins"
    monkeypatch.setenv(run_token.VARIABLE, json.loads(record.read_text())["token"])
    begun, before = record.read_text(), made.stat().st_mtime_ns
    snakemake(clips, "--force", *job)
    assert made.stat().st_mtime_ns > before
    assert record.read_text() == begun, "it is no run of its own"


def test_a_cluster_job_that_ends_late_leaves_what_another_run_has_made(tmp_path, models_folder, monkeypatch):
    clips = place(tmp_path / "clips", models_folder, CLIP)
    clips.finish()
    record, made = clips.folder / run_token.RECORD, clips.folder / CLIP
    theirs = made.read_bytes()
    monkeypatch.setenv(run_token.VARIABLE, json.loads(record.read_text())["token"])
    with ThreadPoolExecutor() as pool:
        job = ("--force", "--mode", "remote", "--no-hooks", "--nolock", CLIP)
        late = pool.submit(snakemake, clips, *job, status=-signal.SIGKILL)
        while made.exists() and not late.done():  # Snakemake removes it as the job begins
            time.sleep(0.01)
        record.write_text(json.dumps({"token": "another"}))
        made.write_bytes(theirs + b"!")
        late.result()
    assert made.read_bytes() == theirs + b"!"
    assert "another one has begun" in (clips.folder / "results/logs/actor/hopper-jaw_open-1.log").read_text()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own on `folder`; the test is skipped where none may be mounted."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_reported_and_the_run_goes_on_once_there_is_room(tmp_path, models_folder):
    small = place(tmp_path / "small", models_folder, CLIP)
    clip = small.folder / CLIP
    clip.parent.mkdir(parents=True)
    with small_disk(clip.parent, "64k"):
        (clip.parent / "other").touch()  # Snakemake removes empty folders, and cannot remove this one
        text = snakemake(small, CLIP, status=1)
        assert f"moodreel: {CLIP}: could not be written, since the disk is full" in text
        assert f"are left on the file system of {clip.parent}" in text
        assert "Traceback" not in text
        assert [path.name for path in clip.parent.iterdir()] == ["other"]
        subprocess.run(["mount", "-o", "remount,size=8m", str(clip.parent)], check=True)
        snakemake(small, CLIP)
        assert clip.stat().st_size > 64_000


def test_where_the_log_has_no_room_either_the_screen_says_so(tmp_path, models_folder):
    small = place(tmp_path / "small", models_folder, CLIP)
    with small_disk(small.folder / "results", "72k"):
        (small.folder / "results" / "logs" / "actor").mkdir(parents=True)
        (small.folder / "results" / "full").write_bytes(b"x" * 64 * 1024)
        text = snakemake(small, CLIP, status=1)
        assert "could not be written, since the disk is full" in text
        assert "Traceback" not in text
        assert not (small.folder / CLIP).exists()
        (small.folder / "results" / "full").unlink()
        subprocess.run(["mount", "-o", "remount,size=8m", str(small.folder / "results")], check=True)
        snakemake(small, CLIP)
