"""Runs beside each other, and settings changed and changed back: what each keeps."""

from __future__ import annotations

import pytest

PER_VIDEO = {"actor", "fetch", "extract", "import_pose", "import_face", "neutral", "face", "soundtrack", "model"}


@pytest.mark.parametrize(
    "changes",
    [
        {"pose": {"backend": "rtmpose"}, "face": {"backend": "blendshapes"}},
        {"extraction": {"detect_every": 5}},
        {"action_units": {"smoothing_s": 0.0}, "music": {"passage_s": 3.0}},
    ],
    ids=["backends", "extraction", "action units and music"],
)
def test_what_was_read_before_is_not_read_again(place, changes):
    place.pretend(**changes)
    assert place.would_run(**changes) == set()
    assert place.would_run() & PER_VIDEO == set(), "changed back"
    place.pretend()
    assert place.would_run(**changes) & PER_VIDEO == set(), "and changed again"


def test_runs_with_different_settings_do_not_disturb_each_other(place):
    second = {
        "run": "second",
        "extraction": {"detect_every": 5},
        "action_units": {"smoothing_s": 0.0},
        "music": {"passage_s": 3.0},
        "classify": {"groups": ["video"], "nulls": 1},
    }
    assert "extract" in place.would_run(**second)
    place.pretend(**second)
    for _ in range(2):
        assert place.would_run() == set()
        assert place.would_run(**second) == set()


def test_runs_with_different_videos_do_not_disturb_each_other(place):
    """A performer's resting face is found over the videos of the run."""
    lines = (place.folder / "videos.tsv").read_text().splitlines(keepends=True)
    (place.folder / "fewer.tsv").write_text("".join(line for line in lines if not line.startswith("anna-2")))
    fewer = {"run": "fewer", "videos": "fewer.tsv"}
    assert not place.would_run(**fewer) & {"extract", "soundtrack"}
    place.pretend(**fewer)
    assert place.would_run() == set()
    assert place.would_run(**fewer) == set()


def test_a_run_under_another_name_reads_no_video(place):
    assert not place.would_run(run="renamed") & PER_VIDEO
    (place.run).rename(place.run.with_name("renamed"))
    would = place.would_run(run="renamed")
    assert not would & PER_VIDEO
    assert place.would_run() and not place.would_run() & PER_VIDEO
