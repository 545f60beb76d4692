"""A study of noise as a person would bring it: tables of OpenFace, the whole workflow, and what its page says first."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from benchmarks.noise.signals import COLUMNS, RATE_HZ, study

ROOT = Path(__file__).parents[2]
CODE = ("Snakefile", "config.yaml", "envs", "profiles", "workflow")
"""What of a checkout Snakemake reads."""

SETTINGS: Mapping[str, Any] = {
    "pose": {"backend": "none"},
    "face": {"backend": "openface"},
    "features": {"groups": ["action_units", "head_pose"]},
    "pairing": {"previews": 0},
}


def write(folder: Path, seed: int, kind: str, *, labels: int = 2, signal: float = 0.0, **settings: Any) -> Path:
    """A study of noise (`signals.study`) in `folder`: OpenFace's CSVs, the table of videos, the configuration, which is
    returned, and the code. `settings` replace sections of the configuration.
    """
    matrix, windows = study(seed, kind, labels=labels, signal=signal)
    folder.mkdir(parents=True, exist_ok=True)
    for name in CODE:
        there = folder / name
        if not there.exists():
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, there)
    rows = []
    label_of = dict(windows.select("video", "label").unique(maintain_order=True).rows())
    performer_of = dict(windows.select("video", "performer").unique(maintain_order=True).rows())
    for number, video in enumerate(matrix.videos):
        _openface(matrix.values[matrix.video == number]).write_csv(folder / f"{video}.csv")
        rows.append(
            {"video": video, "source": "", "performer": performer_of[video], "emotion": label_of[video]}
            | {"face_file": f"{video}.csv"}
        )
    pl.DataFrame(rows).write_csv(folder / "noise.tsv", separator="\t", quote_style="never")
    config = folder / "noise.yaml"
    config.write_text(yaml.safe_dump({"run": "noise", "videos": "noise.tsv", **SETTINGS, **settings}))
    return config


def _openface(values: np.ndarray) -> pl.DataFrame:
    """A video's features (rows, columns) as a table of OpenFace: intensities around 2.5, angles in radians."""
    columns = {
        "frame": np.arange(1, len(values) + 1),
        "face_id": 0,
        "timestamp": np.arange(len(values)) / RATE_HZ,
        "confidence": 0.98,
        "success": 1,
    }
    turns = {"pitch_deg": "pose_Rx", "yaw_deg": "pose_Ry", "roll_deg": "pose_Rz"}
    for name, column in zip(COLUMNS, values.T, strict=True):
        if name in turns:
            columns[turns[name]] = np.radians(5 * column)
        else:
            columns[name] = np.clip(2.5 + 0.5 * column, 0, 5)
    return pl.DataFrame(columns)


def run(folder: Path, config: Path, cores: int = 2) -> None:
    """Run the workflow there. Raises CalledProcessError, with what it said, where it ends with an error."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", str(cores), "--quiet", "--configfile", config.name],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr[-4000:])


def verdicts(folder: Path) -> list[tuple[str, str]]:
    """The verdicts at the top of the run's page, as (tone, sentence); only `good` means a success."""
    page = (folder / "results" / "runs" / "noise" / "report.html").read_text(encoding="utf-8")
    found = re.findall(r'<p class="verdict (\w+)">(.*?)</p>', page, re.DOTALL)
    return [(tone, re.sub(r"<[^>]+>", "", sentence).strip()) for tone, sentence in found]
