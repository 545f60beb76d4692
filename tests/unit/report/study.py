"""A small made-up run for the report's tests."""

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from clips import write_clip
from moodreel.classify.verdict import Verdict, judge
from moodreel.clusters.gallery import jpeg
from moodreel.report.page import Page
from moodreel.report.run import Run
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.features import FeaturesSettings
from moodreel.tables.base import polars_schema
from moodreel.tables.classify import CALIBRATION, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, MODALITIES, PREDICTIONS
from moodreel.tables.clusters import CLUSTERS, GALLERY, SILHOUETTE
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.music import PAIRS, UNPAIRED
from moodreel.tables.paper import COMPARISON
from moodreel.tables.videos import VIDEOS

VIDEO = "<script>alert(1)</script>"
"""No id like this passes the table of videos; the page must not rely on that."""

ROWS = 10


def table(spec, rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=polars_schema(spec))


def evaluation(**accuracies: tuple[float, float | None]) -> pl.DataFrame:
    """Figures of one evaluation: classifier -> its figures and what chance gives, None where that was not measured."""
    majority = accuracies.get("majority", (None, None))[0]
    return table(
        EVALUATION,
        [
            {
                "classifier": name, "protocol": "grouped", "group": "video", "labels": labels, "metric": metric, "value": value,
                "low": value - 0.1, "high": min(value + 0.1, 1), "interval": "bootstrap", "windows": 80, "videos": 20, "people": 12,
                "majority": majority, "chance": None if chance is None else "labels" if labels == "truth" else "features",
                "chance_mean": chance, "chance_max": None if chance is None else chance + 0.1, "shuffles": 0 if chance is None else 99,
                "p_value": None if chance is None else 0.01 if value > chance else 0.6,
                "p_corrected": None if chance is None else 0.02 if value > chance else 0.9,
                "verdict": None if metric != "balanced_accuracy" or name == "majority" else _verdict(value, chance, majority),
                "fold_mean": value, "fold_sd": 0.05, "folds": 2, "fold_windows": "40 to 40", "n_train": 40,
            }
            for name, (value, chance) in accuracies.items()
            for labels in ("clusters", "truth")
            for metric in ("accuracy", "balanced_accuracy", "macro_f1")
        ],
    )  # fmt: skip


def _verdict(value: float, chance: float | None, majority: float | None) -> Verdict:
    p = None if chance is None else 0.02 if value > chance else 0.9
    return judge(p, 0 if chance is None else 99, value, majority)


def make(folder: Path) -> Run:
    """Two videos, four windows each, two clusters; the second video was dropped for its reason in a third row."""
    videos = [VIDEO, "b"]
    windows = [
        {
            "video": v, "window": w, "start_s": float(w), "end_s": w + 1.0, "first_row": (videos.index(v) * 4 + w) * ROWS, "rows": ROWS,
            "valid_share": 1.0, "reason": None, "performer": "p", "label": "smile" if w < 2 else "frown",
        }
        for v in videos
        for w in range(4)
    ]  # fmt: skip
    placed = {"distance": 0.1, "silhouette": 0.5, "map_y": 0.0}
    clusters = [w | placed | {"cluster": 1 + w["window"] // 2, "map_x": 1.0 * w["window"]} for w in windows]
    rng, rows = np.random.default_rng(0), 8 * ROWS
    features = pl.DataFrame(
        {
            "video": np.repeat(videos, 4 * ROWS), "time_s": np.tile(np.arange(4 * ROWS) / ROWS, 2), "valid": True,
            "AU12_r": np.tile(np.repeat([2.0, 0.0], 2 * ROWS), 2).astype(np.float32),
            "AU04_r": np.zeros(rows, np.float32),
            "pitch_deg": rng.normal(0, 5, rows).astype(np.float32),
            **{f"{p}_{a}": rng.normal(0, 1, rows).astype(np.float32) for p in ("nose", "left_shoulder", "right_shoulder") for a in "xy"},
        }
    )  # fmt: skip
    (folder / "gallery").mkdir()
    for name in ("1.jpg", "1-drawn.jpg"):
        (folder / "gallery" / name).write_bytes(jpeg(np.full((40, 30, 3), 128, np.uint8)))
    shown = {"cluster": 1, "rank": 1, "video": VIDEO, "window": 0, "time_s": 0.5, "distance": 0.1}
    where = {"classifier": "svm", "protocol": "grouped", "group": "video", "fold": 0, "video": "b", "performer": "p"}
    predictions = [
        where | {"labels": labels, "window": w, "start_s": w * 1.0, "truth": "1", "predicted": "2" if w else "1"}
        for w in range(4)
        for labels in ("clusters", "truth")
    ]
    numbers = [{"k": 2, "evidence": "found", "chosen": True}, {"k": 3, "evidence": "none", "chosen": False}]
    return Run(
        name="test",
        features=features,
        windows=table(WINDOWS, windows),
        labels=table(LABELS, windows),
        silhouette=table(SILHOUETTE, [{"silhouette": 0.5, "inertia": 1.0, **number} for number in numbers]),
        clusters=table(CLUSTERS, clusters),
        gallery=table(GALLERY, [shown | {"picture": "1.jpg", "drawn": "1-drawn.jpg"}]),
        gallery_folder=folder / "gallery",
        evaluation=evaluation(svm=(0.9, 0.5), knn=(0.4, 0.5), majority=(0.5, 0.5)),
        predictions=table(PREDICTIONS, predictions),
        **of_classifiers(),
        classify=ClassifySettings(),
        cluster_names={1: "<i>calm</i>"},
    )


def of_classifiers() -> dict[str, pl.DataFrame]:
    """The tables that follow from the evaluation, by their fields in a run."""
    where = {"protocol": "grouped", "group": "video", "labels": "truth"}
    return {
        "classes": table(CLASSES, [
            {"classifier": "svm", **where, "class": c, "precision": None, "recall": 0.5, "recall_low": low,
             "recall_high": 0.75, "f1": 0.25, "f1_low": low, "f1_high": 0.5, "support": 4, "predicted": 0, "people": 12}
            for c, low in (("frown", 0.13), ("<b>smile</b>", None))
        ]),
        "comparisons": table(COMPARISONS, [
            {**where, "metric": "balanced_accuracy", "first": first, "second": "knn", "difference": 0.5, "sd": 0.1,
             "t": 7.07, "p_value": 0.0894, "folds": 2, "pooled": 0.52, "low": 0.37, "high": 0.61, "windows": 80, "people": 12}
            for first in ("svm", "majority")
        ]),
        "calibration": table(CALIBRATION, [
            {"classifier": "svm", **where, "bin_low": low, "bin_high": low + 0.1, "windows": 4, "people": 2,
             "mean_probability": low + 0.05, "accuracy": 0.5, "low": ends, "high": ends and 0.6}
            for low, ends in ((0.5, 0.3), (0.9, None))
        ]),
        "leakage": table(LEAKAGE, [
            {"classifier": c, "labels": "truth", "metric": "balanced_accuracy", "group": "video", "paper": 0.95,
             "grouped": grouped, "gap": 0.95 - grouped, "low": 0.01, "high": 0.6, "windows": 80, "people": 12, "chance_gap": null}
            for c, grouped, null in (("svm", 0.9, 0.2), ("knn", 0.4, None))
        ]),
        "modalities": table(MODALITIES, [
            {"part": part, "groups": part, "columns": 3, "classifier": "svm", **where, "value": value, "low": value - 0.1,
             "high": value + 0.05, "windows": 80, "videos": 20, "people": 12, "majority": 0.5, "chance_mean": 0.5,
             "shuffles": 99, "p_value": 0.01, "p_corrected": 0.02, "verdict": "above_chance",
             "less_face": less, "less_face_low": low, "less_face_high": high}
            for part, value, less, low, high in (
                ("face", 0.9, None, None, None), ("body", 0.2, -0.7, -0.8, -0.6), ("both", 0.75, -0.15, -0.2, -0.1)
            )
        ]),
        "comparison": table(COMPARISON, [
            {"quantity": f"fidelity/{c}", "published": value, "published_sd": 0.1, "ours": 0.9, "ours_sd": 0.05,
             "protocol": "paper", "group": "window", "chance_mean": 0.7, "chance_max": 0.8, "shuffles": 20,
             "majority": 0.2, "note": "not above its null"}
            for c, value in (("knn", 0.702), ("trees", None))
        ]),
    }  # fmt: skip


def not_evaluated(run: Run) -> Run:
    """The run without an evaluation and what follows from it."""
    names = ("evaluation", "predictions", "classes", "comparisons", "calibration", "leakage")
    return replace(run, **{name: getattr(run, name).clear() for name in names})


@cache
def _clip() -> bytes:
    """Encoded once: on a busy machine the encoder does not always give the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        write_clip(Path(folder, "clip.mp4"), np.full((5, 32, 32, 3), 128, np.uint8))
        return Path(folder, "clip.mp4").read_bytes()


def page(folder: Path, *, pairs: bool = True) -> Page:
    """The run of `make` with one pair, one video that was dropped, and a note."""
    (folder / "pairs").mkdir()
    (folder / "pairs" / "b_0.mp4").write_bytes(_clip())
    pair = {"video": "b", "start_s": 0.0, "rank": 1, "track": VIDEO, "track_start_s": 1.0, "score": 0.9}
    pair |= {"reason": "cluster 1", "preview": "b_0.mp4"}
    measures = {"frames": 40, "duration_s": 4.0, "face_share": 1.0, "pose_share": 1.0, "units_share": 0.75}
    kept = [measures | {"video": v, "kept": True, "windows": 4} for v in (VIDEO, "b")]
    videos = [
        {"video": v, "source": v, "kind": "file", "performer": "p", "path": v, "folder": v, "face_folder": v}
        for v in (VIDEO, "b", "c")
    ]
    unpaired = [
        {"video": v, "window": w, "start_s": w * 1.0, "reason": "own_sound" if w else "no_sound"}
        for v in (VIDEO, "b")
        for w in range(4)
        if not pairs or (v, w) != ("b", 0)
    ]
    made_by = {"code": "abc", "libraries": {"numpy": "1"}, "notes": ["grouped by performer: left out"]}
    return Page(
        run=make(folder),
        title="A & B",
        settings_text="run: <test>",
        videos=table(VIDEOS, videos),
        screening=table(
            SCREENING, [*kept, measures | {"video": "c", "kept": False, "reason": "people: <2>", "windows": 0}]
        ),
        pairs=table(PAIRS, [pair] if pairs else []),
        unpaired=table(UNPAIRED, unpaired),
        previews_folder=folder / "pairs",
        stamps={
            "features.parquet": {"settings": {"features": FeaturesSettings().model_dump(mode="json")}},
            "predictions.parquet": made_by,
        },
    )
