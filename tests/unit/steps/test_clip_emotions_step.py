"""The step `clip_emotions`: made-up scores with known answers in, classes and figures out."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.steps import clip_emotions
from moodreel.tables import base
from moodreel.tables.emotions import CLIP_ACCURACY, CLIP_EMOTIONS, DETECTORS, EMOTION_SCORES, EMOTION_TIMELINE, EMOTIONS
from moodreel.tables.videos import VIDEOS
from moodreel.video.table import emotions_sha256, read
from unit.steps.calls import call, table_of

HAAR, MTCNN = "emotions-haar-00000000", "emotions-mtcnn-00000000"
LABELS = ("Pos", "Neg", "Neut")
OF = {"Pos": "happy", "Neg": "angry", "Neut": "sad"}
"""An emotion of each class, sadness among the neutral ones, as the paper has it."""


def scored(folder: Path, place: str, frames: list[str | None]) -> None:
    """A table of scores whose frames show these emotions, None for no face."""
    seen = {"x": 0, "y": 0, "width": 80, "height": 80} | dict.fromkeys(EMOTIONS, 0.05)
    rows = [
        {"frame": n, "time_s": n / 25, "status": "ok" if one else "no_face", "faces": int(one is not None)}
        | (seen | {one: 0.7} if one else {})
        for n, one in enumerate(frames)
    ]
    table = pl.DataFrame(rows, schema=base.polars_schema(EMOTION_SCORES))
    table = table.with_columns(detector=pl.lit(place.split("-")[1]))
    base.write(folder / place / "emotions.parquet", EMOTION_SCORES, table, {})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Thirty videos of six people: what haar sees in their frames is drawn, mtcnn sees the label or nobody."""
    rng = np.random.default_rng(0)
    lines, rows = ["video\tsource\tperformer\temotion"], []
    for number in range(30):
        video, performer = f"v{number:02d}", f"p{number % 6}"
        label = LABELS[rng.integers(3)] if number else ""  # the first has none
        lines.append(f"{video}\t{video}.mp4\t{performer}\t{label}")
        folder = tmp_path / "videos" / video
        drawn = [OF[LABELS[rng.integers(3)]] if rng.random() < 0.8 else None for _ in range(7)]
        scored(folder, HAAR, [None] * 7 if number in (3, 4) else drawn)
        scored(folder, MTCNN, [None] * 7 if number == 4 else [OF.get(label, "happy")] * 5 + ["surprise", None])
        rows.append({"video": video, "performer": performer, "folder": str(folder)})
    (tmp_path / "my.tsv").write_text("\n".join(lines) + "\n")
    base.write_tsv(tmp_path / "videos.tsv", VIDEOS, table_of(VIDEOS, rows))
    return tmp_path


def run(place: Path, emotions_sha256: str | None = None, **settings: object) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The clips and the accuracies."""
    out = {f"{name}_out": place / f"{name}.tsv" for name in ("clips", "accuracy", "detectors", "timeline")}
    given = {"videos": place / "videos.tsv", "table": place / "my.tsv", "scores": [HAAR, MTCNN]}
    sections = {"emotions": {"backend": "fer", "acknowledge": True, **settings}}
    call(clip_emotions, settings=sections, **given, emotions_sha256=emotions_sha256, **out)
    return base.read_tsv(place / "clips.tsv", CLIP_EMOTIONS), base.read_tsv(place / "accuracy.tsv", CLIP_ACCURACY)


def test_accuracies_are_those_that_follow_from_the_clips(place) -> None:
    """Computed again from the table of clips alone."""
    clips, accuracy = run(place)
    assert len(clips) == 90, "both detectors and their mean"
    for detector in ("haar", "mtcnn", "mean"):
        mine = [row for row in clips.filter(detector=detector).iter_rows(named=True) if row["label"]]
        for counted in ("all", "with_face"):
            rows = [row for row in mine if counted == "all" or row["frames_with_face"]]
            counts = [max((row["pos"], 2, "Pos"), (row["neg"], 1, "Neg"), (row["neut"], 0, "Neut"))[2] for row in rows]
            right = [bool(row["frames_with_face"]) and c == row["label"] for row, c in zip(rows, counts, strict=True)]
            by = {"detector": detector, "rule": "votes", "classes": "settings", "counted": counted}
            one = accuracy.filter(**by).row(0, named=True)
            assert (one["videos"], one["correct"]) == (len(rows), sum(right))
            assert one["accuracy"] == pytest.approx(sum(right) / len(rows))
            assert one["people"] == 6 and one["low"] <= one["accuracy"] <= one["high"]
    sure = accuracy.filter(detector="mtcnn", rule="votes", classes="settings")
    assert dict(sure.select("counted", "correct").iter_rows()) == {"all": 28, "with_face": 28}
    assert dict(sure.select("counted", "videos").iter_rows()) == {"all": 29, "with_face": 28}, (
        "one without a face is wrong, or left out"
    )


def test_other_classes_take_sadness_for_negative_and_the_mean_is_of_detectors_that_found_a_face(place) -> None:
    clips, accuracy = run(place)
    of = {"detector": "mtcnn", "rule": "votes", "classes": "negative", "counted": "with_face"}
    neutral = clips.filter(detector="mtcnn", label="Neut").filter(pl.col("frames_with_face") > 0).height
    assert accuracy.filter(**of)["correct"].item() == 28 - neutral
    third = {row["detector"]: row for row in clips.filter(video="v03").iter_rows(named=True)}
    assert (third["haar"]["frames_with_face"], third["mtcnn"]["frames_with_face"]) == (0, 6)
    assert third["mean"]["by_votes"] == third["mtcnn"]["by_votes"]
    assert third["haar"]["by_votes"] is None and third["haar"]["face_height"] is None
    unseen = clips.filter(video="v04", detector="mean").row(0, named=True)
    assert (unseen["by_votes"], unseen["by_mean"], unseen["mean_happy"]) == (None, None, None)


def test_detectors_are_compared_frame_by_frame_and_timelines_count_all_frames(place) -> None:
    clips, _ = run(place)
    (found,) = base.read_tsv(place / "detectors.tsv", DETECTORS).rows(named=True)
    assert (found["first"], found["second"], found["frames"]) == ("haar", "mtcnn", 210)
    haar, mtcnn = (clips.filter(detector=name)["frames_with_face"].sum() for name in ("haar", "mtcnn"))
    assert found["both"] + found["only_first"] == haar and found["both"] + found["only_second"] == mtcnn
    assert found["same_face"] == found["both"], "all boxes are the same"
    assert found["same_emotion"] <= found["same_class"] < found["both"]
    lines = base.read_tsv(place / "timeline.tsv", EMOTION_TIMELINE)
    for of, names in (("video", 30), ("performer", 6)):
        mine = lines.filter(of=of)
        assert mine["frames"].sum() == 2 * 30 * 7 and mine["name"].n_unique() == names
        for name in EMOTIONS:
            assert mine[name].sum() == clips.filter(pl.col("detector") != "mean")[f"frames_{name}"].sum()


def test_tables_of_other_frames_are_reported(place) -> None:
    path = place / "videos" / "v07" / HAAR / "emotions.parquet"
    table = base.read(path, EMOTION_SCORES)
    base.write(path, EMOTION_SCORES, table.head(3), {})
    with pytest.raises(UserError, match="v07: its tables of emotion scores have different frames"):
        run(place)


def test_labels_of_another_kind_are_not_judged_and_a_table_that_has_changed_is_refused(place) -> None:
    before = emotions_sha256(read(place / "my.tsv"))
    run(place, before)
    (place / "my.tsv").write_text(re.sub(r"\t(Pos|Neg|Neut)\n", "\tjoy\n", (place / "my.tsv").read_text()))
    clips, accuracy = run(place)
    assert set(clips["label"]) == {None, "joy"}
    assert accuracy.is_empty()
    with pytest.raises(UserError, match="has changed since the run was planned"):
        run(place, before)


def test_rounding_is_the_settings(place) -> None:
    path = place / "videos" / "v00" / HAAR / "emotions.parquet"
    tied = dict.fromkeys(EMOTIONS, 0.05) | {"sad": 0.404, "happy": 0.3951}
    seen = {"status": pl.lit("ok"), "x": 0, "y": 0, "width": 9, "height": 9}
    base.write(path, EMOTION_SCORES, base.read(path, EMOTION_SCORES).with_columns(**tied, **seen), {})
    exact, rounded = (
        run(place, **settings)[0].filter(video="v00", detector="haar").row(0, named=True)["by_votes"]
        for settings in ({}, {"decimals": 1})
    )
    assert (exact, rounded) == ("Neut", "Pos")
