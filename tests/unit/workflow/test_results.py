"""A finished run as people open it in Python."""

import pytest

import moodreel
from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.clusters import SILHOUETTE
from moodreel.tables.music import SOUNDTRACK
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.provenance.crate import Entry
from unit.steps import calls
from unit.workflow.provenance.runs import edited, files_of, run, table_of


@pytest.fixture
def opened(tmp_path):
    path = run(tmp_path)
    videos = calls.table_of(VIDEOS, [{"video": "v", "kind": "file", "performer": "p"}])
    base.write_tsv(path.with_name("videos.tsv"), VIDEOS, videos)
    listed = Entry("videos.tsv", "results/runs/r/videos.tsv", 1)
    edited(path, files=[*files_of(path).values(), listed])
    return moodreel.open_run(path.parent)


def test_its_tables_are_frames_by_name_whose_columns_have_units(opened):
    assert opened.tables == ["silhouette", "videos"] and opened.videos == ["v"]
    assert opened.read("silhouette").equals(base.read_tsv(opened.folder / "silhouette.tsv", SILHOUETTE))
    assert opened.tables_of("v") == ["soundtrack"]
    assert opened.read("soundtrack", video="v").equals(table_of(SOUNDTRACK, 5, 0.0))
    assert opened.settings == {"run": "r"} and repr(opened) == "<run r: 1 videos, 2 tables>"
    columns = opened.describe("soundtrack", video="v")
    assert columns["column"].to_list() == SOUNDTRACK.names
    assert columns.filter(column="start_s")["unit"].item() == "s"


@pytest.mark.parametrize(("name", "video", "message"), [
    ("silhouete", None, "Did you mean 'silhouette'? There are: silhouette, videos"),
    ("face", "v", "video 'v' of run r: there is no table 'face'. There are: soundtrack"),
    ("face", "w", "There are: none"),
])  # fmt: skip
def test_what_is_not_there_is_reported_with_what_is(opened, name, video, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        opened.read(name, video)


def test_a_folder_that_holds_no_run_is_an_error(tmp_path):
    with pytest.raises(UserError, match="there is no such record"):
        moodreel.open_run(tmp_path)
