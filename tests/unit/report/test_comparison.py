import re

import polars as pl
import pytest
from markupsafe import escape

from moodreel.report.comparison.expressions import Study, best_k
from moodreel.report.comparison.fidelity import WAYS, paper_against_ours
from moodreel.report.comparison.page import render
from moodreel.report.comparison.study import compare
from moodreel.tables.classify import EVALUATION, MODALITIES
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.music import PAIRS
from moodreel.tables.paper import COMPARISON
from moodreel.tables.videos import VIDEOS
from unit.report.study import table
from unit.report.test_published import HSU_LEE as PAPER

EVIL = "<script>alert(1)</script>"

PROTOCOLS = {way: "paper" if way.startswith("window") else "grouped" for way in WAYS}


def evaluated(shuffles=20, **accuracies):
    """Figures by classifier: `knn=0.9` in all ways; chance gives 0.5 to 0.6 and the majority 0.2."""
    rows = [
        {
            "classifier": classifier, "protocol": protocol, "group": way, "labels": labels, "metric": metric,
            "value": value, "low": value - 0.1, "high": value + 0.1, "interval": "bootstrap", "windows": 80,
            "videos": 20, "people": 12, "majority": 0.2, "chance": "features" if shuffles else None,
            "chance_mean": 0.5 if shuffles else None, "chance_max": 0.6 if shuffles else None, "shuffles": shuffles,
            "p_corrected": None if not shuffles else 0.05 if value > 0.6 else 0.5, "fold_mean": value, "fold_sd": 0.05,
            "folds": 4, "fold_windows": "19 to 21", "n_train": 60,
            "verdict": None if metric != "balanced_accuracy" or classifier == "majority" else "not_judged" if not shuffles
            else "above_chance" if value > 0.6 else "not_above_chance",
        }
        for classifier, value in {**accuracies, "majority": 0.2}.items()
        for way, protocol in PROTOCOLS.items()
        for labels in ("clusters", "truth")
        for metric in ("accuracy", "balanced_accuracy", "macro_f1")
    ]  # fmt: skip
    return table(EVALUATION, rows)


def study(**changes):
    windows = [
        {
            "video": v, "window": w, "start_s": 2.0 * w, "end_s": 2.0 * w + 2, "first_row": 0, "rows": 50,
            "valid_share": 1.0, "reason": "gaps" if w == 2 else None, "performer": v,
        }
        for v in ("a", "b")
        for w in range(3)
    ]  # fmt: skip
    clusters = [{**w, "cluster": 1 + w["window"], "distance": 0.1} for w in windows if w["window"] < 2]
    pair = {"video": "a", "start_s": 0.0, "track": "b", "track_start_s": 0.0, "score": 0.5, "reason": "x"}
    made = {
        "name": "run",
        "settings": {
            "study": "expressions",
            "features": {"set": "paper", "paper": {"columns": "as_described"}},
            "pairing": {"method": "cluster"},
            "screen": {"min_face_confidence": 0.85, "min_mean_coordinate": 0.0, "allow_negative": False},
        },
        "videos": table(VIDEOS, [
            {"video": v, "kind": "file", "performer": v, "pose_backend": "blazepose", "face_backend": "facemesh",
             "folder": v, "face_folder": v}
            for v in "abc"
        ]),
        "screening": table(SCREENING, [
            {"video": v, "kept": not reason, "frames": 100, "reason": reason}
            for v, reason in (("a", None), ("b", None), ("c", f"low, below screen.min_face_share (1) {EVIL}"))
        ]),
        "columns": [f"px_{n}" for n in range(50)],
        "feature_notes": [EVIL],
        "windows": table(WINDOWS, windows),
        "silhouette": table(SILHOUETTE, [
            {"k": k, "silhouette": 0.3, "evidence": "found", "p_value": 0.01, "stability": s, "chosen": k == 2}
            for k, s in ((2, 0.3), (3, 0.4))
        ]),
        "clusters": table(CLUSTERS, clusters),
        "evaluation": evaluated(knn=0.9, svm=0.55, mlp=0.1),
        "modalities": table(MODALITIES, []),
        "pairs": table(PAIRS, [pair | {"rank": rank} for rank in (1, 2)]),
    }  # fmt: skip
    return Study(**{**made, **changes})


def test_published_and_own_stand_in_one_row_for_each_way():
    comparison = compare(study(), PAPER)
    COMPARISON.conform(comparison)
    knn = comparison.filter(quantity="fidelity/knn")
    assert knn["group"].to_list() == list(WAYS)
    names = ("published", "published_sd", "ours", "ours_sd", "folds", "fold_windows", "pooled", "windows", "people")
    assert knn.select(names).rows() == [(0.70238, 0.1031, 0.9, 0.05, 4, "19 to 21", 0.9, 80, 12)] * 4
    assert knn.select("chance_mean", "chance_max", "majority").rows() == [(0.5, 0.6, 0.2)] * 4
    assert comparison.filter(quantity="label_accuracy/knn")["published"].to_list() == [None] * 4


@pytest.mark.parametrize(
    ("classifier", "way", "note"),
    [
        ("knn", "window", "windows of one video lie on both sides"),
        ("knn", "video", "repeats the clusters on unseen videos"),
        ("knn", "window", "The published figure is above what shuffled movement gives"),
        ("svm", "video", "not above shuffled movement (p = 0.5)"),
        ("svm", "window", "one that this protocol gives here on shuffled movement"),
        ("mlp", "window_in_order", "no better than always naming the largest class"),
    ],
)
def test_what_may_be_concluded(classifier, way, note):
    assert note in compare(study(), PAPER).filter(quantity=f"fidelity/{classifier}", group=way)["note"].item()


def test_the_published_figure_is_not_judged_by_a_protocol_that_it_does_not_have():
    grouped = compare(study(), PAPER).filter(pl.col("group").is_in(["video", "performer"]))
    assert not any("published" in note for note in grouped["note"])


def test_where_chance_was_not_measured_nothing_is_concluded():
    comparison = compare(study(evaluation=evaluated(shuffles=0, knn=0.9)), PAPER)
    ours = "Ours is not judged: what chance gives was not measured."
    found = set(comparison.filter(quantity="fidelity/knn")["note"])
    assert found == {ours, f"{ours} What chance gives in place of the published figure was not measured."}
    svm = comparison.row(by_predicate=pl.col("quantity") == "fidelity/svm", named=True)
    assert {name: value for name, value in svm.items() if value is not None} == {
        "quantity": "fidelity/svm", "published": 0.55952, "published_sd": 0.26163, "note": "this run has not evaluated it",
    }  # fmt: skip


def test_counts():
    by_quantity = compare(study(), PAPER).rows_by_key("quantity", named=True, unique=True)
    ours = {name: (row["published"], row["ours"]) for name, row in by_quantity.items() if "/" not in name}
    assert ours == {
        "videos_collected": (366, 3), "videos_kept": (188, 2), "columns": (788, 50), "columns_as_described": (759, 50),
        "columns_as_counted": (788, None), "windows": (None, 4), "clusters": (7, 2), "clusters_with_evidence": (7, 3),
        "windows_with_music": (None, 1), "webcam_frames": (200, None), "speed": (25, None),
    }  # fmt: skip
    assert "docs/speed.md" in by_quantity["speed"]["note"]
    assert by_quantity["webcam_frames"]["note"].startswith("The paper gives no figure")
    assert "1 screen.min_face_share" in by_quantity["videos_kept"]["note"]
    assert "p = 0.01" in by_quantity["clusters"]["note"]
    assert "embedded face model" in by_quantity["columns"]["note"]


def test_the_columns_that_a_run_follows():
    settings = {"features": {"set": "paper", "paper": {"columns": "as_counted"}}}
    of_files = compare(study(settings=settings, columns=["openface_AU01_r"] * 788), PAPER)
    ours = dict(of_files.select("quantity", "ours").iter_rows())
    assert (ours["columns_as_described"], ours["columns_as_counted"]) == (None, 788)
    other = compare(study(settings={"features": {"set": "normalised"}}), PAPER)
    ours = dict(other.select("quantity", "ours").iter_rows())
    assert (ours["columns"], ours["columns_as_described"], ours["columns_as_counted"]) == (50, None, None)


@pytest.mark.parametrize(
    ("evidence", "best", "of_all", "of_chosen"),
    [
        (("found", "found"), 3, "there is evidence for: 2, 3.", "above that of shuffled movement (p = 0.01, corrected"),
        (("found", "none"), 2, "there is evidence for: 2.", "above that of shuffled movement (p = 0.01, corrected"),
        (("none", "none"), None, "evidence for no number of clusters", "(p = 0.01, corrected for the numbers tried): no"),
        (("none", "found"), 3, "there is evidence for: 3.", "no evidence for 2."),
        (("not_judged", "not_judged"), None, "was not judged.", "2 clusters were not judged"),
        ((), None, "was not judged.", "2 clusters were not judged"),
    ],
)  # fmt: skip
def test_the_number_of_clusters_is_the_most_stable_with_evidence(evidence, best, of_all, of_chosen):
    curve = study().silhouette.head(len(evidence)).with_columns(evidence=pl.Series(evidence, dtype=pl.String))
    assert best_k(curve) == best
    comparison = compare(study(silhouette=curve, evaluation=table(EVALUATION, [])), PAPER)
    by_quantity = comparison.rows_by_key("quantity", named=True, unique=True)
    assert by_quantity["clusters_with_evidence"]["ours"] == best
    assert of_all in by_quantity["clusters_with_evidence"]["note"]
    assert of_chosen in by_quantity["clusters"]["note"]


def test_the_page_is_whole_and_escaped():
    one = study()
    page = render(compare(one, PAPER), one, PAPER)
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert page.startswith("<!doctype html>")
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    both_counts = "Both counts, this and the 759 that it describes, cannot be true"
    for words in ("0.70238<br><small>± 0.1031", "0.900<br><small>± 0.050", "grouped by performer", "788", both_counts):
        assert words in page
    assert all(str(escape(limit)) in page for limit in PAPER.limits)
    assert "animated portraits" not in page
    assert render(compare(one, PAPER), one, PAPER) == page


def test_the_page_of_a_run_with_parts_missing():
    few = evaluated(knn=0.9).filter(pl.col("group") == "video", pl.col("labels") == "clusters")
    built_in = study().videos.with_columns(kind=pl.lit("builtin"))
    bare = {"silhouette": table(SILHOUETTE, []), "pairs": table(PAIRS, []), "settings": {}, "feature_notes": []}
    nothing = study(evaluation=few, videos=built_in, **bare)
    page = render(compare(nothing, PAPER), nothing, PAPER)
    assert "Not evaluated in this run: paper (shuffled), paper (in order), grouped by performer." in page
    assert "Evidence for a number of clusters was not judged" in page and "synthetic" in page
    assert "Labels known from elsewhere" not in page
    empty = study(evaluation=table(EVALUATION, []), clusters=table(CLUSTERS, []), windows=table(WINDOWS, []))
    assert "This run has not evaluated it" in render(compare(empty, PAPER), empty, PAPER)


def test_the_figure_has_every_figure():
    names = {c: a.name for c, a in PAPER.of("fidelity").items()}
    (axes,) = paper_against_ours(compare(study(), PAPER), names).axes
    dots = [c.lines[0].get_xdata()[0] for c in axes.containers]
    assert sorted(dots) == sorted([0.70238, 0.55952, 0.10714, *[0.9] * 4, *[0.55] * 4, *[0.1] * 4])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["k-NN", "SVM", "neural network"]
    assert paper_against_ours(compare(study(), PAPER).clear(), names) is None
