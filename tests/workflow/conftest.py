"""One run of the real workflow on eight built-in clips and three files that cannot be used, for all workflow tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
import yaml

ROOT = Path(__file__).parents[2]
QUICK = {
    "run": "quick",
    "videos": "videos.tsv",
    "windows": {"stride_s": 1.0},
    "clusters": {"k": 4, "names": {1: "<b>first</b>"}},
    "classify": {"nulls": 1, "folds": 3, "groups": ["video"]},
    "pairing": {"previews": 2},
}


@dataclass(frozen=True)
class Workplace:
    """A folder in which Snakemake runs, with its configuration."""

    folder: Path
    config: dict

    def snakemake(self, *arguments: str, **changes: object) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here; `changes` replace sections of the configuration."""
        (self.folder / "my.yaml").write_text(yaml.safe_dump({**self.config, **changes}))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))}
        return subprocess.run(
            [*command, "--configfile", "my.yaml", *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip

    def would_run(self, **changes: object) -> set[str]:
        """The rules of which Snakemake would run a job now."""
        done = self.snakemake("--dry-run", "--quiet", "none", **changes)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = (done.stdout + done.stderr).splitlines()
        return {line.split()[1].rstrip(":") for line in lines if line.startswith(("rule ", "localrule "))} - {"all"}

    @property
    def run(self) -> Path:
        return self.folder / "results" / "runs" / self.config["run"]


def write_clip(path: Path, pictures: np.ndarray, rate_hz: int = 25) -> None:
    """A small H.264 file of `pictures` (frames, height, width, 3) uint8."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.height, stream.width = pictures.shape[1:3]
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory, models_folder: Path) -> Workplace:
    """A folder as a user would have it, before anything has run."""
    folder = tmp_path_factory.mktemp("workplace")
    shutil.copy(ROOT / "config.yaml", folder)
    quick = (ROOT / "workflow" / "demo" / "quick.tsv").read_text()
    noise = np.random.default_rng(0).integers(0, 255, (30, 96, 128, 3), np.uint8)
    (folder / "my videos").mkdir()
    write_clip(folder / "my videos" / "nobody {here}.mp4", noise)
    (folder / "cut.mp4").write_bytes((folder / "my videos" / "nobody {here}.mp4").read_bytes()[:200])
    (folder / "text.mp4").write_text("not a video")
    rows = ["nobody\tmy videos/nobody {here}.mp4", "cut\tcut.mp4", "text\ttext.mp4"]
    (folder / "videos.tsv").write_text(quick + "".join(f"{row}\t\t\t\t\n" for row in rows))
    return Workplace(folder, {**QUICK, "models": {"folder": str(models_folder)}})


@pytest.fixture(scope="session")
def chain(workplace: Workplace) -> Workplace:
    """The same after a whole run."""
    done = workplace.snakemake()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
    return workplace
