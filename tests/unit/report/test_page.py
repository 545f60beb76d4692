import re
from dataclasses import replace
from html import unescape

import numpy as np
import polars as pl
import pytest
from markupsafe import escape

from moodreel.films import encode
from moodreel.films.links import links
from moodreel.films.word import Word
from moodreel.report.hidden_characters import make_visible
from moodreel.report.page import Film, render
from moodreel.settings.features import FeaturesSettings
from moodreel.storage.atomic import replacement
from unit.report import study


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    return render(study.page(tmp_path_factory.mktemp("run")))


def test_whatever_came_from_tables_is_escaped(page):
    assert not [tag for tag in ("<script>", "<i>calm</i>", "<b>smile</b>") if tag in page]
    for text in ("<script>alert(1)</script>", "<b>smile</b>", "people: <2>", "run: <test>"):
        assert str(escape(text)) in page
    assert "<title>A &amp; B · test</title>" in page


def test_the_page_needs_nothing_but_itself(page, tmp_path):
    assert not re.findall(r'(?:src|href)="(?!data:|#)', re.sub(r'(xlink:)?href="#', 'href="#', page))
    assert page.count('src="data:image/jpeg;base64,') == 2
    for part in ('class="over"', 'src="data:video/mp4;base64,', 'poster="data:image/jpeg;base64,'):
        assert part in page
    assert render(study.page(tmp_path)) == page, "the same run gives the same page"


HIDDEN = "\x00\x1b\x85\u202e\u2066\u200f\ufeff\ud800"


def policy_of(page: str) -> dict[str, str]:
    """The page's Content-Security-Policy, which stands before anything that it is about."""
    head, content = re.match(r'(?s)(.*?)<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page).groups()
    assert "<style" not in head and "<link" not in head
    return dict(rule.strip().partition(" ")[::2] for rule in unescape(content).split(";"))


def test_the_page_may_load_nothing_and_run_nothing(page):
    policy = policy_of(page)
    assert policy["default-src"] == "'none'" and "script-src" not in policy
    assert policy["img-src"] == policy["media-src"] == "data:"
    assert not re.search(r"(?i)<(script|iframe|object|embed|form|link)\b|\son\w+=|javascript:", page)
    assert not re.search(r"(?i)url\((?!['\"]?(data:|#))|@import", page), "a style that loads something"


def test_hidden_characters_of_names_and_labels_are_shown(tmp_path):
    made = study.page(tmp_path)
    label = pl.lit(f"<i>joy</i>{HIDDEN[:-1]}")
    run = replace(made.run, labels=made.run.labels.with_columns(label=label), cluster_names={1: f"calm{HIDDEN[:-1]}"})
    text = render(replace(made, run=run, title=f"title{HIDDEN}"))
    assert not set(HIDDEN) & set(text)
    shown = "\ufffd" * len(HIDDEN)
    assert (
        f"<title>title{shown}" in text and f"calm{shown[1:]}" in text and f"&lt;i&gt;joy&lt;/i&gt;{shown[1:]}" in text
    )
    text.encode("utf-8")


def test_films_are_linked_where_they_show_something(page, tmp_path):
    made = study.page(tmp_path)
    films = [Film("a", "annotated/a.mp4"), Film("b", "annotated/b.mp4"), Film("c", "annotated/c.mp4", "unreadable")]
    with_films = render(replace(made, films=films))
    assert re.findall(r'href="([^#"]+\.mp4)"', with_films) == ["annotated/a.mp4", "annotated/b.mp4"]
    assert "Nothing could be extracted from c (unreadable)." in with_films
    assert "Annotated films" in with_films and "Annotated films" not in page


def test_a_film_that_nobody_asked_for_any_more_is_not_linked(tmp_path):
    for name, reason in (("a", None), ("b", "unreadable")):
        word, picture = Word("r", name, "c0de", reason=reason), np.zeros((48, 64, 3), np.uint8)
        with replacement(tmp_path / "annotated" / f"{name}.mp4") as path:
            encode.write(path, [(0.0, picture)], size=(64, 48), clock=encode.ticks(None), rate_hz=25.0, word=word)
    films = Film("a", "annotated/a.mp4"), Film("b", "annotated/b.mp4", "unreadable")
    for wanted, linked in (("all", [*films]), (["b", "c"], [films[1]]), ([], [])):
        assert links(["a", "b", "c"], tmp_path, wanted) == linked


WHY = "clusters.k = auto: <3> windows"


@pytest.mark.parametrize("features", [True, False])
def test_a_run_with_too_few_windows_says_what_is_missing_and_shows_the_rest(tmp_path, features):
    whole = study.page(tmp_path)
    empty = ("clusters", "silhouette", "gallery", "evaluation", "predictions", "classes", "comparisons", "calibration")
    names = (*empty, "leakage", "modalities", *(() if features else ("features", "windows", "labels")))
    tables = {name: getattr(whole.run, name).clear() for name in names}
    page = replace(
        whole,
        run=replace(whole.run, **tables, missing=(WHY,)),
        pairs=whole.pairs.clear(),
        unpaired=whole.unpaired.clear(),
    )
    text = render(page)
    assert "This run is incomplete." in text and str(escape(WHY)) in text
    assert "<td>c</td><td>no: people: &lt;2&gt;</td>" in text, "videos and their screening are shown"
    assert ("Action units over time</h2>" in text) and ('class="plot"' in text) == features
    assert ("no video was kept" in text) != features
    for part in ("No classifier", 'id="clusters"', 'id="classifiers"', 'id="pairs"', "not judged: all windows"):
        assert part not in text
    assert "incomplete" not in render(whole) and "Action units over time" not in render(whole)


def test_what_was_left_out_is_reported(page):
    assert "grouped by performer: left out" in page and "1 dropped" in page
    assert page.count("people: &lt;2&gt;") == 2, "a video that was dropped has its reason wherever it stands"
    assert "<td>c</td><td>no: people: &lt;2&gt;</td>" in page


def test_times_that_are_not_the_files_own_are_told(tmp_path, page):
    made = study.page(tmp_path)
    first = pl.col("video") == made.screening["video"][0]
    unsure = made.screening.with_columns(times=pl.when(first).then(pl.lit("assumed <25 Hz>")))
    told = render(replace(made, screening=unsure))
    assert "The times of 1 video were assumed or mended" in told and "assumed &lt;25 Hz&gt;" in told
    assert "assumed or mended" not in page


def row(page: str, what: str) -> tuple[str, str]:
    """How many the page says have come so far, and what it says of the others."""
    return re.search(rf'<td class="n">(\d+)</td><td>{what}</td><td>([^<]*)</td>', page).groups()


def test_the_way_from_the_videos_to_the_results_is_counted(tmp_path):
    made = study.page(tmp_path)
    reasons = pl.when(video="b", window=3).then(pl.lit("gaps")).when(video="b", window=2).then(pl.lit("partial"))
    windows = made.run.windows.with_columns(reason=reasons.otherwise(None))
    unknown = pl.when(pl.col("video") == "b", pl.col("window") == 1).then(None).otherwise("label").alias("label")
    clusters = made.run.clusters.join(windows.drop_nulls("reason"), on=["video", "window"], how="anti")
    unpaired = made.unpaired.join(clusters, on=["video", "window"], how="semi")
    run = replace(made.run, windows=windows, labels=made.run.labels.with_columns(unknown), clusters=clusters)
    page = render(replace(made, run=run, unpaired=unpaired))
    held_out = "while their video or person was held out"
    for what, expected in {
        "videos given": ("3", ""), "videos kept": ("2", "1 dropped, listed below"), "windows cut from them": ("8", ""),
        "of these with a label": ("5", "1 without one"), f"tested for their label {held_out}": ("1", "4 not"),
        f"tested for their cluster {held_out}": ("2", "4 not"),
    }.items():  # fmt: skip
        assert row(page, what) == expected
    count, lost = row(page, "windows used")
    assert count == "6" and "1 cut off by the end" in lost and "1 with too few rows in which the person is seen" in lost
    count, lost = row(page, "with music")
    assert count == "1" and lost.startswith("4: all music that could be proposed") and "1: no music sounds" in lost
    assert "5 of 6 windows have no music" in page


def test_what_the_evaluation_found_is_reported(page):
    assert (
        "Balanced label accuracy of svm is 95 % under the paper&#39;s protocol and 90 % with whole videos held out"
        in page
    )
    assert "<td>svm</td><td>knn</td><td>grouped by video</td>" in page
    assert "<td>majority</td><td>knn</td>" not in page
    assert '<p class="verdict good">svm tells the labels apart on videos it was not trained on' in page
    assert "labels were exchanged 99 times" in page


def test_a_run_without_pairs_or_with_a_lost_preview_still_has_its_page(tmp_path):
    run = study.page(tmp_path)
    (tmp_path / "pairs" / "b_0.mp4").unlink()
    page = render(run)
    assert "<video" not in page and "cluster 1" in page
    (tmp_path / "bare").mkdir()
    assert "No window was paired with music" in render(study.page(tmp_path / "bare", pairs=False))


def test_noise_is_called_noise_in_every_row(tmp_path):
    made = study.page(tmp_path)
    noise = study.evaluation(svm=(0.45, 0.5), knn=(0.4, 0.5), majority=(0.5, 0.5))
    page = render(replace(made, run=replace(made.run, evaluation=noise)))
    assert '<p class="verdict bad">No evidence that svm tells the labels apart' in page
    assert "good" not in re.findall(r'class="(?:says|verdict) (\w+)"', page)


def test_a_run_that_evaluated_nothing_still_has_its_page(tmp_path):
    made = study.page(tmp_path)
    page = render(replace(made, run=study.not_evaluated(replace(made.run, silhouette=made.run.silhouette.clear()))))
    assert "evaluation (no classifier was evaluated)" in page
    assert "leakage (there is no protocol to compare the paper&#39;s with)" in page
    assert "cluster 2" in page


def test_a_long_list_of_windows_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("moodreel.report.page.MOST_ROWS", 2)
    made = study.page(tmp_path)
    many = pl.concat([made.pairs] * 5)
    assert "2 of 5 windows; all are in pairs.tsv" in render(replace(made, pairs=many))


@pytest.mark.parametrize(
    ("features", "seen", "pattern"),
    [
        ({}, "action units, head pose, gaze and body", "of movement"),
        ({"set": "emotions"}, "emotion scores", "in these"),
        ({"groups": ["body", "emotions"]}, "body and emotion scores", "in these"),
        ({"set": "paper"}, "the columns of Hsu &amp; Lee (2020)", "of movement"),
    ],
)
def test_the_page_says_what_the_embedding_is_made_of(tmp_path, features, seen, pattern):
    page = study.page(tmp_path)
    stamp = {"settings": {"features": FeaturesSettings(**features).model_dump(mode="json")}}
    text = render(replace(page, stamps={**page.stamps, "features.parquet": stamp}))
    assert f"in an embedding of {seen}." in text and f"is a pattern {pattern}, not an emotion" in text


@pytest.mark.parametrize("hidden", ["\xad", "\u180e", "\u206a", "\u3164", "\ufffa", "\U000e0041", "\u202e", "\x1b"])
def test_characters_that_are_not_seen_get_a_sign(hidden):
    assert make_visible(f"jo{hidden}y") == "jo\ufffdy"
    assert (
        make_visible("\u0646\u200c\u0627 \U0001f468\u200d\U0001f469") == "\u0646\u200c\u0627 \U0001f468\u200d\U0001f469"
    )
