from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from moodreel.face import trust
from moodreel.face.trust import Verdict
from moodreel.report import figures, style
from moodreel.report.cluster_charts import heat_map, magnification
from moodreel.report.emotion_charts import Strip, shares
from moodreel.report.movement import Body
from moodreel.report.run import people_of, strips_of
from moodreel.steps import figures as step
from moodreel.tables import base
from moodreel.tables.clusters import GALLERY
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.figures import FIGURES
from moodreel.tables.schema import Table
from unit.report import study

NAMES = [
    "silhouette", "map", "gallery", "action_units", "head_gaze", "body_motion", "evaluation", "leakage",
    "confusion_truth_grouped_video", "confusion_clusters_grouped_video", "calibration_truth", "class_f1_truth",
    "paper_against_ours",
]  # fmt: skip


def made(run) -> tuple[dict[str, str], dict[str, str]]:
    """Captions of the figures that were made, reasons of those that were left out."""
    missing: dict[str, str] = {}
    return {d.name: d.caption for d in figures.every(run, missing.__setitem__)}, missing


def cleared(run, *kept: str):
    """The run with empty tables, but for those `kept`."""
    tables = {name: table for name, table in vars(run).items() if isinstance(table, pl.DataFrame)}
    return replace(run, **{name: table.clear() for name, table in tables.items() if name not in kept})


def test_every_figure_has_a_caption_of_whole_sentences_with_numbers(tmp_path):
    captions, missing = made(study.make(tmp_path))
    assert list(captions) == NAMES
    assert missing == {}, "nor is a figure of emotion scores missed, which nobody asked for"
    assert all(caption[0].isupper() and caption.endswith(".") for caption in captions.values())
    for name, words in (
        ("head_gaze", "of 8 windows"),
        ("evaluation", "grouped by video: 2"),
        ("evaluation", "99 shuffles of movement and 99 shuffles of labels"),
        ("evaluation", "80 test windows of 12 people"),
        ("paper_against_ours", "(knn 0.702; diamonds)"),
        ("confusion_truth_grouped_video", "label accuracy 90 %, 4 windows of 12 people pooled over 2 folds"),
    ):
        assert words in captions[name]


def test_what_is_not_there_is_left_out_with_its_reason(tmp_path):
    run = study.make(tmp_path)
    captions, missing = made(cleared(run, "clusters", "windows", "labels"))
    assert list(captions) == ["map"]
    assert missing["head_gaze"] == "no window has a cluster"
    assert missing["confusion"] == "no classifier made predictions"
    still = run.features.select("video", "time_s", "valid")
    bare, missing = made(replace(run, features=still, gallery_folder=tmp_path))
    assert set(missing) == {"gallery", "action_units", "head_gaze", "body_motion"}
    assert missing["gallery"] == "there are no pictures"
    assert set(bare) == set(NAMES) - set(missing)
    nothing, missing = made(cleared(run))
    assert nothing == {}
    assert list(missing) == [name for name in figures.MAKERS if not name.startswith("emotion")]


def test_names_may_hold_anything_and_be_long(tmp_path):
    run = study.make(tmp_path)
    names = {1: "a $name$ & <b> that is much longer than a column of any journal is wide", 2: "_"}
    for drawn in figures.every(replace(run, cluster_names=names), lambda *_: None):
        ElementTree.fromstring(style.svg(drawn.figure))
    axes = style.plt.subplots()[1]
    for given, turned in ((["calm", "loud"], 45), ([names[1], "loud"], 90)):
        style.name_columns(axes, given)
        assert {label.get_rotation() for label in axes.get_xticklabels()} == {turned}
    assert style.wrap(names[1]).count("\n") == 2
    assert style.wrap(names[1]).endswith("…")


@pytest.fixture
def judged(monkeypatch):
    """AU4 is not to be used with facemesh and AU12 is not judged; with blendshapes both are to be used."""
    known = {("facemesh", 4): Verdict.DO_NOT_USE, **{("blendshapes", unit): Verdict.USE for unit in (4, 12)}}
    monkeypatch.setattr(trust, "_verdicts", lambda: known)


def drawn_of(run, *names: str) -> dict[str, tuple[str, str]]:
    """Captions and pictures of these figures, or of all."""
    others = tuple(set(figures.MAKERS) - set(names)) if names else ()
    every = figures.every(run, lambda *_: None, without=others)
    return {drawn.name: (drawn.caption, style.svg(drawn.figure)) for drawn in every}


def test_the_heat_map_marks_units_by_their_verdict(tmp_path, judged):
    run = study.make(tmp_path)
    caption, picture = drawn_of(replace(run, face_backends=("facemesh",)), "action_units")["action_units"]
    assert "AU04 brow lowerer (do not use)" in picture and "AU12 lip corner puller (not judged)" in picture
    assert "1 unit not to be used with the run's face backend" in caption
    assert "Not judged: 1 of 2 units" in caption
    caption, picture = drawn_of(replace(run, face_backends=("blendshapes",)), "action_units")["action_units"]
    assert "AU04 brow lowerer<" in picture and "(" not in picture[picture.index("AU04") :].split("<")[0]
    assert "udged" not in caption and "not to be used" not in caption


def test_a_unit_that_is_not_to_be_used_has_no_colour_and_no_part_in_the_scale():
    values = np.array([[9.0, 8.0], [1.0, 0.5]])
    for doubted, largest, masked in (((0,), 1.0, [True, False]), ((), 9.0, [False, False])):
        axes = style.plt.subplots()[1]
        heat_map(axes, values, ["AU04", "AU12"], ["a", "b"], signed=False, doubted=doubted)
        (image,) = axes.get_images()
        assert image.get_clim() == (0.0, largest)
        assert np.ma.getmaskarray(image.get_array())[:, 0].tolist() == masked
        assert sum(bool(patch.get_hatch()) for patch in axes.patches) == len(doubted)
        assert [text.get_text() for text in axes.texts] == ["9.0", "8.0", "1.0", "0.5"]
        assert axes.get_ylim() == (1.5, -0.5)


def test_one_cluster_alone_is_drawn(tmp_path):
    run = study.make(tmp_path)
    captions, _ = made(replace(run, clusters=run.clusters.with_columns(cluster=pl.lit(1, pl.Int32))))
    assert {"map", "body_motion", "action_units", "head_gaze"} <= set(captions)


def test_many_windows_are_a_raster_inside_the_svg(tmp_path, monkeypatch):
    run = study.make(tmp_path)
    assert "<image" not in drawn_of(run, "map")["map"][1]
    monkeypatch.setattr("moodreel.report.cluster_charts.MANY", 4)
    assert "<image" in drawn_of(run, "map")["map"][1]


@pytest.mark.parametrize(("deviation", "times"), [(0.5, 1), (0.04, 2), (0.015, 5), (0.001, 10)])
def test_small_movement_is_drawn_larger(deviation, times):
    body = Body(place={}, spread={"nose": np.diag([deviation**2, 0.0])}, path={})
    assert magnification({1: body}) == times
    assert magnification({1: Body({}, {}, {})}) == 1


def test_text_stays_text_and_the_same_run_gives_the_same_files(tmp_path):
    run, slow = study.make(tmp_path), tuple(set(figures.MAKERS) - {"map", "head_gaze", "leakage"})
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        for drawn in figures.every(run, lambda *_: None, without=slow):
            style.save(drawn.figure, tmp_path / turn, drawn.name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(f"{name}.{kind}" for name in ("map", "head_gaze", "leakage") for kind in ("svg", "png"))
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    assert "head down" in (tmp_path / "one" / "head_gaze.svg").read_text()


def test_the_step_writes_figures_and_captions(tmp_path, capsys):
    """Of a run of which little is known."""
    run, out = study.make(tmp_path), tmp_path / "figures"
    base.write_tsv(run.gallery_folder / "gallery.tsv", GALLERY, run.gallery.clear())
    given = ["--out", str(out), "--gallery", str(run.gallery_folder)]
    known = {"silhouette": run.silhouette, "clusters": run.clusters}
    for name, one in step.main.inputs.items():
        if isinstance(one.what, Table) and not one.optional and not one.through_videos:
            table = known.get(name, study.table(one.what, []))
            path = tmp_path / f"{name}.parquet"
            if name in ("features", "clusters"):
                base.write(path, one.what, table, {})
            else:
                base.write_tsv(path := path.with_suffix(".tsv"), one.what, table)
            given += [f"--{name}", str(path)]
    step.main(given)
    assert base.read_tsv(out / "captions.tsv", FIGURES)["name"].to_list() == ["silhouette", "map"]
    assert all((out / f"{name}.{kind}").stat().st_size for name in ("silhouette", "map") for kind in ("svg", "png"))
    output = capsys.readouterr().out
    assert "no evaluation: no classifier was evaluated" in output and "2 figures in" in output


def strips(count: int) -> tuple[Strip, ...]:
    """So many videos of 100 frames, each half without a face, half with the place in EMOTIONS of its number."""
    return tuple(Strip(f"v{n}", np.repeat([n % 7, -1], 50), np.arange(100) / 25, 4.0) for n in range(count))


@pytest.mark.parametrize(("unnamed", "called"), [(False, "surprise"), (True, "class 5")])
def test_emotions_over_time_are_numbered_where_a_built_in_clip_is_shown(tmp_path, unnamed, called):
    run = replace(study.make(tmp_path), strips=strips(14), people=strips(1), unnamed=unnamed)
    drawn = {name: found for name, found in drawn_of(run).items() if "over_time" in name}
    assert list(drawn) == [f"emotions_over_time_{name}" for name in ("people", "videos", "videos_2")]
    pictures = [picture for _, picture in drawn.values()]
    assert all(called in picture for picture in pictures)
    assert unnamed or "class " not in "".join(pictures)
    assert not unnamed or not any(f">{name}<" in picture for picture in pictures for name in EMOTIONS)
    assert "14 videos in all" in drawn["emotions_over_time_videos_2"][0]


def test_people_with_one_video_each_are_drawn_once(tmp_path):
    run = replace(study.make(tmp_path), strips=strips(3), people=strips(3))
    captions, _ = made(run)
    assert [name for name in captions if "over_time" in name] == ["emotions_over_time_videos"]


def test_a_strip_shows_the_share_of_frames_of_each_part():
    emotions = np.concatenate([np.full(80, 3), np.tile([0, -1], 40)])
    found = shares(emotions)
    assert found.shape == (80, 8) and found.sum(axis=1) == pytest.approx(np.ones(80))
    assert (found[:40, 3] == 1).all() and found[40:, 0] == pytest.approx(0.5) and found[40:, 7] == pytest.approx(0.5)
    assert shares(np.array([2, -1])).tolist() == [[0, 0, 1, 0, 0, 0, 0, 0], [0] * 7 + [1]]


def test_strips_stand_at_the_frames_true_times_and_people_s_follow_each_other(tmp_path):
    """Two videos of one person: four frames, the last of which lasts longest, and two."""
    schema, videos = base.polars_schema(EMOTION_SCORES), []
    for name, times_s in (("a", [1.0, 1.1, 1.2, 4.0]), ("b", [0.0, 0.5])):
        boxes = dict.fromkeys(("x", "y", "width", "height"), 1)
        scores = {emotion: float(emotion == "sad") for emotion in EMOTIONS}
        frames = {"frame": range(len(times_s)), "time_s": times_s, "status": "ok", "detector": "mesh", "faces": 1}
        table = pl.DataFrame(frames | boxes | scores, schema)
        base.write(tmp_path / name / "e" / "emotions.parquet", EMOTION_SCORES, table, {})
        videos.append({"video": name, "performer": "p", "folder": str(tmp_path / name)})
    strips = strips_of(pl.DataFrame(videos), "e", None)
    assert strips["a"].times_s == pytest.approx([0, 0.1, 0.2, 3.0]) and strips["a"].seconds == pytest.approx(4)
    (person,) = people_of(pl.DataFrame(videos), strips)
    assert person.times_s == pytest.approx([0, 0.1, 0.2, 3, 4, 4.5]) and person.seconds == pytest.approx(5)
    assert person.emotions.tolist() == [EMOTIONS.index("sad")] * 6


def test_scores_by_cluster_are_means_of_the_features(tmp_path):
    run = study.make(tmp_path)
    scored = run.features.with_columns(emotion_happy=pl.lit(0.75), emotion_sad=pl.lit(0.25))
    named, hidden = (drawn_of(replace(run, features=scored, unnamed=u))["emotion_scores"][1] for u in (False, True))
    assert "happy" in named and "0.8" in named
    assert "class 3" in hidden and "happy" not in hidden
