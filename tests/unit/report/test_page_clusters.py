import re
from dataclasses import replace

import polars as pl

from moodreel.report import captions, cluster_charts
from moodreel.report.page import render
from moodreel.tables.clusters import CLUSTERS
from unit.report import study


def with_evidence(made, verdict: str, **clusters):
    """The page with a verdict on its clusters, which are those of the test run with other columns."""
    found = {"verdict": verdict, "null_draws": 19}
    found |= {"p_value": 0.4 if verdict == "none" else 0.05, "passing": [2] if verdict == "found" else []}
    stamp = {"evidence": found, "settings": {"clusters": {"k": "auto"}}}
    run = replace(made.run, clusters_stamp=stamp, clusters=made.run.clusters.with_columns(**clusters))
    return render(replace(made, run=study.not_evaluated(run)))


def text_of(page: str) -> str:
    """What a person reads of the page, but for file names and settings."""
    return re.sub(r"<[^>]+>", " ", re.sub(r"<(style|pre|svg)\b.*?</\1>", "", page, flags=re.S))


def test_where_nothing_passes_the_page_opens_with_it_and_claims_no_expressions(tmp_path):
    page = with_evidence(study.page(tmp_path), "none")
    text = text_of(page[page.index("</h1>") :])
    assert " ".join(text.split()).startswith("No evidence of clusters in these data:")
    assert "expression" not in text.lower() and "recurring" not in text.lower()
    assert "Groups of windows" in text and "groups of windows; no evidence of clusters (p = 0.4)" in text
    gallery = page[page.index("<details><summary>Frames nearest") :]
    assert gallery.index('class="cluster"') < gallery.index("</details>") < gallery.index('id="profiles"')


def test_clusters_with_evidence_are_expressions_and_their_gallery_is_open(tmp_path):
    page = with_evidence(study.page(tmp_path), "found")
    assert "Recurring expressions" in page and "No evidence" not in page
    assert "clusters, above chance (p = 0.05)" in page
    assert "<h3>Frames nearest each cluster's centre</h3>" in page


def test_what_was_not_judged_is_not_called_an_expression(tmp_path):
    page = with_evidence(study.page(tmp_path), "not_judged")
    assert "Whether there are clusters in these data was not judged" in page and "Recurring" not in page


def test_clusters_of_one_video_or_one_person_are_marked(tmp_path):
    made = study.page(tmp_path)
    assert "one video only" not in with_evidence(made, "found")
    alone = with_evidence(made, "found", cluster=pl.col("video").rank("dense").cast(pl.Int32))
    assert alone.count("one video only") == 2 and "2 of 2 show one video or one person only" in alone
    people = made.run.windows.with_columns(performer=pl.format("p{}", pl.col("window") // 2))
    made = replace(made, run=replace(made.run, windows=people))
    assert with_evidence(made, "found").count("one person only") == 3


def curve() -> pl.DataFrame:
    """Three numbers of clusters, of which 3 and 4 have evidence; the run uses 3."""
    figures = {"silhouette_null_mean": 0.3, "silhouette_null_sd": 0.1, "stability": 0.8}
    figures |= {"feature_silhouette_null_mean": 0.1, "feature_silhouette_null_sd": 0.05}
    rows = [
        {"k": k, "silhouette": 0.5, "feature_silhouette": 0.2, "evidence": evidence, "chosen": k == 3, **figures}
        for k, evidence in ((2, "none"), (3, "found"), (4, "found"))
    ]
    return study.table(study.SILHOUETTE, rows)


def test_numbers_with_evidence_are_filled_and_the_chosen_one_is_ringed():
    figure = cluster_charts.silhouette_curve(curve())
    for axes in figure.axes:
        marks = {line.get_markerfacecolor(): list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"}
        assert (marks.pop("white"), marks.pop("none"), *marks.values()) == ([2], [3], [3, 4])
    assert [len(axes.collections) for axes in figure.axes] == [1, 1, 0], "stability has no null"


def test_the_caption_says_what_was_tested_and_what_came_out(tmp_path):
    run = replace(study.make(tmp_path), clusters_stamp={"evidence": {"verdict": "none", "p_value": 0.4}})
    caption = captions.silhouette(curve(), 8, run.cluster_verdict)
    for words in ("8 windows", "levels of people and videos kept", "corrected for the numbers tried"):
        assert words in caption
    assert caption.endswith(run.cluster_verdict.sentence)
    bare = captions.silhouette(curve().with_columns(feature_silhouette_null_mean=None), 8, run.cluster_verdict)
    assert "null draws (movement" not in bare


def test_movement_that_is_drawn_larger_says_how_much():
    clusters = study.table(CLUSTERS, [])
    assert "Movement is drawn" not in captions.body(clusters, 1)
    assert captions.body(clusters, 5).endswith("Movement is drawn 5 times as large as it is.")
