"""Runs by a plain Snakemake with `--sdm conda`, each rule in an environment that is made of its file in envs/ alone.

Writes benchmarks/results/environments.json. A stand-in plays conda (benchmarks/conda.py). The runs are chosen so that
every step runs that needs no video from the web; small ones, whose results say nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks import conda, origin
from benchmarks.interruptions import ROOT
from benchmarks.origin import say
from benchmarks.soak import kept_on_failure

RULES = ROOT / "workflow" / "rules"
LEFT_OUT = {"fetch"}
"""Steps that no run has: videos from the web."""

EMOTIONS = {"backend": "fer", "acknowledge": True}
SMALL = {"nulls": 1, "folds": 3, "groups": ["video"], "permutations": 19, "permutation_budget_s": 0.0}


@dataclass(frozen=True)
class Run:
    """One run.

    settings: its settings. videos: the text of its table of videos; None where the settings name one.
    options: of Snakemake.
    """

    name: str
    settings: Mapping[str, object]
    videos: str | None = None
    options: tuple[str, ...] = ()


def runs() -> Iterator[Run]:
    """The runs, each after those whose files it takes."""
    everything = {
        "videos": "workflow/demo/quick.tsv",
        "paper": {"name": "hsu-lee-2020"},
        "windows": {"stride_s": 1.0},
        "clusters": {"k": 4},
        "classify": {**SMALL, "classifiers": ["knn", "svm", "mlp", "minirocket", "trees"]},
        "pairing": {"previews": 2},
        "annotate": {"videos": ["hopper-jaw_open-1"], "height_px": 240},
        "export": {"formats": ["openface", "openpose", "elan", "events", "emotions", "psych_ds"]},
        "emotions": {**EMOTIONS, "detectors": ["mesh"]},
        "extraction": {"videos_per_job": 4},
    }
    yield Run("chain", everything)

    scores = {
        "study": "emotions",
        "paper": {"name": "cs640-2020"},
        "emotions": {**EMOTIONS, "detectors": ["haar", "mtcnn"]},
    }
    clips = (ROOT / "workflow" / "papers" / "cs640-2020" / "clips.tsv").read_text().splitlines()
    yield Run("scores", scores, "\n".join([clips[0], clips[1], clips[7], ""]))

    exports = "results/runs/chain/exports"
    header = "video\tsource\tperformer\tpose_backend\tpose_file\tface_backend\tface_file\trate_hz\n"
    given = "{0}\t\t{0}\topenpose\t" + exports + "/openpose/{0}.zip\topenface\t" + exports + "/openface/{0}.csv\t25\n"
    rows = [given.format(f"hopper-{act}-1") for act in ("brows_raised", "jaw_open")]
    yield Run("imported", {"features": {"set": "paper"}}, header + "".join(rows), ("--until", "windows"))

    row = f"a\t\ta\t\t\t\t{exports}/openface/hopper-jaw_open-1.csv\t25\n"
    faces = {"pose": {"backend": "none"}, "face": {"backend": "openface"}}
    yield Run("faces", faces, header + row, ("--until", "no_pose"))

    clip = "video\tsource\tperformer\nhopper-jaw_open-2\tbuiltin:hopper/jaw_open/2\thopper\n"
    yield Run("applied", {"apply": {"models": "results/runs/chain/models"}}, clip)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "environments.json", help="JSON")
    args = parser.parse_args()
    libraries = ("snakemake", "numpy", "polars", "pyarrow", "onnxruntime", "scikit-learn")
    about = origin.describe(
        "environments", sys.argv[1:], code=("workflow.plan", "workflow.up_to_date"), libraries=libraries
    )
    with kept_on_failure(args.folder) as folder:
        figures = all_runs(folder)
    args.out.write_text(json.dumps({**about, **figures}, indent=1) + "\n")
    say(f"wrote {args.out}")


def all_runs(folder: Path) -> dict[str, object]:
    """The figures of all runs. Raises RuntimeError where one does not end well, AssertionError where a step has not run
    that ought to have."""
    plain = conda.make([_pin_of_snakemake()], folder / "plain")
    (folder / "workflow").symlink_to(ROOT / "workflow")
    shutil.copy(ROOT / "config.yaml", folder)
    fetched = ROOT / "results" / "models" / "sources"
    if fetched.is_dir():
        shutil.copytree(fetched, folder / "results" / "models" / "sources")
    own = Path(sys.executable).parent
    others = [place for place in os.environ["PATH"].split(os.pathsep) if Path(place) != own]
    path = os.pathsep.join([str(conda.stand_in(folder / "conda")), *others])
    done: dict[str, object] = {}
    steps: Counter[str] = Counter()
    for run in runs():
        say(f"{run.name}, in {folder}")
        begun = time.monotonic()
        ran = _run(folder, plain, path, run)
        steps += ran
        done[run.name] = {"seconds": round(time.monotonic() - begun, 1), "jobs": ran.total()}
    expected = set(re.findall(r'step\(\s*"(\w+)"', "".join(rule.read_text() for rule in RULES.glob("*.smk"))))
    assert expected - set(steps) == LEFT_OUT, f"did not run: {sorted(expected - set(steps) - LEFT_OUT)}"
    return {
        "plain": _packages(plain),
        "environments": {_file(made): _packages(made / "bin" / "python") for made in _made(folder)},
        "runs": done,
        "jobs_by_step": dict(sorted(steps.items())),
        "left_out": sorted(LEFT_OUT),
    }


def _run(folder: Path, plain: Path, path: str, run: Run) -> Counter[str]:
    """Run the workflow; how many jobs of each step ran."""
    name = run.name
    settings = {"run": name, **({"videos": f"{name}.tsv"} if run.videos else {}), **run.settings}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings))
    if run.videos:
        (folder / f"{name}.tsv").write_text(run.videos)
    command: list[str | Path] = [
        plain,
        "-m",
        "snakemake",
        "--snakefile",
        ROOT / "Snakefile",
        "--cores",
        "2",
        "--sdm",
        "conda",
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    ended = subprocess.run(
        [*command, "--printshellcmds", "--configfile", f"{name}.yaml", *run.options],
        cwd=folder, env={**environment, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    (folder / f"{name}.log").write_text(said)
    if ended.returncode:
        raise RuntimeError(f"{name} ended with status {ended.returncode}:\n{said[-6000:]}")
    return Counter(re.findall(r"-m moodreel\.steps\.(\w+)", said))


def _pin_of_snakemake() -> str:
    (pin,) = re.findall(r"^snakemake==[\w.]+", (ROOT / "envs" / "cpu.lock.txt").read_text(), re.M)
    return pin


def _made(folder: Path) -> list[Path]:
    """The environments that Snakemake has had made."""
    return sorted(file.with_suffix("") for file in (folder / ".snakemake" / "conda").glob("*.yaml"))


def _file(made: Path) -> str:
    """The file in envs/ of which an environment was made."""
    text = made.with_suffix(".yaml").read_text()
    return next(file.name for file in (ROOT / "envs").glob("*.yaml") if file.read_text() == text)


def _packages(python: Path) -> dict[str, object]:
    """Python's version, and how many distributions are installed beside it."""
    code = "import importlib.metadata as m, platform; print(platform.python_version(), len([*m.distributions()]))"
    version, count = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return {"python": version, "packages": int(count)}


if __name__ == "__main__":
    main()
