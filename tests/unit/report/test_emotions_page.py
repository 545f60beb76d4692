import itertools
import re
from dataclasses import replace

import polars as pl
import pytest

from moodreel.emotions.clips import accuracies
from moodreel.report.comparison.emotions import Study, between, by_height, conclusion, disagreement, timelines
from moodreel.report.comparison.page import render
from moodreel.report.comparison.study import compare
from moodreel.settings.emotions import EmotionsSettings
from moodreel.tables.emotions import CLIP_EMOTIONS, DETECTORS, EMOTION_TIMELINE, EMOTIONS
from moodreel.tables.videos import VIDEOS
from unit.report.study import table
from unit.report.test_published import CS640 as PAPER

SETTINGS = EmotionsSettings(backend="fer", acknowledge=True, detectors=["mtcnn", "haar"], decimals=2)
OF = {"Pos": "happy", "Neg": "angry", "Neut": "sad"}


def study(people: int = 6, each: int = 8, kind: str = "file", *, skilled: bool = True) -> Study:
    """Clips of people who show each class in turn; mtcnn sees it, haar always the first, and in every tenth nobody."""
    labels = ["Pos", "Neg", "Neut"]
    clips, videos, lines = [], [], []
    for number in range(people * each):
        performer, label = f"p{number % people}", labels[(number // people) % 3]
        video = f"<v{number}>" if kind == "file" else f"v{number}"
        read = {"pose_backend": "x", "face_backend": "x", "folder": "f", "face_folder": "f"}
        videos.append({"video": video, "performer": performer, "kind": kind, **read})
        for detector in ("mtcnn", "haar"):
            seen = OF[label] if detector == "mtcnn" and skilled else "happy"
            faces = 0 if detector == "haar" and number % 10 == 0 else 50
            means = {f"mean_{name}": 0.4 if name == seen else 0.1 for name in EMOTIONS} if faces else {}
            counts = {f"frames_{name}": faces if name == seen else 0 for name in EMOTIONS}
            classes = {name.lower(): faces if OF[name] == seen else 0 for name in OF}
            vote = next(name for name in OF if OF[name] == seen) if faces else None
            clips.append(
                {"video": video, "performer": performer, "detector": detector, "frames": 60, "frames_with_face": faces, "label": label}
                | {"face_height": 80.0 + number if faces else None, "by_votes": vote, "by_mean": vote} | counts | means | classes
            )  # fmt: skip
            part = {"of": "performer", "name": performer, "detector": detector, "part": number // people, "frames": 60}
            lines.append(part | {name: 50 if name == seen else 0 for name in EMOTIONS})
    agreement = {
        "first": "mtcnn", "second": "haar", "frames": 100, "both": 80, "only_first": 15, "only_second": 2,
        "same_face": 79, "same_emotion": 40, "same_class": 60, "disagree": 58,
    }  # fmt: skip
    of_clips = table(CLIP_EMOTIONS, clips)
    return Study(
        name="test",
        settings={"study": "emotions", "emotions": SETTINGS.model_dump(mode="json")},
        videos=table(VIDEOS, videos),
        clips=of_clips,
        accuracy=accuracies(of_clips, SETTINGS),
        detectors=table(DETECTORS, [agreement]),
        timeline=table(EMOTION_TIMELINE, lines),
    )


def page_of(run: Study) -> str:
    return render(compare(run, PAPER), run, PAPER)


def test_each_published_figure_stands_next_to_ours_counted_both_ways():
    found = compare(study(), PAPER)
    kinds = itertools.product(("2019", "2020"), ("mtcnn", "haar"), ("with_face", "all"))
    assert [name for name in found["quantity"] if "/" in name] == ["/".join(kind) for kind in kinds]
    with_face, every = (found.filter(quantity=f"2019/haar/{c}").row(0, named=True) for c in ("with_face", "all"))
    assert (with_face["windows"], every["windows"]) == (43, 48)
    assert every["ours"] < with_face["ours"], "a clip without a face is wrong"


@pytest.mark.parametrize(
    ("detector", "words"),
    [
        ("mtcnn", r"^Above labels exchanged within each person \(p = 0.004, times 4 rows\), of 48 clips of 6 people"),
        ("haar", "^Not above labels exchanged"),
    ],
)
def test_what_may_be_concluded(detector, words):
    one = study()
    rows = one.accuracy.filter(detector=detector, rule="votes", classes="settings", counted="all")
    assert re.match(words, conclusion(rows.row(0, named=True), one))
    few = study(people=4)
    assert conclusion(few.accuracy.row(0, named=True), few).startswith("Too few to say anything: 32 clips of 4 people")


def test_the_detectors_are_tested_against_each_other():
    first, second, found, clips = between(study())
    assert (first, second, clips) == ("mtcnn", "haar", 48)
    assert found.only_second == 0 and found.only_first > 20 and found.p_value < 1e-6


def test_heights_are_thirds_of_the_clips_with_a_face():
    rows = [row for row in by_height(study().clips) if row["detector"] == "haar"]
    assert [row["clips"] for row in rows] == [15, 14, 14]
    assert all(a["to"] <= b["from"] for a, b in itertools.pairwise(rows))


def test_the_page_is_whole_and_escaped():
    page = page_of(study())
    assert "<v0>" not in page and "&lt;v0&gt;" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert all(words in page for words in ("60.04 %", "53.74 %", "McNemar", "exchanged"))
    assert page == page_of(study())


def test_of_the_built_in_people_no_emotion_is_named():
    page = re.sub(r"<h2>Settings</h2>.*?</table>", "", page_of(study(kind="builtin")), flags=re.S)
    shown = re.sub(r"<(style|details)>.*?</\1>", "", page, flags=re.S)
    assert "drawn at random" in shown and "class 3" in shown
    of_figures = " ".join(re.findall(r"<svg.*?</svg>", page, re.S))
    assert not [name for name in EMOTIONS if name in of_figures]
    rows = re.search(r"<h2>Clip by clip</h2>.*?</details>", page, re.S).group()
    assert not re.search(r">(Pos|Neg|Neut|happy|sad|angry)<", rows)


def test_nor_where_they_are_among_others():
    one = study()
    mixed = one.videos.with_columns(kind=pl.Series(["builtin", *["file"] * (len(one.videos) - 1)]))
    page = page_of(replace(one, videos=mixed))
    of_figures = " ".join(re.findall(r"<svg.*?</svg>", page, re.S))
    assert "class 3" in of_figures and not [name for name in EMOTIONS if name in of_figures]
    assert not re.search(r"<td>(Pos|Neg|Neut)<", page) and "drawn at random" not in page


def test_a_timeline_for_each_person_and_a_panel_for_each_detector():
    figures = timelines(study(people=3))
    assert len(figures) == 3 and {len(figure.axes) for figure in figures} == {2}


def test_a_run_without_labels_has_a_page():
    one = study()
    nothing = {name: getattr(one, name).clear() for name in ("accuracy", "detectors", "timeline")}
    bare = replace(one, clips=one.clips.with_columns(label=pl.lit(None, pl.String)), **nothing)
    found = compare(bare, PAPER).filter(pl.col("quantity").str.contains("/"))
    assert found["ours"].to_list() == [None] * 4
    assert "no clips that it can be set beside" in page_of(bare)


def test_how_many_frames_have_disagreeing_detectors_is_reported_in_words():
    one = study()
    text = disagreement(one.detectors.row(0, named=True))
    assert text == (
        "mtcnn and haar disagree in 58 of 100 frames (58 %): on whether there is a face in 17 of 100 frames (17 %); where "
        "both find one, they take different faces in 1 of 80 frames (1 %), and the highest score is that of different "
        "emotions in 40 of 80 frames (50 %)."
    )
    assert text in page_of(one)
    none = {
        "first": "mtcnn",
        "second": "haar",
        "frames": 9,
        "both": 0,
        "only_first": 9,
        "only_second": 0,
        "disagree": 9,
    }
    found = disagreement(none)
    assert found == "mtcnn and haar disagree in 9 of 9 frames (100 %): in no frame do both find a face."


@pytest.mark.parametrize("kind", ["file", "builtin"])
def test_the_papers_own_lines_have_letters_where_no_class_is_named(kind):
    (quoted,) = re.findall(r"<h2>Lines of the paper's table</h2>.*?</table>", page_of(study(kind=kind)), re.S)
    named = re.findall(r"\b(Pos|Neg|Neut|pos|neg|neut)\b", quoted)
    assert "biden_58.0" in quoted and (not named if kind == "builtin" else len(named) == 21)
