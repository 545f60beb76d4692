import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from moodreel.report.comparison import KINDS, published
from moodreel.report.comparison.page import render
from moodreel.report.comparison.published import PublishedPaper
from moodreel.report.comparison.study import Study, compare
from moodreel.tables.paper import COMPARISON
from unit.report import test_comparison, test_emotions_page
from unit.report.test_published import PAPERS

RUNS = {"expressions": test_comparison.study, "emotions": test_emotions_page.study}
"""A made-up run of each kind of study."""

MADE_UP = {
    "expressions": """
paper: dance-2031
title: Reading <b>dancers</b>
authors: P. Quill & Q. Plume
study: expressions
data: {published: The dancers may not be shown again., built_in: Two portraits dance instead.}
figures:
  - {quantity: fidelity/knn, name: neighbours, published: 0.4321, sd: 0.0123, where: table <9>}
  - {quantity: label_accuracy/svm, name: margins on labels, published: 0.6543}
  - {quantity: cost, name: euros an hour, published: 3.5}
  - {quantity: fidelity/trees, published: 0.2468}
counts: {videos_kept: 1234, clusters: 11, dancers: 17}
not_rerun: {cost: nobody is paid here}
notes: {classifiers: Its folds are weekdays., clusters: It took eleven as there are eleven players., stage: The stage was wet.}
readings: {1: a bow, 2: a leap}
rows: [{dancer: Ann, leaps: 4}, {dancer: Ben, leaps: 5}]
playlists: [{name: Gala, id: PLxyz, videos: 33}]
limits: [it was dark]
parameters:
  - {setting: windows.length_s, published: 5, text: five seconds}
  - {setting: pairing.method, published: mood}
inferences:
  - {quantity: fidelity/knn, correct: 35, of: 81, text: or a multiple}
  - {text: the music came last}
contradictions:
  - {quantity: dancers, also: 18, text: its figure shows one more}
""",
    "emotions": """
paper: choir-2032
title: What <i>singers</i> show
authors: R. Reed & S. Sedge
study: emotions
data: {published: The choir is not for lending., built_in: Two portraits sing instead.}
figures:
  - {quantity: tenors/mtcnn, name: "tenors, MTCNN", published: 0.8765, sd: 0.0321, where: p. <4>}
  - {quantity: altos/haar, published: 0.3456}
  - {quantity: loudness, name: decibels, published: 77}
counts: {clips: 2468, clips_altos: 1357, people: 57, rehearsals: 8}
not_rerun: {loudness: sound is not measured here, rehearsals: nobody rehearses}
notes: {network: Its network is its own., faces: It blames the hats., hall: The hall was cold.}
rows: [{singer: Ann, predicted: Neut, pos: 4}]
limits: [hats hide brows]
parameters: [{setting: emotions.decimals, published: 3}]
inferences: [{quantity: tenors/mtcnn, correct: 71, of: 81}, {quantity: altos, value: 12, text: by the hats}]
contradictions: [{text: the choir has 57 singers and 58 hats}]
""",
}


def text_of(page: str) -> str:
    """What a reader sees of the page, in small letters."""
    without = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split()).lower()


def shown(paper: PublishedPaper, *, built_in: bool) -> Iterator[str]:
    """What must stand on the page, of each key of the file; a key that is not known here is an error."""
    for name in PublishedPaper.model_fields:
        value = getattr(paper, name)
        match name:
            case "study":
                pass
            case "paper" | "title" | "authors":
                yield value
            case "data":
                yield value.built_in if built_in else value.published
            case "figures":
                for one in value:
                    yield from (one.name, one.where, f"{one.published:.6g}")
                    yield "" if one.sd is None else f"± {one.sd:.6g}"
            case "counts":  # "columns" is the name of several rows
                yield from (f"{paper.name(count)} {number:,}" for count, number in value.items() if count != "columns")
                yield from (f"{number:,}" for number in value.values())
            case "not_rerun" | "notes" | "readings":
                yield from value.values()
            case "playlists":
                yield from (f"{one.name} {one.id} {one.videos}" for one in value)
            case "limits":
                yield from value
            case "rows":
                yield from (str(next(iter(one.values()))) for one in value)
            case "parameters":
                yield from (text for one in value for text in (one.setting, one.text))
                yield from (one.published for one in value if isinstance(one.published, str))
            case "inferences":
                for one in value:
                    yield from (one.text, "" if one.of is None else f"{one.correct:,} of {one.of:,}")
                    yield "" if one.value is None else f"{one.value:.6g}"
            case "contradictions":
                yield from (one.text for one in value)
                yield from ("" if one.also is None else f"{one.also:.6g}" for one in value)
            case _:
                raise AssertionError(f"{name}: no test checks that it is shown")


def page_of(paper: PublishedPaper, run: Study) -> str:
    table = compare(run, paper)
    COMPARISON.conform(table)
    return render(table, run, paper)


def run_of(kind: str, built_in: bool) -> Study:
    run = RUNS[kind]()
    return replace(run, videos=run.videos.with_columns(kind=pl.lit("builtin"))) if built_in else run


def made_up(kind: str, folder) -> PublishedPaper:
    path = folder / "expected.yaml"
    path.write_text(MADE_UP[kind], encoding="utf-8")
    return published.read(path)


def test_there_is_a_made_up_paper_and_a_run_of_each_kind():
    assert set(MADE_UP) == set(RUNS) == set(KINDS)


@pytest.mark.parametrize("built_in", [False, True])
@pytest.mark.parametrize("name", PAPERS)
def test_every_key_of_a_papers_file_is_shown(name, built_in):
    paper = PAPERS[name]
    page = text_of(page_of(paper, run_of(paper.study, built_in)))
    texts = (" ".join(text.split()).lower() for text in shown(paper, built_in=built_in))
    assert not [text for text in texts if text not in page]


@pytest.mark.parametrize("built_in", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_paper_has_its_page_and_nothing_of_another(kind, built_in, tmp_path):
    paper = made_up(kind, tmp_path)
    page = page_of(paper, run_of(kind, built_in))
    assert not [tag for tag in ("<b>dancers</b>", "<i>singers</i>", "<9>", "<4>") if tag in page]
    text = text_of(page)
    assert not [one for one in shown(paper, built_in=built_in) if one.lower() not in text]
    foreign = {" ".join(one.split()) for other in PAPERS.values() for one in words(other)} - {""}
    assert len(foreign) > 60
    assert not [one for one in foreign if one.lower() in text]


def words(paper: PublishedPaper) -> Iterator[str]:
    """The texts and figures that a paper alone has."""
    yield from (paper.paper, paper.title, paper.authors, paper.data.published, *paper.limits, *paper.notes.values())
    yield from (paper.data.built_in, *paper.not_rerun.values(), *paper.readings.values())
    yield from (f"{one.published:.6g}" for one in paper.figures if one.published < 1)
    yield from (one.text for one in (*paper.inferences, *paper.contradictions, *paper.parameters))
    yield from (f"{number:,}" for number in paper.counts.values() if number > 300 and number % 1000)


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_a_made_up_paper(kind, tmp_path):
    paper = made_up(kind, tmp_path)
    rows = compare(RUNS[kind](), paper).rows_by_key("quantity", named=True, unique=True)
    figures = {quantity: (row["published"], row["ours"]) for quantity, row in rows.items()}
    notes = {quantity: row["note"] for quantity, row in rows.items()}
    if kind == "expressions":
        expected = {
            "fidelity/knn": (0.4321, 0.9),
            "label_accuracy/svm": (0.6543, 0.55),
            "fidelity/trees": (0.2468, None),
        }
        expected |= {"cost": (3.5, None), "dancers": (17, None), "videos_collected": (None, 3)}
        assert expected.items() <= figures.items()
        assert "exchanged labels" in notes["label_accuracy/svm"]
        assert notes["fidelity/trees"] == "this run has not evaluated it"
        assert (notes["dancers"], notes["cost"]) == ("not measured in this run", "Nobody is paid here.")
        assert notes["windows_with_music"] == "This run pairs by cluster, not as the paper does."
        assert "columns_as_described" not in rows
    else:
        expected = {"loudness": (77, None), "clips": (2468, 48), "people": (57, 6), "clips_altos": (1357, None)}
        assert expected.items() <= figures.items()
        assert (notes["loudness"], notes["rehearsals"]) == ("Sound is not measured here.", "Nobody rehearses.")
        assert rows["tenors/mtcnn/all"]["published_sd"] == 0.0321
        assert (rows["tenors/mtcnn/all"]["windows"], rows["altos/haar/with_face"]["windows"]) == (48, 43)
        assert "frames_per_part" not in rows


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_of_one_figure_has_a_page(kind, tmp_path):
    content = yaml.safe_load(MADE_UP[kind])
    few = {name: content[name] for name in ("paper", "title", "authors", "study", "figures")}
    (tmp_path / "expected.yaml").write_text(yaml.safe_dump(few), encoding="utf-8")
    page = page_of(published.read(tmp_path / "expected.yaml"), RUNS[kind]())
    for heading in ("Inferences", "Contradictions", "Settings", "Notes", "Limits", "Lines of", "lists of videos"):
        assert f"<h2>{heading}" not in page


def test_the_docs_name_every_key_and_every_note_with_a_place_of_its_own():
    text = (Path(__file__).parents[3] / "docs" / "papers.md").read_text(encoding="utf-8")
    assert not [name for name in PublishedPaper.model_fields if f"`{name}`" not in text]
    for kind in KINDS:
        (line,) = re.findall(rf"^\| `{kind}` \|.*$", text, re.M)
        assert all(f"`{note}`" in line for note in type(RUNS[kind]()).NOTES)
