"""The step `labels`: what each window shows, by truth or by the person who wrote the table of videos."""

import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.steps import labels
from moodreel.tables import base
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import EMOTIONS, LABELS
from moodreel.tables.truth import TRUTH
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.plan import Plan
from unit.steps.calls import call, table_of

ACTIVATION = np.where((np.arange(125) >= 20) & (np.arange(125) < 75), 1.0, 0.0)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the step on a labelled file, one without a label, and a built-in clip, in the folder it returns."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.tsv").write_text(
        "video\tsource\tperformer\temotion\na\ta.mp4\t\tjoy, or so\nb\tb.mp4\t\t\nc\tbuiltin:hopper/smile/1\t\tanger\n"
    )
    plan = Plan.of({"run": "mine", "videos": "my.tsv"})
    base.write_tsv("videos.tsv", VIDEOS, table_of(VIDEOS, plan.rows))
    truth = dict.fromkeys(TRUTH.names, 0.0) | {"time_s": np.arange(125) / 25, "activation": ACTIVATION}
    base.write(plan.truth("c"), TRUTH, table_of(TRUTH, truth, expression="smile", mood="glad"), {})
    spans = {"start_s": [0.0, 2.0], "end_s": [2.0, 4.0], "first_row": [0, 50], "rows": 50, "valid_share": 1.0}
    windows = {"window": [0, 1], **spans, "reason": [None, "gaps"]}
    found = pl.concat(table_of(WINDOWS, windows, video=video, performer=video) for video in "abc")
    base.write("windows.parquet", WINDOWS, found, {})

    def done(sha256: str = plan.emotions_sha256):
        given = {"videos": "videos.tsv", "windows": "windows.parquet", "table": "my.tsv", "emotions_sha256": sha256}
        call(labels, **given, labels_out="labels.parquet", emotions_out="emotions.tsv")
        return tmp_path

    return done


def test_every_window_has_a_row_and_given_labels_are_written_down_unless_they_have_changed(run):
    with pytest.raises(UserError, match=r"my\.tsv has changed since the run was planned"):
        run("another")
    found = base.read(run() / "labels.parquet", LABELS).select("video", "window", "label")
    given = [(video, window, label) for video, label in (("a", "joy, or so"), ("b", None)) for window in (0, 1)]
    assert found.rows() == [*given, ("c", 0, "smile"), ("c", 1, "transition")]
    assert base.read_tsv("emotions.tsv", EMOTIONS).rows() == [("a", "joy, or so"), ("b", None), ("c", "anger")]
