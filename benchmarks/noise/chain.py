"""A study of noise as a user would supply it: OpenFace tables, the whole workflow, and the verdicts on its page."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from benchmarks.noise.signals import COLUMNS, RATE_HZ, study
from benchmarks.soak import demo

SETTINGS: Mapping[str, Any] = {
    "run": "noise",
    "videos": "noise.tsv",
    "pose": {"backend": "none"},
    "face": {"backend": "openface"},
    "features": {"groups": ["action_units", "head_pose"]},
    "pairing": {"previews": 0},
}


def verdicts(folder: Path, seed: int, kind: str) -> list[tuple[str, str]]:
    """The verdicts at the top of the page of a study of noise (`signals.study`), as (tone, sentence); only `good` means
    a success. The workflow runs in `folder`. Raises RuntimeError when it fails."""
    place = demo(folder)
    write(folder, seed, kind)
    place.check(place.start("--cores", "2", "--configfile", "noise.yaml").wait())
    page = (folder / "results" / "runs" / "noise" / "report.html").read_text(encoding="utf-8")
    found = re.findall(r'<p class="verdict (\w+)">(.*?)</p>', page, re.DOTALL)
    return [(tone, re.sub(r"<[^>]+>", "", sentence).strip()) for tone, sentence in found]


def write(folder: Path, seed: int, kind: str) -> None:
    """Put a study of noise into `folder`: OpenFace's CSVs, the table of videos and the configuration."""
    matrix, windows = study(seed, kind)
    videos = windows.unique("video", maintain_order=True).select("video", "performer", emotion="label")
    for number, video in enumerate(matrix.videos):
        _openface(matrix.values[matrix.video == number]).write_csv(folder / f"{video}.csv")
    files = videos.with_columns(source=pl.lit(""), face_file=pl.col("video") + ".csv")
    files.write_csv(folder / "noise.tsv", separator="\t", quote_style="never")
    (folder / "noise.yaml").write_text(yaml.safe_dump(dict(SETTINGS)))


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
