"""One run of the real workflow on eight built-in clips and three files that cannot be used, for all workflow tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from clips import write_clip
from workflow.workplace import ROOT, Workplace

QUICK = {
    "run": "quick",
    "videos": "videos.tsv",
    "windows": {"stride_s": 1.0},
    "clusters": {"k": 4, "names": {1: "<b>first</b>"}},
    "classify": {"nulls": 1, "folds": 3, "groups": ["video"]},
    "pairing": {"previews": 2},
    "export": {"formats": ["openface", "openpose", "elan", "events", "psych_ds"]},
}


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory, models_folder: Path) -> Workplace:
    """A folder as a user would have it, before anything has run."""
    folder = tmp_path_factory.mktemp("workplace")
    shutil.copy(ROOT / "config.yaml", folder)
    quick = (ROOT / "workflow" / "demo" / "quick.tsv").read_text()
    noise = np.random.default_rng(0).integers(0, 255, (30, 96, 128, 3), np.uint8)
    (folder / "my videos").mkdir()
    write_clip(folder / "my videos" / "nobody's & here.mp4", noise)
    (folder / "cut.mp4").write_bytes((folder / "my videos" / "nobody's & here.mp4").read_bytes()[:200])
    (folder / "text.mp4").write_text("not a video")
    rows = ["nobody\tmy videos/nobody's & here.mp4", "cut\tcut.mp4", "text\ttext.mp4"]
    (folder / "videos.tsv").write_text(quick + "".join(f"{row}\t\t\t\t\n" for row in rows))
    return Workplace(folder, {**QUICK, "models": {"folder": str(models_folder)}})


@pytest.fixture(scope="session")
def chain(workplace: Workplace) -> Workplace:
    """The same after a whole run."""
    done = workplace.snakemake()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
    return workplace
