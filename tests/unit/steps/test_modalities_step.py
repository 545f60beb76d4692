"""The step modalities, on files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from moodreel.steps import modalities
from moodreel.tables import base
from moodreel.tables.classify import MODALITIES
from unit.steps import small_run


@pytest.fixture
def folder(tmp_path) -> Path:
    small_run.make(tmp_path)
    return tmp_path


def compared(folder: Path, **classify: object) -> pl.DataFrame:
    sections = small_run.settings(**classify)
    small_run.fold(folder, sections)
    small_run.step(folder, modalities, sections, **small_run.INPUTS, out="m.tsv")
    return base.read_tsv(folder / "m.tsv", MODALITIES)


def test_parts_are_compared_on_labels(folder, capsys):
    table = compared(folder, permutations=39)
    assert set(table["labels"]) == {"truth"}
    assert table["part"].to_list() == ["face", "action_units", "head_pose"]
    assert table.filter(part="face")["shuffles"].to_list() == [39]
    assert "face by video: balanced accuracy 1.00" in capsys.readouterr().out


def test_without_labels_the_runs_clusters_stand_in_and_are_not_judged(folder):
    windows = small_run.read_windows(folder)
    small_run.write_windows(folder, windows.with_columns(label=pl.lit(None, pl.String)))
    table = compared(folder, permutations=39)
    assert set(table["labels"]) == {"clusters"}
    assert table["shuffles"].to_list() == [0, 0, 0]
    assert set(table["verdict"]) == {"not_judged"}
