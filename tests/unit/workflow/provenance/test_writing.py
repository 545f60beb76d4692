"""What the manifest says of files that say nothing themselves, and of inputs that were not always the same."""

from __future__ import annotations

import os

import polars as pl
import pytest
import yaml

from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.clusters import SILHOUETTE
from moodreel.tables.music import SOUNDTRACK
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.plan import Plan
from moodreel.workflow.provenance import environment, known, record, writing
from unit.workflow.provenance.runs import table_of

OLDER, NEWER = ("e1", {"numpy": "1"}), ("e2", {"numpy": "2"})


class Run:
    """A run's folder in which a few files lie, and what lies around it when its manifest is written."""

    def __init__(self, folder, monkeypatch):
        self.folder, self._patch = folder, monkeypatch
        (folder / "clip.mp4").write_bytes(b"film")
        (folder / "table.tsv").write_text("video\tsource\tperformer\nv\tclip.mp4\tp\n")
        plan = self.plan = Plan.of({"run": "r", "videos": "table.tsv"})
        self.results = folder / plan.run
        base.write_tsv(self.results / "videos.tsv", VIDEOS, pl.DataFrame(plan.rows, schema=base.polars_schema(VIDEOS)))
        (self.results / "settings.yaml").write_text(yaml.safe_dump({"run": "r"}))
        self.make()
        self.around(code="old", libraries=OLDER)

    def make(self):
        """The result of a step, the same every time."""
        base.write_tsv(self.results / "silhouette.tsv", SILHOUETTE, table_of(SILHOUETTE, 4, 0.0))

    def around(self, *, code, libraries):
        """Let other code and libraries lie here, also another way of finding out about files."""
        self._patch.setattr(Plan, "code_of", lambda plan, step, extraction=None, kind=None: f"{step}-{code}")
        self._patch.setattr(known, "fingerprint", lambda *modules: code)
        self._patch.setattr(environment, "here", lambda: libraries)

    def listed(self):
        """The manifest as it is written now, and its remarks."""
        plan, out = Plan.of({"run": "r", "videos": "table.tsv"}), self.results / record.NAME
        remarks = writing.write(plan, out, out.with_name(record.DIGESTS_NAME), {})
        return record.read(out), remarks


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Run(tmp_path, monkeypatch)


def told(run, name="silhouette.tsv"):
    """Code and numpy with which the manifest says the file was made, and whether it remarks on it."""
    manifest, remarks = run.listed()
    entry = manifest.files[name]
    stale = any("were made by other code" in remark and name in remark for remark in remarks)
    return manifest.making(entry)["code"], manifest.libraries(entry)["numpy"], stale


def test_a_file_without_a_stamp_keeps_what_lay_here_when_it_was_first_listed(run):
    assert told(run) == ("cluster-old", "1", False)
    run.around(code="old", libraries=NEWER)
    assert told(run) == ("cluster-old", "1", False)
    run.around(code="new", libraries=NEWER)
    assert told(run) == ("cluster-old", "1", True)
    run.make()
    assert told(run) == ("cluster-new", "2", False)
    run.around(code="newer", libraries=NEWER)
    assert told(run)[0] == "cluster-new"


def test_what_was_first_listed_is_forgotten_with_the_cache(run):
    told(run)
    run.around(code="new", libraries=NEWER)
    (run.folder / known.CACHE).unlink()
    assert told(run) == ("cluster-new", "2", False)


def test_of_downloads_no_other_code_is_told_since_none_makes_them_anew(run, monkeypatch):
    source = "https://youtu.be/abcdefghijk"
    (run.folder / "table.tsv").write_text(f"video\tsource\tperformer\nv\t{source}\tp\n")
    plan = Plan.of({"run": "r", "videos": "table.tsv"})
    media = run.folder / plan.media("v")
    media.parent.mkdir(parents=True)
    media.write_bytes(b"film")
    assert told(run, "sources/v.mp4") == ("fetch-old", "1", False)
    run.around(code="new", libraries=NEWER)
    assert told(run, "sources/v.mp4") == ("fetch-old", "1", False)


def test_a_video_that_was_replaced_between_two_of_its_tables_is_told(run):
    paths = (run.folder / run.plan.pose("v"), run.folder / run.plan.soundtrack("v"))
    for path, sha256 in zip(paths, ("a" * 64, "b" * 64), strict=True):
        stamp = make_stamp(code="x", settings={}, inputs={"clip.mp4": sha256})
        base.write(path, SOUNDTRACK, table_of(SOUNDTRACK, 3, 0.0), stamp)
    manifest, remarks = run.listed()
    (remark,) = [one for one in remarks if "was replaced" in one]
    assert remark.startswith("clip.mp4 was replaced")
    assert "(videos/v/pose.parquet, videos/v/soundtrack.parquet)" in remark
    assert manifest.files["sources/v.mp4"].sha256 == writing.atomic.sha256(run.folder / "clip.mp4")
    os.remove(paths[0])
    manifest, remarks = run.listed()
    assert not any("was replaced" in one for one in remarks)
    assert manifest.files["sources/v.mp4"].sha256 == "b" * 64, "as its table says"
