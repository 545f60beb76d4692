"""Annotated films in the plan of a run."""

from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from unit.workflow.plan.test_emotions import SCORED
from unit.workflow.plan.test_plan import ACTED, differing, imported, plan_of

FILES = [("x", "x.mp4", "", "", "", ""), ("y", "y.mp4", "", "", "", "")]


def filmed(tmp_path, monkeypatch, videos, *, rows=(*ACTED, *FILES), absent=(), **config):
    for name in ("x.mp4", "y.mp4"):
        (tmp_path / name).write_bytes(b"")
        if name in absent:
            (tmp_path / name).unlink()
    return plan_of(tmp_path, monkeypatch, rows, annotate={"videos": videos, **config.pop("annotate", {})}, **config)


def test_films_are_made_of_the_videos_that_are_named_and_else_nothing_changes(tmp_path, monkeypatch):
    plain, named, every = (filmed(tmp_path, monkeypatch, videos) for videos in ([], ["b", "x"], "all"))
    assert plain.films == [] and set(named.results) - set(plain.results) == set(named.films)
    assert named.films == [f"{plain.run}/annotated/{video}.mp4" for video in ("b", "x")]
    assert every.videos_of_films == ["a", "b", "x", "y"]
    assert differing(plain, every) == {"report"}, "which videos are asked for is no setting of a film"
    changed = filmed(tmp_path, monkeypatch, "all", annotate={"layers": ["box"], "height_px": 320})
    assert differing(changed, every) == {"annotate"}


def test_videos_of_which_no_film_can_be_made_are_all_named(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="no film can be made of 2 of 3 videos; allowed are ids of videos.tsv") as told:
        filmed(tmp_path, monkeypatch, ["a", "xx", "nobody"])
    assert "xx: there is no such id. Did you mean x?" in str(told.value)
    assert "nobody: there is no such id." in str(told.value)
    with pytest.raises(UserError, match="the column source names no video"):
        imported(
            tmp_path, monkeypatch, ("a", "", "", "none", "", "openface", "a.csv", "25"), annotate={"videos": ["a"]}
        )


def test_a_video_that_is_gone_keeps_its_film_and_gets_no_other(tmp_path, monkeypatch):
    def gone(videos):
        made = filmed(tmp_path, monkeypatch, [])
        stamp = {"inputs": {"x.mp4": "0" * 64}, "start_s": None, "end_s": None}
        base.write(made.pose("x"), POSE, POSE.empty(), stamp)
        return filmed(tmp_path, monkeypatch, videos, absent=["x.mp4"])

    assert gone("all").videos_of_films == ["a", "b", "y"]
    with pytest.raises(UserError, match="x.mp4 no longer exists"):
        gone(["x"])
    film = Path(filmed(tmp_path, monkeypatch, "all").film("x"))
    film.parent.mkdir(parents=True)
    film.touch()
    assert gone("all").videos_of_films == ["a", "b", "x", "y"] and gone(["x"]).videos_of_films == ["x"]


def test_a_film_is_drawn_from_the_tables_of_its_layers(tmp_path, monkeypatch):
    def drawn(layers, **config):
        return [*filmed(tmp_path, monkeypatch, "all", annotate={"layers": layers}, **config).tables_of_film("a")]

    assert drawn(["skeleton"]) == ["pose"]
    assert drawn(["box"]) == ["pose", "mesh"]
    assert drawn(["mesh", "units"]) == ["pose", "mesh", "face"]
    assert drawn(["mesh", "units"], extraction={"keep_mesh": False}) == ["pose", "face"]
    assert drawn(["scores"], emotions=SCORED) == ["pose", "emotions"]
    assert drawn(["box"], study="emotions", emotions={**SCORED, "detectors": ["haar"]}) == ["emotions"]


def test_videos_that_others_have_read_are_drawn_from_what_is_there(tmp_path, monkeypatch):
    rows = (
        ("a", "", "", "openpose", "a.zip", "openface", "a.csv", "25"),
        ("b", "b.mp4", "", "openpose", "a.zip", "openface", "a.csv", ""),
        ("c", "b.mp4", "", "none", "", "pyfeat", "a.csv", ""),
    )
    plan = imported(tmp_path, monkeypatch, *rows, annotate={"videos": "all"})
    assert plan.videos_of_films == ["b", "c"]
    assert [*plan.tables_of_film("b")] == [*plan.tables_of_film("c")] == ["pose", "face"]


@pytest.mark.parametrize("study", ["expressions", "emotions", "applying"])
def test_films_are_results_of_every_study(tmp_path, monkeypatch, study):
    config = {"emotions": SCORED, "annotate": {"layers": ["box", "scores"]}}
    if study == "emotions":
        config["study"] = study
    if study == "applying":
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "model.json").write_text("{}")
        config["apply"] = {"models": "models"}
    plan = filmed(tmp_path, monkeypatch, ["a"], **config)
    assert plan.film("a") in plan.results
