"""Another workflow uses this one as a module."""

from pathlib import Path

import polars as pl
import pytest

from workflow.workplace import ROOT, clone, snakemake

CLIPS = (
    "video\tsource\tperformer\nfirst\tbuiltin:hopper/smile/1\thopper\nsecond\tbuiltin:hopper/brows_raised/1\thopper\n"
)

USE_ALL = "use rule * from moodreel as m_*"
USING = """
shell.prefix("echo the prefix of the other workflow >&2; ")

rule everything:
    input:
        "count.txt",

module moodreel:
    snakefile: {snakefile!r}
    config: config["moodreel"]
    {more}

{use}

rule count:
    input:
        "results/runs/inner/screening.tsv",
    output:
        "count.txt",
    shell:
        "grep -c True {{input}} > {{output}}; printenv | grep -c MOODREEL_SCREEN >> {{output}} || true"
"""


def workflow(folder: Path, models_folder: Path, use: str, more: str = "", config: str = "") -> Path:
    """A workflow of somebody else's, in a folder of its own."""
    (folder / "clips.tsv").write_text(CLIPS)
    (folder / "config.yaml").write_text("a setting of the other workflow: 1\n")
    own = config or f'{{"run": "inner", "videos": "clips.tsv", "models": {{"folder": {str(models_folder)!r}}}}}'
    text = USING.format(snakefile=str(ROOT / "Snakefile"), use=use, more=more)
    (folder / "Snakefile").write_text(f'config["moodreel"] = {own}\n{text}')
    return folder


@pytest.mark.parametrize(
    ("use", "rules"),
    [
        ("use rule * from moodreel as mood_*", {"mood_extract", "mood_screen"}),
        ("use rule * from moodreel exclude all", {"extract", "screen"}),
        (f"{USE_ALL}\n\nuse rule screen from moodreel as m_screen with:\n    threads: 2", {"m_extract", "m_screen"}),
    ],
)
def test_its_rules_are_those_of_the_other_workflow_renamed_or_not(tmp_path, models_folder, use, rules):
    text = snakemake(workflow(tmp_path, models_folder, use), "--cores", "2", "--dry-run")
    counts = dict(line.split() for line in text.splitlines() if len(line.split()) == 2)
    assert rules | {"everything", "count"} <= counts.keys(), "what the other workflow asks for, and nothing else"
    assert not any(name.endswith(("windows", "report", "all")) for name in counts)


def test_it_runs_next_to_rules_with_a_shell_prefix_of_their_own(tmp_path, models_folder):
    folder = workflow(tmp_path, models_folder, "use rule * from moodreel as mood_*")
    sharded = '"run": "inner", "extraction": {"videos_per_job": 2}'
    (folder / "Snakefile").write_text((folder / "Snakefile").read_text().replace('"run": "inner"', sharded))
    text = snakemake(folder, "--cores", "2")
    kept = pl.read_csv(folder / "results/runs/inner/screening.tsv", separator="\t")
    assert kept["video"].to_list() == ["first", "second"]
    assert (folder / "count.txt").read_text().splitlines()[-1] == "0", "its jobs know nothing of ours"
    assert "the prefix of the other workflow" in text
    assert snakemake(folder, "--cores", "2", "--dry-run").count("Nothing to be done") == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"more": 'prefix: "inner/"'}, "prefix and replace_prefix are not possible"),
        ({"more": 'replace_prefix: {"results/": "elsewhere/"}'}, "prefix and replace_prefix are not possible"),
        ({"config": "{}"}, "videos: not given"),
    ],
)
def test_a_prefix_and_a_module_without_videos_are_refused_with_the_reason(tmp_path, models_folder, changes, message):
    """The other workflow's configuration is not read in the videos' stead."""
    folder = workflow(tmp_path, models_folder, USE_ALL, **changes)
    text = snakemake(folder, "--cores", "2", "--dry-run", status=1)
    assert message in text and "a setting of the other workflow" not in text
    assert "Traceback" not in text


def test_a_module_lies_wherever_its_folder_was_moved_to(tmp_path, models_folder):
    """Blanks and quotes in its path too."""
    place = tmp_path / "somebody's folder"
    clone(place)
    folder = tmp_path / "other"
    folder.mkdir()
    workflow(folder, models_folder, USE_ALL)
    moved = str(place / "Snakefile").replace("'", "\\'")
    (folder / "Snakefile").write_text((folder / "Snakefile").read_text().replace(str(ROOT / "Snakefile"), moved))
    snakemake(folder, "--cores", "2", "results/runs/inner/videos.tsv")
