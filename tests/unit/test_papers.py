"""The folders of papers: their settings are settings, each says why it stands there, and the built-in clips pass."""

import re
from pathlib import Path

import pytest
import yaml

from moodreel.settings import paper
from moodreel.settings.paper import PaperSettings
from moodreel.settings.resolve import resolve
from moodreel.video.table import read

ROOT = Path(__file__).parents[2]
PAPERS = sorted(path.parent for path in ROOT.glob("workflow/papers/*/config.yaml"))
HSU_LEE = ROOT / "workflow" / "papers" / "hsu-lee-2020"


def merged(*paths: Path) -> dict:
    """As Snakemake merges configuration files: key by key, the later one counts."""

    def over(below: dict, above: dict) -> dict:
        both = {k: over(below[k], above[k]) for k in below.keys() & above.keys() if isinstance(above[k], dict)}
        return {**below, **above, **both}

    config: dict = {}
    for path in paths:
        config = over(config, yaml.safe_load(path.read_text(encoding="utf-8")))
    return config


@pytest.mark.parametrize("folder", PAPERS, ids=lambda p: p.name)
def test_a_papers_settings_are_settings(folder):
    settings = resolve(merged(folder / "config.yaml"))
    assert settings.paper == PaperSettings(name=folder.name)
    assert (folder / "expected.yaml").is_file() and (folder / "README.md").is_file()
    assert read(ROOT / settings.videos)
    assert paper.study_of(folder.name) == settings.study


def test_a_paper_is_known_by_its_folder_alone(tmp_path, monkeypatch):
    assert set(paper.PAPERS) == {folder.name for folder in PAPERS}
    monkeypatch.setattr(paper, "FOLDER", tmp_path)
    (tmp_path / "broken").mkdir()
    for text in ("a: [", "- a list", "paper: broken"):
        (tmp_path / "broken" / "expected.yaml").write_text(text)
        assert paper.study_of("broken") is None, "the comparison says what is wrong with it"


CONFIGURATIONS = [path for path in ROOT.glob("workflow/papers/*/*.yaml") if path.name != "expected.yaml"]


@pytest.mark.parametrize("path", sorted(CONFIGURATIONS), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_each_line_says_why(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.match(r"\s*[a-z_]+: *[^ #]", line):
            assert re.search(r"# (paper|guess|inference|ours|so that|it does not say|its text)", line), line


def test_the_playlists_are_one_file_away():
    settings = resolve(merged(HSU_LEE / "config.yaml", HSU_LEE / "playlists.yaml"))
    assert settings.videos == "results/playlists/hsu-lee-2020.tsv"
    assert (settings.screen.unseen, settings.screen.min_mean_coordinate) == ("zero", 200)
    assert not settings.source.youtube.accept_terms
    readme = (HSU_LEE / "README.md").read_text(encoding="utf-8")
    assert settings.videos in readme
    for playlist in yaml.safe_load((HSU_LEE / "expected.yaml").read_text(encoding="utf-8"))["playlists"]:
        assert f"--playlist {playlist['id']}" in readme


def test_tslearns_own_choices_are_one_file_away():
    settings = resolve(merged(HSU_LEE / "config.yaml", HSU_LEE / "tslearn.yaml"))
    assert (settings.classify.knn.metric, settings.classify.svm.kernel) == ("dtw", "gak")
    assert settings.classify.mlp.hidden == [100]


def test_every_file_of_the_folder_is_reported_in_its_readme():
    readme = (HSU_LEE / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in HSU_LEE.glob("*.yaml")} == set(re.findall(r"^\| `(\w+\.yaml)` \|", readme, re.M))
