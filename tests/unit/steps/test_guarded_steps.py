"""Steps as programs, where what they read ends them: the tables are empty, with the reason."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clips import write_clip
from moodreel.storage import fingerprint
from moodreel.tables import base
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.music import SOUNDTRACK

CRASHING = """
import os, signal, sys
from moodreel.video import container

def crash(stream, path, *more):
    if {when}:
        os.kill(os.getpid(), signal.SIGSEGV)
    return decode(stream, path, *more)

decode, container.decode = container.decode, crash
from moodreel.steps import {step}
{step}.main.run_as_program()
"""
"""A program that runs a step whose decoder crashes."""


def run(program: list[str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *program, *map(str, arguments)]
    environment = {"PYTHONPATH": str(fingerprint.ROOT.parent)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def crashing(step: str, when: str) -> list[str]:
    return ["-c", CRASHING.format(step=step, when=when)]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    write_clip(tmp_path / "clip.mp4", np.full((20, 48, 64, 3), 90, np.uint8), rate_hz=10)
    return tmp_path / "clip.mp4"


def test_a_video_that_crashes_the_decoder_has_an_empty_table_with_the_reason(clip, tmp_path):
    out = tmp_path / "sound.parquet"
    done = run(crashing("soundtrack", "'clip' in str(path)"), "--video", clip, "--out", out)
    assert done.returncode == 0, done.stderr
    assert base.read(out, SOUNDTRACK).is_empty()
    stamp = base.read_stamp(out)
    assert stamp["reason"] == "crashed" and "SIGSEGV" in stamp["detail"]


def test_the_machine_is_at_fault_where_a_good_clip_crashes_the_decoder_too(clip, tmp_path):
    out = tmp_path / "sound.parquet"
    done = run(crashing("soundtrack", "True"), "--video", clip, "--out", out)
    assert done.returncode == 1 and not out.exists()
    assert "this machine" in done.stderr


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"memory_mb": 500}, "memory"), ({"timeout_s": 0.1}, "timeout"), ({"max_pixels": 1024}, "too_large")],
)
def test_a_video_beyond_a_limit_has_empty_tables_with_the_reason(tmp_path, models_folder, limits, reason):
    """A video whose pictures take 0.3 GB each as RGB."""
    write_clip(tmp_path / "large.mp4", np.zeros((2, 8000, 8000, 3), np.uint8))
    outs = {"pose": tmp_path / "pose.parquet", "mesh": tmp_path / "mesh.parquet"}
    done = run(
        ["-m", "moodreel.steps.extract"],
        *("--video", tmp_path / "large.mp4", "--models", models_folder, "--settings", json.dumps({"limits": limits})),
        *("--pose-out", outs["pose"], "--mesh-out", outs["mesh"]),
    )
    assert done.returncode == 0, done.stderr
    tables: list[pl.DataFrame] = [base.read(outs["pose"], POSE), base.read(outs["mesh"], MESH)]
    assert all(table.is_empty() for table in tables)
    assert {base.read_stamp(path)["reason"] for path in outs.values()} == {reason}
