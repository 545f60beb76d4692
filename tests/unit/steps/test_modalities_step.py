"""The step modalities, on files."""

from pathlib import Path

import polars as pl

from moodreel.steps import modalities
from moodreel.tables import base
from moodreel.tables.classify import MODALITIES
from unit.steps import small_run


def compared(folder: Path) -> pl.DataFrame:
    sections = small_run.settings(permutations=39)
    small_run.fold(folder, sections)
    small_run.step(folder, modalities, sections, **small_run.INPUTS, out="m.tsv")
    return base.read_tsv(folder / "m.tsv", MODALITIES)


def test_parts_are_compared_on_labels_or_else_on_clusters_without_a_verdict(tmp_path, capsys):
    small_run.make(tmp_path)
    table = compared(tmp_path)
    assert set(table["labels"]) == {"truth"}
    assert table["part"].to_list() == ["face", "action_units", "head_pose"]
    assert table.filter(part="face")["shuffles"].to_list() == [39]
    assert "face by video: balanced accuracy 1.00" in capsys.readouterr().out
    windows = small_run.read_windows(tmp_path)
    small_run.write_windows(tmp_path, windows.with_columns(label=pl.lit(None, pl.String)))
    table = compared(tmp_path)
    assert set(table["labels"]) == {"clusters"} and set(table["verdict"]) == {"not_judged"}
    assert table["shuffles"].to_list() == [0, 0, 0]
