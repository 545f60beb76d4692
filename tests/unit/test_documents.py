"""Links and commands in the pages that people read."""

import re
from pathlib import Path

import pytest

from moodreel.settings.resolve import keys

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_names_targets_that_exist():
    makefile = (ROOT / "Makefile").read_text()
    named = {target for page in PAGES for target in re.findall(r"^ +make ([a-z-]+)", page.read_text(), re.M)}
    assert {target for target in named if not re.search(rf"^{target}:", makefile, re.M)} == set()


def test_the_readme_names_settings_that_exist():
    sections = {key.split(".")[0] for key in keys() if "." in key}
    named = re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)(?::[^`]*)?`", (ROOT / "README.md").read_text())
    files = (".tsv", ".parquet", ".html", ".yaml")
    settings = [name for name in named if name.split(".")[0] in sections and not name.endswith(files)]
    assert settings
    assert [name for name in settings if name not in keys()] == []
