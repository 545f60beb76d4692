"""One run of the real workflow on eight built-in clips and three files that cannot be used, for all workflow tests."""

import fcntl
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clips import write_clip
from workflow.workplace import ROOT, Workplace, clone

QUICK = {
    "run": "quick",
    "videos": "videos.tsv",
    "windows": {"stride_s": 1.0},
    "clusters": {"k": 4, "names": {1: "<b>first</b>"}},
    "classify": {"nulls": 1, "folds": 3, "groups": ["video"], "permutations": 19, "permutation_budget_s": 0.0},
    "pairing": {"previews": 2},
    "annotate": {"videos": ["hopper-jaw_open-1", "text"], "height_px": 240},
    "export": {"formats": ["frames", "openface", "openpose", "elan", "events", "psych_ds"]},
}


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory, models_folder: Path) -> Workplace:
    """A folder as a user would have it, before anything has run."""
    folder = tmp_path_factory.mktemp("workplace")
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
def chain(workplace: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """The same after a whole run, for tests that leave it as it is.

    The first of the processes that run tests makes it for all; the others have a copy.
    """
    own = tmp_path_factory.getbasetemp()
    made = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "a whole run"
    with open(f"{made}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            (workplace.folder / "said.txt").write_text(workplace.snakemake())
            shutil.copytree(workplace.folder, made)
            return workplace
    return replace(workplace, folder=made).copied(tmp_path_factory.mktemp("chain") / "workplace")


@pytest.fixture(scope="session")
def applied(chain: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A copy of that after another run, by which its models were applied to one more clip and a file that cannot be read."""
    place = chain.copied(tmp_path_factory.mktemp("applied") / "workplace")
    (place.folder / "new.tsv").write_text(
        "video\tsource\tperformer\nhopper-jaw_open-2\tbuiltin:hopper/jaw_open/2\tsomebody\ntext\ttext.mp4\t\n"
    )
    films = {"annotate": {"videos": ["hopper-jaw_open-2"], "layers": ["box"], "height_px": 240}}
    own = {"run": "new", "videos": "new.tsv", "export": {"formats": []}, **films}
    place = replace(place, config={**place.config, **own, "apply": {"models": "results/runs/quick/models"}})
    place.snakemake()
    return place


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A clone of the checkout with a run of six videos, one of each kind, that Snakemake takes for finished: its files
    hold nothing, since planning looks at names, times and what it wrote down about them.

    The films are larger than what Snakemake compares by content.
    """
    folder = clone(tmp_path_factory.mktemp("finished") / "clone")
    (folder / "films").mkdir()
    for name in ("anna-1.mp4", "anna-2.mp4", "ben.mp4", "given.json", "given.csv"):
        (folder / "films" / name).write_bytes(name.encode() * 200_000)
    header = "video source performer emotion start_s end_s pose_backend pose_file face_backend face_file rate_hz"
    films = {"anna-1": "anna", "anna-2": "anna", "ben": "ben"}
    rows = [f"{video}\tfilms/{video}.mp4\t{performer}" for video, performer in films.items()]
    rows += ["smile\tbuiltin:hopper/smile/1\thopper", "remote\tdQw4w9WgXcQ\tcleo"]
    lines = ["\t".join(header.split()), *(row + "\t" * 8 for row in rows)]
    lines.append("given\t\tdora\t\t\t\topenpose\tfilms/given.json\topenface\tfilms/given.csv\t25")
    (folder / "videos.tsv").write_text("\n".join([*lines, ""]))
    config = {key: QUICK[key] for key in ("videos", "export")} | {"run": "first", "classify": {"groups": ["video"]}}
    config["source"] = {"youtube": {"accept_terms": True}}
    place = Workplace(folder, config, checkout=folder)
    place.pretend()
    return place


@pytest.fixture
def place(finished: Workplace, tmp_path: Path) -> Workplace:
    """A copy of that to change."""
    return finished.copied(tmp_path / "clone")
