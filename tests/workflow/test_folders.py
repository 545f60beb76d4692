"""The workflow runs in any folder, with any configuration, and what is left out of one has its default."""

from pathlib import Path

import pytest
import yaml

from moodreel.settings.resolve import resolve
from workflow.workplace import ROOT, SNAKEFILE, Workplace, snakemake

PAPERS = sorted(path.parent.name for path in ROOT.glob("workflow/papers/*/config.yaml"))


def settings_in(folder: Path, config: dict) -> dict:
    """What the run's settings are written down as."""
    place = Workplace(folder, config)
    place.snakemake(f"results/runs/{config['run']}/settings.yaml")
    return yaml.safe_load((place.run / "settings.yaml").read_text())


def test_what_a_short_configuration_leaves_out_has_its_default_in_any_folder(tmp_path):
    mine = {"run": "mine", "videos": "workflow/demo/quick.tsv"}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    default = resolve(mine).model_dump(mode="json")
    assert settings_in(tmp_path / "a", mine) == default
    assert settings_in(tmp_path / "b", mine) == default, "the demo's configuration beside it is not read"


def test_without_a_configuration_in_the_working_folder_the_demo_runs(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    demo = "results/runs/demo/settings.yaml"
    snakemake(tmp_path, *SNAKEFILE, "--directory", "elsewhere", demo)
    settings = yaml.safe_load((tmp_path / "elsewhere" / demo).read_text())
    assert settings == resolve(yaml.safe_load((ROOT / "config.yaml").read_text())).model_dump(mode="json")
    text = snakemake(tmp_path, *SNAKEFILE, "--directory", "elsewhere", "--config", "run=other", "--dry-run")
    assert "results/runs/other/report.html" in text
    (tmp_path / "config.yaml").write_text("run: mine\nvideos: workflow/demo/quick.tsv\n")
    snakemake(tmp_path, *SNAKEFILE, "results/runs/mine/settings.yaml")


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_rerun_in_any_folder(tmp_path, paper):
    config = ROOT / "workflow" / "papers" / paper / "config.yaml"
    text = snakemake(tmp_path, *SNAKEFILE, "--configfile", str(config), "--dry-run")
    assert f"results/runs/{paper}/comparison.html" in text


def test_the_shipped_configuration_departs_from_the_defaults_as_it_says():
    """The lines that are commented out are the defaults."""
    text = (ROOT / "config.yaml").read_text()
    shipped = yaml.safe_load(text)
    assert shipped.keys() == {"run", "videos", "windows"} and shipped["windows"].keys() == {"stride_s"}
    default = resolve({"videos": "videos.tsv"}).model_dump(mode="json")
    commented = text.partition("with their defaults:")[2].splitlines()
    shown = yaml.safe_load("\n".join(line.removeprefix("#").removeprefix(" ") for line in commented))
    assert len(shown) > 5
    for section, values in shown.items():
        assert values.items() <= default[section].items(), section
