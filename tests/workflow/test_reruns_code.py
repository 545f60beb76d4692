"""What runs again when code changes, and what does not: docs/reruns.md."""

import os
import shutil
from pathlib import Path

from workflow import specification
from workflow.workplace import clone

PACKAGE = "workflow/moodreel"


def edit(place, name: str, old: str, new: str) -> None:
    path = place.folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} does not hold {old!r} any more: choose another edit"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(place, module: str, line: str) -> None:
    path = place.folder / PACKAGE / module
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")


def test_what_is_no_code_reruns_nothing(place):
    edit(place, f"{PACKAGE}/music/mood.py", '"""', '"""Another beginning. ')
    edit(place, f"{PACKAGE}/music/mood.py", "\ndef ", "\n# a comment\ndef ")
    edit(place, f"{PACKAGE}/storage/atomic.py", "\n\n\n", "\n\n\n\n\n")
    edit(place, f"{PACKAGE}/__init__.py", "__version__ = ", "__version__ = '9' + ")
    edit(place, "workflow/rules/extraction.smk", "mem_mb=growing(1500)", "mem_mb=growing(1600)")
    edit(place, "workflow/rules/extraction.smk", '"Extracting pose', '"Now extracting pose')
    edit(place, "profiles/default/profile.yaml", "scheduler: greedy", "scheduler: ilp")
    for pins in (place.folder / "envs").iterdir():
        pins.write_text(pins.read_text() + "\n# another pin\n")
    # how files appear, not what stands there
    for name in ("errors", "storage/run_token", "storage/atomic", "storage/disk_full"):
        add(place, f"{name}.py", "\nNEW = 1\n")
    for name in ("playlist", "document"):  # steps that no rule runs
        add(place, f"steps/{name}.py", "\nNEW = 1\n")
    assert place.would_run() == set()


def test_a_constant_reruns_the_steps_that_import_it(place):
    add(place, "clusters/gallery.py", "\nNEW = 1\n")
    assert place.would_run() == {"gallery", "figures", "report", "record"}
    add(place, "music/by_mood.py", "\nNEW = 1\n")
    assert place.would_run() == {"gallery", "figures", "pair", "preview", "report", "record"}


def test_a_function_of_one_step_reruns_that_step_and_what_follows(place):
    definition = "def main(job: Job) -> None:\n"
    edit(place, f"{PACKAGE}/steps/gallery.py", definition, f"{definition}    print('here')\n")
    assert place.would_run() == {"gallery", "figures", "report", "record"}


def test_code_that_all_stamps_share_reruns_whatever_has_a_stamp(place):
    add(place, "storage/stamps.py", "\nNEW = 1\n")
    assert place.would_run() == set(place.would_do("--forceall")) - {"actor", "fetch", "model"}


def test_a_backend_s_code_counts_only_where_it_is_chosen(place):
    add(place, "pose/rtmpose.py", "\nNEW = 1\n")
    add(place, "classify/estimators/trees.py", "\nNEW = 1\n")
    assert place.would_run() == set()
    add(place, "classify/estimators/knn.py", "\nNEW = 1\n")
    assert place.would_run() == {"evaluate", "summarise", "train", "figures", "report", "record"}
    add(place, "pose/blazepose.py", "\nNEW = 1\n")
    assert place.would_do()["extract"] == 5


def test_templates_and_numbers_next_to_the_code_count(place):
    add(place, "report/page.css", "\nbody { color: black }\n")
    assert place.would_run() == {"report", "record"}
    edit(place, f"{PACKAGE}/demo/meshes.json", "{", "{ ")
    would = place.would_do()
    assert would["actor"] == would["extract"] == 1
    assert set(would) == specification.rules("actor, extract, soundtrack, face, export, *screening*") - {"describe"}


def test_a_rule_s_command_counts_to_the_letter(place):
    edit(place, "workflow/rules/music.smk", 'step("pair")', 'step("pair", videos="{input.videos}")')
    assert place.would_run() == {"pair", "preview", "report", "record"}


def test_a_fresh_clone_next_to_restored_results_reruns_nothing(finished, tmp_path):
    """All code is new then, and `git clone` keeps no times."""
    place = finished.copied(tmp_path / "clone")
    clone(place.folder)
    for name in ("videos.tsv", "my.yaml"):
        os.utime(place.folder / name)
    newest = max(path.stat().st_mtime_ns for path in Path(finished.folder, "results").rglob("*"))
    assert (place.folder / PACKAGE / "workflow" / "plan" / "__init__.py").stat().st_mtime_ns > newest
    assert place.would_run() == set()
    shutil.rmtree(place.folder / ".snakemake")
    assert place.would_run() == set()
