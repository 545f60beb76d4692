"""Every start of Snakemake gets by with the packages that Snakemake brings: with conda, nothing else lies next to it."""

import ast
import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from environments import conda, importable, imports, needed_by, plain
from moodreel.storage import fingerprint
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.workflow.plan import Plan

ROOT = Path(__file__).parents[2]
READ = (ROOT / "Snakefile", *sorted((ROOT / "workflow" / "rules").glob("*.smk")))
"""What Snakemake reads of the workflow."""
SPARED = {
    "moodreel.workflow.bars",  # planning does without it (tests/unit/workflow/test_terminal.py)
    "moodreel.tables.schema",  # what makes tables of a description is not called, as the runs below show
}
"""Modules that may name further packages, none of which planning needs."""
HEADER = "video\tsource\tperformer\temotion\tstart_s\tend_s\n"
CLIPS = "".join(f"{who}-{n}\tbuiltin:{who}/smile/{n}\t{who}\t\t\t\n" for who in ("hopper", "astronaut") for n in (1, 2))

ALL_AT_ONCE = """
import contextlib, json, os, sys, traceback
from snakemake.cli import main

for folder, arguments in json.loads(sys.argv[1]):
    if not os.fork():
        os.chdir(folder)
        sys.argv = ["snakemake", *arguments]  # at which the workflow looks
        with open("said.txt", "w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        try:
            main(arguments)
        except SystemExit as end:
            status = end.code or 0
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)
    _, ended = os.wait()
    print(os.waitstatus_to_exitcode(ended), flush=True)
"""
"""Snakemake with these arguments in each of these folders, in forks: its own start is paid once."""


def test_snakemake_brings_what_the_settings_are_made_of_and_nothing_that_computes():
    assert {"pydantic", "pyyaml"} <= needed_by("snakemake")
    assert not {"numpy", "polars", "pyarrow", "scikit-learn", "onnxruntime", "av"} & needed_by("snakemake")


def _imported(tree: ast.AST) -> Iterator[str]:
    """The modules that the code imports anywhere, and the names taken from each."""
    for node in imports(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        before = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        yield from (f"{before}{alias.name}" for alias in node.names)


def _modules_of_planning() -> dict[str, list[str]]:
    """What Snakemake's rules import of the package, directly or not: for each module what it imports of others."""
    lines = [line.strip() for path in READ for line in path.read_text(encoding="utf-8").splitlines()]
    text = "\n".join(line for line in lines if re.match(r"(from|import) [\w.]+", line))
    waiting = [name for name in _imported(ast.parse(text)) if name.startswith("moodreel")]
    others: dict[str, list[str]] = {}
    while waiting:
        module = waiting.pop()
        if module in others or fingerprint._path(module) is None:  # a function or a class
            continue
        found = list(_imported(fingerprint._tree(module)))
        holding = [module.rpartition(".")[0]] if "." in module else []
        waiting += [*holding, *(name for name in found if name.startswith("moodreel"))]
        others[module] = [name for name in found if not name.startswith("moodreel")]
    return others


def test_what_planning_imports_even_late_is_brought_by_snakemake():
    modules = _modules_of_planning()
    found = ("plan.videos", "up_to_date", "run_lock", "plan.shards", "preflight.files")
    assert {f"moodreel.workflow.{name}" for name in found} <= modules.keys()
    there = importable("snakemake") | sys.stdlib_module_names
    lacking = {module for module, others in modules.items() if not {name.split(".")[0] for name in others} <= there}
    assert lacking == SPARED


def folder_with(place: Path, videos: str = CLIPS, **config: object) -> Path:
    """A folder to plan in."""
    place.mkdir()
    (place / "workflow").symlink_to(ROOT / "workflow")
    (place / "videos.tsv").write_text(HEADER + videos)
    shutil.copy(ROOT / "config.yaml", place)
    (place / "my.yaml").write_text(yaml.safe_dump({"videos": "videos.tsv", **config}))
    return place


def _sharded(place: Path) -> Path:
    """Videos that are read four to a job: one was read before, and one is gone, whose tables serve."""
    config = {"extraction": {"videos_per_job": 4}}
    folder_with(place, CLIPS + "gone\tgone.mp4\t\t\t\t\n", **config)
    with contextlib.chdir(place):
        plan = Plan.of({"videos": "videos.tsv", **config})
        stamp = {"code": plan.code_of("extract", plan.extraction_of("hopper-1").name), "start_s": None, "end_s": None}
        for video in ("hopper-1", "gone"):
            base.write(plan.pose(video), POSE, POSE.empty(), {**stamp, "inputs": {f"{video}.mp4": ""}})
        for table in (plan.mesh, plan.face, plan.movements, plan.soundtrack):
            Path(table("gone")).parent.mkdir(parents=True, exist_ok=True)
            Path(table("gone")).touch()
    return place


def _applied(place: Path) -> Path:
    folder_with(place, apply={"models": "trained"})
    (place / "trained").mkdir()
    (place / "trained" / "model.json").write_text("{}")
    return place


def _everything(place: Path) -> Path:
    """All that may be asked for next to what the demo asks for."""
    return folder_with(
        place,
        annotate={"videos": "all"},
        export={"formats": ["frames", "openface", "openpose", "elan", "events", "emotions", "psych_ds"]},
        emotions={"backend": "fer", "acknowledge": True, "detectors": ["mesh", "haar", "mtcnn"]},
        face_crops={"keep": True},
        extraction={"keep_mesh": False},
    )


PAPERS = sorted(path.parent.name for path in (ROOT / "workflow" / "papers").glob("*/config.yaml"))
EXPECTED = {
    "demo": {"actor": 42, "extract": 42, "report": 1},
    "sharded": {"extract_shard": 1, "extract": 4, "record": 1},
    "applied": {"extract": 4, "apply": 4, "record": 1},
    "everything": {
        "annotate": 4,
        "export": 4,
        "export_events": 4,
        "export_frames": 4,
        "export_dataset": 1,
        "emotions": 12,
        "face_crops": 8,
    },
    "inside a cluster's job": {"windows": 1},
    **{paper: {"compare": 1} for paper in PAPERS},
}
"""By what is planned, jobs that are among its own."""


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> dict[str, tuple[int, str]]:
    """By what is planned, the status with which a plain Snakemake's dry run ends, and its output."""
    root = tmp_path_factory.mktemp("plain")
    mine = ["--configfile", "my.yaml"]
    plans = {
        "demo": (folder_with(root / "demo"), []),
        "sharded": (_sharded(root / "sharded"), mine),
        "applied": (_applied(root / "applied"), mine),
        "everything": (_everything(root / "everything"), [*mine, "--sdm", "conda"]),
        "inside a cluster's job": (
            folder_with(root / "job"),
            ["--mode", "remote", "--target-jobs", "windows:", "--allowed-rules", "windows"],
        ),
    }
    for paper in PAPERS:
        plans[paper] = folder_with(root / paper), ["--configfile", f"workflow/papers/{paper}/config.yaml"]
    dry = ["--snakefile", str(ROOT / "Snakefile"), "--cores", "1", "--dry-run"]
    runs = json.dumps([[str(place), [*dry, *arguments]] for place, arguments in plans.values()])
    done = subprocess.run(
        [plain(root / "environment"), "-c", ALL_AT_ONCE, runs],
        env={"PATH": f"{conda(root / 'conda')}:/usr/bin:/bin", "HOME": str(root)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert len(done.stdout.split()) == len(plans), done.stdout + done.stderr
    texts = [(place / "said.txt").read_text() for place, _ in plans.values()]
    return dict(zip(plans, zip(map(int, done.stdout.split()), texts, strict=True), strict=True))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_plain_snakemake_plans(planned, name):
    status, text = planned[name]
    assert status == 0, text
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", text.partition("Job stats:")[2].partition("\ntotal")[0], re.M))
    assert {rule: int(jobs.get(rule, 0)) for rule in EXPECTED[name]} == EXPECTED[name], text
