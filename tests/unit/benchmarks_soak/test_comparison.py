"""When two folders of results are the same, and what is reported where they are not."""

import re
import tempfile
from pathlib import Path

import polars as pl
import pytest
from benchmarks import soak
from benchmarks.soak import compare

NAN = float("nan")
FACE = pl.DataFrame({"video": ["a", "b"], "AU12_r": [1.0, None], "series": [[0.5, 0.25], [1.0, NAN]]})
PAIRS = pl.DataFrame({"video": ["a", "b"], "score": [0.125, 2.5]})


@pytest.fixture
def folders(tmp_path) -> tuple[Path, Path]:
    """Two folders of equal results."""
    for name in ("one", "other"):
        (tmp_path / name / "videos").mkdir(parents=True)
        FACE.write_parquet(tmp_path / name / "videos" / "face.parquet")
        PAIRS.write_csv(tmp_path / name / "pairs.tsv", separator="\t")
        (tmp_path / name / "report.html").write_text(name)
    return tmp_path / "one", tmp_path / "other"


def test_equal_tables_differ_by_nothing_and_a_little_is_measured_and_let_pass(folders):
    assert compare(*folders) == 0
    FACE.with_columns(pl.col("AU12_r") + 1e-6).write_parquet(folders[0] / "videos" / "face.parquet")
    assert compare(*folders) == pytest.approx(1e-6)
    FACE.write_parquet(folders[0] / "videos" / "face.parquet")  # and large numbers are compared by their share
    for folder, factor in zip(folders, (1, 1 + 1e-7), strict=True):
        PAIRS.with_columns(pl.col("score") * 1e6 * factor).write_csv(folder / "pairs.tsv", separator="\t")
    assert 0 < compare(*folders) < 1e-6


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (FACE.with_columns(AU12_r=pl.Series([1.5, None])), "AU12_r: 1 of 2 numbers, by up to 0.5"),
        (FACE.with_columns(AU12_r=pl.Series([1.0, 1.0])), "AU12_r: null elsewhere"),
        (FACE.with_columns(series=pl.Series([[0.5, 0.25], [1.0]])), "series: lists of other lengths"),
        (FACE.with_columns(series=pl.Series([[0.5, 9.0], [1.0, NAN]])), "series: 1 of 4 numbers, by up to 8.75"),
        (FACE.with_columns(video=pl.Series(["a", "c"])), "video: 1 of 2 values"),
        (FACE.head(1), "video: 1 and 2 rows"),
        (FACE.drop("series"), "series: only in the second"),
    ],
)
def test_what_differs_is_named(folders, table, message):
    table.write_parquet(folders[0] / "videos" / "face.parquet")
    with pytest.raises(AssertionError, match=re.escape(f"videos/face.parquet: {message}")):
        compare(*folders)


def test_a_table_that_one_has_alone_is_named(folders):
    (folders[0] / "pairs.tsv").rename(folders[0] / "others.tsv")
    with pytest.raises(AssertionError) as caught:
        compare(*folders)
    assert {line.partition(":")[0] for line in str(caught.value).splitlines()} == {"pairs.tsv", "others.tsv"}


def test_a_soak_that_fails_leaves_what_it_has_made(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(AssertionError), soak.kept_on_failure() as folder:
        raise AssertionError
    assert folder.is_dir()
    with soak.kept_on_failure() as other:
        (other / "results").mkdir()
    assert not other.exists()
