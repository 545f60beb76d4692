"""The workflow runs in any folder, with any configuration, and what is left out of one has its default."""

from pathlib import Path

import pytest
import yaml

from moodreel.settings.resolve import resolve
from workflow.workplace import ROOT, Workplace

PAPERS = sorted(path.parent.name for path in ROOT.glob("workflow/papers/*/config.yaml"))
DESCRIBED = "results/runs/mine/settings.yaml"


def settings_in(folder: Path, config: dict, *arguments: str) -> dict:
    """What the run's settings are written down as."""
    done = Workplace(folder, config).snakemake(f"results/runs/{config['run']}/settings.yaml", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return yaml.safe_load((folder / "results" / "runs" / config["run"] / "settings.yaml").read_text())


def test_what_a_short_configuration_leaves_out_has_its_default_in_any_folder(tmp_path):
    mine = {"run": "mine", "videos": "workflow/demo/quick.tsv"}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    default = resolve(mine).model_dump(mode="json")
    assert settings_in(tmp_path / "a", mine) == default
    assert settings_in(tmp_path / "b", mine) == default, "the demo's configuration beside it is not read"


def test_without_a_configuration_the_demo_runs_in_any_folder(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    demo = "results/runs/demo/settings.yaml"
    place = Workplace(tmp_path, {})
    done = place.snakemake_without_configuration("--directory", "elsewhere", demo)
    assert done.returncode == 0, done.stdout + done.stderr
    settings = yaml.safe_load((tmp_path / "elsewhere" / demo).read_text())
    assert settings == resolve(yaml.safe_load((ROOT / "config.yaml").read_text())).model_dump(mode="json")
    done = place.snakemake_without_configuration("--directory", "elsewhere", "--config", "run=other", "--dry-run")
    assert "results/runs/other/report.html" in done.stdout, done.stderr


def test_the_configuration_of_the_working_folder_goes_before_the_demos(tmp_path):
    (tmp_path / "config.yaml").write_text("run: mine\nvideos: workflow/demo/quick.tsv\n")
    done = Workplace(tmp_path, {}).snakemake_without_configuration(DESCRIBED)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_rerun_in_any_folder(tmp_path, paper):
    config = ROOT / "workflow" / "papers" / paper / "config.yaml"
    done = Workplace(tmp_path, {}).snakemake_without_configuration("--configfile", str(config), "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"results/runs/{paper}/comparison.html" in done.stdout


def test_the_shipped_configuration_departs_from_the_defaults_as_it_says():
    """The lines that are commented out are the defaults."""
    text = (ROOT / "config.yaml").read_text()
    shipped = yaml.safe_load(text)
    assert shipped.keys() == {"run", "videos", "windows"} and shipped["windows"].keys() == {"stride_s"}
    default = resolve({"videos": "videos.tsv"}).model_dump(mode="json")
    commented = text.partition("with its default:")[2].splitlines()
    shown = yaml.safe_load("\n".join(line.removeprefix("#").removeprefix(" ") for line in commented))
    assert len(shown) > 5
    for section, values in shown.items():
        assert values.items() <= default[section].items(), section
