"""What other runs keep, as far as they say so."""

from pathlib import Path

import pytest

from moodreel.workflow.plan.others import kept_meshes

TABLE = "video\tfolder\na\tresults/videos/a/way\nb\tresults/videos/b/way\n"
MESHES = {"results/videos/a/way/mesh.parquet", "results/videos/b/way/mesh.parquet"}


@pytest.fixture
def other() -> Path:
    """Another run, which has written down its videos."""
    run = Path("results/runs/other")
    run.mkdir(parents=True)
    (run / "videos.tsv").write_text(TABLE)
    return run


def test_a_run_keeps_the_meshes_of_its_table_unless_its_settings_do_not(other):
    assert kept_meshes("mine") == MESHES
    assert kept_meshes("other") == set(), "its own"
    for text, kept in (
        ("extraction: {keep_mesh: true}", MESHES),
        ("extraction: {keep_mesh: false}", set()),
        *((text, MESHES) for text in ("", "{", "[]", "extraction: 3", "extraction: null", "pose: {}")),
    ):
        (other / "settings.yaml").write_text(text)
        assert kept_meshes("mine") == kept, text
    for table in (b"", b"video\nx\n", b"\xff\xfe", b"video\tfolder\nx\n"):
        (other / "videos.tsv").write_bytes(table)
        assert kept_meshes("mine") == set(), table
    (other / "videos.tsv").unlink()
    assert kept_meshes("mine") == set()
