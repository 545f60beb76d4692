from __future__ import annotations

import re

from moodreel.report.page import render
from unit.report import study


def test_whatever_came_from_tables_is_escaped(tmp_path):
    page = render(study.make(tmp_path))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<i>calm</i>" not in page
    assert "people: &lt;2&gt;" in page
    assert "run: &lt;test&gt;" in page
    assert "<title>A &amp; B · test</title>" in page


def test_the_page_needs_nothing_but_itself(tmp_path):
    page = render(study.make(tmp_path))
    assert not re.findall(r'(?:src|href)="(?!data:|#)', re.sub(r'(xlink:)?href="#', 'href="#', page))
    assert 'src="data:image/jpeg;base64,anBlZw=="' in page
    assert 'src="data:video/mp4;base64,' in page
    assert 'poster="data:image/jpeg;base64,' in page


def test_the_same_run_gives_the_same_page(tmp_path):
    run = study.make(tmp_path)
    assert render(run) == render(run)


def test_what_was_left_out_is_told(tmp_path):
    page = render(study.make(tmp_path))
    assert "grouped by performer: left out" in page
    assert "1 dropped" in page


def test_a_run_without_pairs_or_a_lost_preview_still_has_its_page(tmp_path):
    run = study.make(tmp_path, pairs=False)
    assert "No clip could be paired" in render(run)


def test_a_preview_that_was_not_rendered_is_left_out(tmp_path):
    run = study.make(tmp_path)
    (tmp_path / "pairs" / "b_0.mp4").unlink()
    page = render(run)
    assert "<video" not in page
    assert "cluster 1" in page
