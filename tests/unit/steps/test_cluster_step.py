"""The cluster step: curve with its evidence, numbers that stay, HDBSCAN, and what it refuses."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import silhouette_score

from moodreel.clusters import k_selection
from moodreel.errors import UserError
from moodreel.steps import cluster
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, SILHOUETTE
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from unit.steps.calls import call, table_of

SIZES = {"smile": 16, "frown": 12, "jaw": 8}
NULLS = 19


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """36 windows of 2 s in 12 videos, three planted clusters; null draws without any.

    The embedding is not what it is made of: in the features the clusters lie in other dimensions, and less far apart.
    """
    return made(tmp_path_factory.mktemp("run"), apart=4.0)


@pytest.fixture(scope="module")
def noise(tmp_path_factory) -> Path:
    """The same without clusters in the features; those in the embedding are UMAP's."""
    return made(tmp_path_factory.mktemp("noise"), apart=0.0)


def made(path: Path, *, apart: float) -> Path:
    random = np.random.default_rng(4)
    videos = np.repeat([f"v{i:02d}" for i in range(12)], 3)
    centres = np.repeat(np.arange(3), list(SIZES.values()))[random.permutation(36)]
    moments = np.repeat(np.eye(3)[centres] * 4, 10, axis=0) + random.normal(scale=0.3, size=(360, 3))
    features = np.repeat(np.eye(5)[centres] * apart, 10, axis=0) + random.normal(scale=1.0, size=(360, 5))
    columns = {f"e{d}": moments[:, d] for d in range(3)} | {f"p{d}": features[:, d] for d in range(5)}
    columns |= {f"draw0_e{d}": moments[:, d] for d in range(3)}
    columns |= {f"draw{n}_e{d}": random.normal(size=360) for n in range(1, NULLS + 1) for d in range(3)}
    times = np.tile(np.arange(30) / 5, 12)
    table = pl.DataFrame({"video": np.repeat(videos, 10), "time_s": times, **columns})
    table = table.with_columns(map_x="e0", map_y="e1")
    write_embedding(path, table, NULLS)
    number = np.tile(np.arange(3), 12)
    spans = {"start_s": number * 2.0, "end_s": number * 2.0 + 2, "first_row": np.arange(36) * 50, "rows": 50}
    windows = table_of(WINDOWS, {"video": videos, "window": number, **spans}, valid_share=1.0, performer="ann")
    base.write(path / "windows.parquet", WINDOWS, windows, {})
    labels = windows.with_columns(label=pl.Series(list(SIZES))[centres]).select(LABELS.names)
    base.write(path / "labels.parquet", LABELS, labels, {})
    return path


def test_copies_of_a_recording_are_drawn_together(folder, tmp_path, monkeypatch):
    drawn = []
    true = k_selection.stability
    monkeypatch.setattr(
        k_selection, "stability", lambda flat, videos, *rest: drawn.append({*videos}) or true(flat, videos, *rest)
    )
    shutil.copytree(folder, tmp_path / "run")
    windows = base.read(folder / "windows.parquet", WINDOWS)
    run(tmp_path / "run", k="auto")
    copies = pl.when(pl.col("video") >= "v09").then(pl.lit("v00")).otherwise(None)
    base.write(tmp_path / "run" / "windows.parquet", WINDOWS, windows.with_columns(recording=copies), {})
    run(tmp_path / "run", k="auto")
    videos = {*windows["video"]}
    assert drawn and drawn == [videos] * (len(drawn) // 2) + [{video for video in videos if video < "v09"}] * (
        len(drawn) // 2
    )


def write_embedding(path: Path, table: pl.DataFrame, nulls: int) -> None:
    stamp = {"grid_hz": 25.0, "rate_hz": 5.0, "seed": 1, "nulls": nulls}
    base.write(path / "embedding.parquet", EMBEDDING, table, stamp)


def run(folder: Path, name: str = "clusters", **settings) -> tuple[pl.DataFrame, pl.DataFrame, dict]:
    """Clusters, curve and stamp."""
    out, curve = folder / f"{name}.parquet", folder / f"{name}.tsv"
    given = {name: folder / f"{name}.parquet" for name in ("embedding", "windows")}
    sections = {"clusters": {"k": 3, "k_max": 4, "resamples": 3, **settings}}
    call(cluster, settings=sections, **given, clusters_out=out, silhouette_out=curve)
    return base.read(out, CLUSTERS), base.read_tsv(curve, SILHOUETTE), base.read_stamp(out)


def numbers_of(folder: Path, table: pl.DataFrame) -> dict[str, set[int]]:
    both = base.read(folder / "labels.parquet", LABELS).join(table, on=["video", "window"])
    return {label: set(both.filter(label=label)["cluster"]) for label in SIZES}


def features_silhouette(folder: Path, table: pl.DataFrame) -> float:
    """Of the clusters in `table`, by distances of the principal components."""
    moments = base.read(folder / "embedding.parquet", EMBEDDING).select("^p[0-9]+$").to_numpy()
    return silhouette_score(moments.reshape(36, -1), table["cluster"].to_numpy())


def test_the_curve_says_what_speaks_for_each_k(folder):
    table, curve, stamp = run(folder)
    assert numbers_of(folder, table) == {"smile": {1}, "frown": {2}, "jaw": {3}}
    assert curve.select("k", "chosen").rows() == [(2, False), (3, True), (4, False)]
    best = curve.filter(k=3).row(0, named=True)
    assert best["stability"] > 0.95 > curve.filter(k=4)["stability"].item()
    assert best["silhouette"] > best["silhouette_null_mean"] + 2 * best["silhouette_null_sd"]
    assert (best["evidence"], best["p_value"]) == ("found", 0.05)
    assert stamp["evidence"] | {"passing": 3 in stamp["evidence"]["passing"]} == {
        "verdict": "found", "p_value": 0.05, "null_draws": NULLS, "passing": True,
    }  # fmt: skip
    assert curve.null_count().row(0) == (0,) * curve.width
    assert stamp["sizes"] == {"1": 16, "2": 12, "3": 8}
    assert best["feature_silhouette"] == pytest.approx(features_silhouette(folder, table), abs=1e-5)
    assert best["silhouette"] - best["feature_silhouette"] > 0.1
    assert table["silhouette"].null_count() == 0


def test_of_the_numbers_with_evidence_the_most_stable_is_chosen(folder):
    table, curve, stamp = run(folder, "auto", k="auto", k_without_evidence=2)
    assert stamp["k"] == 3 == table["cluster"].n_unique()
    passing = curve.filter(evidence="found")
    assert passing.height > 1
    assert passing["stability"].max() == curve.filter("chosen")["stability"].item()


def test_clusters_that_only_the_embedding_has_are_no_evidence(noise, capsys):
    table, curve, stamp = run(noise, "auto", k="auto", k_without_evidence=5)
    assert table["cluster"].n_unique() == stamp["k"] == 5
    assert curve.filter(k=3)["silhouette"].item() > 0.7
    assert set(curve["evidence"]) == {"none"}
    assert (stamp["evidence"]["verdict"], stamp["evidence"]["passing"]) == ("none", [])
    assert stamp["evidence"]["p_value"] > 0.05
    assert "evidence of clusters: none" in capsys.readouterr().out
    _, _, given = run(noise, k=3)
    assert (given["k"], given["evidence"]["verdict"]) == (3, "none")


def test_too_few_null_draws_are_never_evidence(folder, tmp_path):
    table = base.read(folder / "embedding.parquet", EMBEDDING)
    write_embedding(tmp_path, table.drop("draw19_e0", "draw19_e1", "draw19_e2"), NULLS - 1)
    shutil.copy(folder / "windows.parquet", tmp_path)
    _, curve, stamp = run(tmp_path, k="auto", k_without_evidence=2)
    assert {*curve["evidence"], stamp["evidence"]["verdict"]} == {"not_judged"}
    assert (stamp["evidence"]["null_draws"], stamp["k"]) == (NULLS - 1, 2)


def test_numbers_of_an_earlier_run_stay(folder):
    table, _, _ = run(folder)
    earlier = table.with_columns(pl.col("cluster").replace({1: 2, 2: 5, 3: 1}))
    base.write(folder / "earlier.parquet", CLUSTERS, earlier, {})
    again, _, stamp = run(folder, previous=str(folder / "earlier.parquet"))
    assert numbers_of(folder, again) == {"smile": {2}, "frown": {5}, "jaw": {1}}
    assert stamp["kept_numbers"] == dict.fromkeys("251", 1.0)
    assert again["distance"].equals(table["distance"])


@pytest.mark.parametrize(("name", "why"), [("absent", "no such file"), ("clusters", "writes itself")])
def test_an_earlier_run_must_be_another_and_be_there(folder, name, why):
    with pytest.raises(UserError, match=rf"clusters\.previous.*{why}"):
        run(folder, previous=str(folder / f"{name}.parquet"))


def test_hdbscan_finds_how_many_and_no_window_goes_without(folder):
    table, curve, stamp = run(folder, "dense", method="hdbscan", min_cluster_share=0.15)
    assert numbers_of(folder, table) == {"smile": {1}, "frown": {2}, "jaw": {3}}
    assert curve.select("k", "chosen").rows() == [(3, True)]
    assert curve["stability"].item() > 0.8
    assert curve["evidence"].item() == stamp["evidence"]["verdict"] == "found"
    assert 0 <= stamp["noise_share"] < 0.5


def test_one_cluster_that_hdbscan_finds_or_that_was_asked_for(folder, capsys):
    table, curve, stamp = run(folder, "one", method="hdbscan", min_cluster_share=0.5)
    assert set(table["cluster"]) == {1} and curve.is_empty()
    assert stamp["evidence"]["verdict"] == "none"
    assert table["silhouette"].null_count() == 36
    assert "lower clusters.min_cluster_share" in capsys.readouterr().out
    table, curve, stamp = run(folder, "single", k=1)
    assert set(table["cluster"]) == {1} and not curve["chosen"].any()
    assert stamp["evidence"]["verdict"] == "not_judged"


def test_elastic_metrics_have_silhouettes_only(folder):
    _, curve, stamp = run(folder, "dtw", metric="dtw", k_min=3, k_max=3, restarts=1)
    assert curve["silhouette"].item() > 0.5
    assert curve.select("stability", "silhouette_null_mean", "feature_silhouette").row(0) == (None,) * 3
    assert curve["evidence"].item() == stamp["evidence"]["verdict"] == "not_judged"


def test_more_clusters_than_windows_are_lowered_and_the_stamp_says_so(folder, noise):
    table, _, stamp = run(folder, name="many", k=40)
    assert table["cluster"].n_unique() == stamp["k"] == 36
    assert any("clusters.k = 40" in note and "only 36 different windows" in note for note in stamp["notes"])
    _, _, stamp = run(noise, "few", k="auto", k_without_evidence=50)
    assert stamp["k"] == 36
    assert any("only 36 different windows" in note for note in stamp["notes"])
