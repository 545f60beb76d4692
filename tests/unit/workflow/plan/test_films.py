"""Annotated films in the plan of a run."""

from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from unit.workflow.plan.test_emotions import SCORED
from unit.workflow.plan.test_plan import ACTED, differing, imported, plan_of

FILES = [("x", "x.mp4"), ("y", "y.mp4")]


def filmed(videos, *, absent=(), **config):
    for name in ("x.mp4", "y.mp4"):
        Path(name).unlink(missing_ok=True) if name in absent else Path(name).touch()
    return plan_of([*ACTED, *FILES], annotate={"videos": videos, **config.pop("annotate", {})}, **config)


def test_films_are_made_of_the_videos_that_are_named_and_else_nothing_changes():
    plain, named, every = (filmed(videos) for videos in ([], ["b", "x"], "all"))
    assert plain.films == [] and set(named.results) - set(plain.results) == set(named.films)
    assert named.films == [f"{plain.run}/annotated/{video}.mp4" for video in ("b", "x")]
    assert every.videos_of_films == ["a", "b", "x", "y"]
    assert differing(plain, every) == {"report"}, "which videos are asked for is no setting of a film"
    changed = filmed("all", annotate={"layers": ["box"], "height_px": 320})
    assert differing(changed, every) == {"annotate"}


def test_videos_of_which_no_film_can_be_made_are_all_named():
    with pytest.raises(UserError, match="no film can be made of 2 of 3 videos; allowed are ids of videos.tsv") as error:
        filmed(["a", "xx", "nobody"])
    for part in ("xx: there is no such id. Did you mean x?", "nobody: there is no such id."):
        assert part in str(error.value)
    with pytest.raises(UserError, match="the column source names no video"):
        imported(("a", "", "", "none", "", "openface", "a.csv", "25"), annotate={"videos": ["a"]})


def test_a_video_that_is_gone_keeps_its_film_and_gets_no_other():
    def gone(videos):
        made = filmed([])
        stamp = {"inputs": {"x.mp4": "0" * 64}, "start_s": None, "end_s": None}
        base.write(made.pose("x"), POSE, POSE.empty(), stamp)
        return filmed(videos, absent=["x.mp4"])

    assert gone("all").videos_of_films == ["a", "b", "y"]
    with pytest.raises(UserError, match="x.mp4 no longer exists"):
        gone(["x"])
    film = Path(filmed("all").film("x"))
    film.parent.mkdir(parents=True)
    film.touch()
    assert gone("all").videos_of_films == ["a", "b", "x", "y"] and gone(["x"]).videos_of_films == ["x"]


def test_a_film_is_drawn_from_the_tables_of_its_layers():
    def drawn(layers, **config):
        return [*filmed("all", annotate={"layers": layers}, **config).tables_of_film("a")]

    assert drawn(["skeleton"]) == ["pose"]
    assert drawn(["box"]) == ["pose", "mesh"]
    assert drawn(["mesh", "units"]) == ["pose", "mesh", "face"]
    assert drawn(["mesh", "units"], extraction={"keep_mesh": False}) == ["pose", "face"]
    assert drawn(["scores"], emotions=SCORED) == ["pose", "emotions"]
    assert drawn(["box"], study="emotions", emotions={**SCORED, "detectors": ["haar"]}) == ["emotions"]


def test_videos_that_others_have_read_are_drawn_from_what_is_there():
    rows = (
        ("a", "", "", "openpose", "a.zip", "openface", "a.csv", "25"),
        ("b", "b.mp4", "", "openpose", "a.zip", "openface", "a.csv"),
        ("c", "b.mp4", "", "none", "", "pyfeat", "a.csv"),
    )
    plan = imported(*rows, annotate={"videos": "all"})
    assert plan.videos_of_films == ["b", "c"]
    assert ([*plan.tables_of_film("b")], [*plan.tables_of_film("c")]) == (["pose", "face"], ["face"])


@pytest.mark.parametrize("study", [{}, {"study": "emotions"}, {"apply": {"models": "models"}}], ids=str)
def test_films_are_results_of_every_study(study):
    Path("models").mkdir()
    Path("models/model.json").write_text("{}")
    plan = filmed(["a"], emotions=SCORED, annotate={"layers": ["box", "scores"]}, **study)
    assert plan.film("a") in plan.results
