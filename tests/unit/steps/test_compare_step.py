import pyarrow as pa
import pytest
import yaml

from moodreel.errors import UserError
from moodreel.report.comparison import KINDS
from moodreel.steps import compare as step
from moodreel.tables import base
from moodreel.tables.classify import EVALUATION, MODALITIES
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.music import PAIRS
from moodreel.tables.paper import COMPARISON
from moodreel.tables.videos import VIDEOS
from unit.report.test_comparison import study
from unit.report.test_published import EXPECTED
from unit.steps.calls import call

HSU_LEE = next(path for path in EXPECTED if path.parent.name == "hsu-lee-2020")


def write(folder, one):
    """A run's folder as the comparison reads it."""
    folder.mkdir()
    (folder / "settings.yaml").write_text("# resolved\n" + yaml.safe_dump(dict(one.settings)))
    for name, spec, table in (
        ("videos", VIDEOS, one.videos), ("screening", SCREENING, one.screening), ("silhouette", SILHOUETTE, one.silhouette),
        ("evaluation", EVALUATION, one.evaluation), ("modalities", MODALITIES, one.modalities), ("pairs", PAIRS, one.pairs),
    ):  # fmt: skip
        base.write_tsv(folder / f"{name}.tsv", spec, table)
    base.write(folder / "windows.parquet", WINDOWS, one.windows, {})
    base.write(folder / "clusters.parquet", CLUSTERS, one.clusters, {})
    rows = pa.table({"video": ["a"], "time_s": [0.0], "valid": [True], **{name: [0.0] for name in one.columns}})
    base.write(folder / "features.parquet", FEATURES, rows, {"notes": ["a note"]})


def run(folder, expected):
    given = {"expected": expected, "described": folder / "settings.yaml", "videos": folder / "videos.tsv"}
    given |= {name: folder / file for name, file in KINDS["expressions"].tables.items()}
    call(step, **given, out=folder / "comparison.tsv", page_out=folder / "comparison.html")


def test_table_and_page_are_written_unless_the_paper_has_no_numbers(tmp_path):
    folder = tmp_path / "run"
    write(folder, study())
    with pytest.raises(UserError, match="no such file"):
        run(folder, tmp_path / "expected.yaml")
    assert not (folder / "comparison.tsv").exists()
    run(folder, HSU_LEE)
    table = base.read_tsv(folder / "comparison.tsv", COMPARISON)
    assert table.filter(quantity="columns")["ours"].to_list() == [50]
    assert table.filter(quantity="fidelity/knn").height == 4
    page = (folder / "comparison.html").read_text(encoding="utf-8")
    assert "compared with the run run" in page and "a note" in page
