"""Effects of smoothing: noise, lag and correlation of the signals, and the figures of clusters and classifiers.

Run from the repository's root after `make demo`. docs/smoothing.md explains each figure.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import origin
from benchmarks.trust.references import read_openface
from moodreel.crops.one_euro import OneEuro
from moodreel.demo import scores as demo_scores
from moodreel.demo.script import UNITS
from moodreel.features.smoothing import runs, smooth
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base
from moodreel.tables.classify import EVALUATION
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.labels import LABELS
from moodreel.tables.truth import TRUTH
from moodreel.tables.videos import VIDEOS

REACHES_S = (0.12, 0.2, 0.32)
ONE_EURO = ((1.0, 0.5), (3.0, 1.0))
"""Cut-off at rest in Hz, and what it gains per unit of speed (intensities or degrees a second)."""
HEAD = {"head_yaw": "yaw_deg", "head_pitch": "pitch_deg", "head_roll": "roll_deg"}
MAX_GAP_S = WindowsSettings().max_gap_s
LONGEST_LAG = 8
"""In frames; larger shifts are not tried."""

Filter = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def one_euro(times: np.ndarray, values: np.ndarray, run: np.ndarray, min_cutoff_hz: float, beta: float) -> np.ndarray:
    """The causal filter of live programs, for comparison."""
    result = np.empty_like(values)
    for number in np.unique(run):
        one = OneEuro(min_cutoff_hz, beta)
        for at in np.flatnonzero(run == number):
            result[at] = one.apply(np.asarray(values[at]), times[at], 1.0)
    return result


FILTERS: dict[str, Filter] = {
    "off": lambda times, values, run: values,
    **{f"{reach:g} s": partial(smooth, reach_s=reach) for reach in REACHES_S},
    **{f"One-Euro {hz:g} Hz, {beta:g}": partial(one_euro, min_cutoff_hz=hz, beta=beta) for hz, beta in ONE_EURO},
}
"""What is compared, by name."""


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def lag_ms(times: np.ndarray, found: np.ndarray, truth: np.ndarray) -> float:
    """How much later than `truth` `found` (both (n,)) is: where their correlation is highest, between frames too."""
    k, n = LONGEST_LAG, len(times)
    r = [_correlation(found[k + s : n - k + s], truth[k : n - k]) for s in range(-k, k + 1)]
    best = int(np.argmax(r))
    between = 0.0
    if 0 < best < 2 * k:
        between = 0.5 * (r[best - 1] - r[best + 1]) / (r[best - 1] - 2 * r[best] + r[best + 1])
    return (best + between - k) * float(np.median(np.diff(times))) * 1000


def builtin(videos: list[dict]) -> dict[str, dict[str, float]]:
    """Each filter's figures over the built-in clips."""
    rows = []
    for video in videos:
        face = base.read(Path(video["face_folder"]) / "face.parquet", FACE)
        truth = base.read(Path(video["path"]).with_suffix(".truth.parquet"), TRUTH)
        neutral = np.asarray((truth.select(UNITS).to_numpy() < 0.01).all(axis=1))
        still = neutral[:-2] & neutral[1:-1] & neutral[2:]
        for course in (*UNITS, *HEAD):
            wanted = truth[course].cast(pl.Float64).to_numpy()
            signal = _signal(face, HEAD.get(course) or f"{course.upper()}_r", Path(video["folder"]))
            if len(signal[0]) < len(face):
                continue
            for name, smoothed in FILTERS.items():
                found = smoothed(*signal)
                row: dict[str, Any] = {"filter": name}
                if course not in HEAD:
                    row["noise"] = np.mean(np.diff(found, 2)[still] ** 2)
                if course in HEAD:
                    row["head_r"] = _correlation(found, wanted)
                elif course == "au45" and "eyes_closed" not in video["video"]:
                    row |= {"blink_r": _correlation(found, wanted), "blink_peak": found.max() / signal[1].max()}
                elif wanted.max() > 0.5:
                    row |= {"acted_r": _correlation(found, wanted), "acted_lag_ms": lag_ms(signal[0], found, wanted)}
                rows.append(row)
    figures = pl.DataFrame(rows, infer_schema_length=None).group_by("filter", maintain_order=True).mean()
    return {row.pop("filter"): row for row in figures.with_columns(pl.col("noise").sqrt()).rows(named=True)}


def openface(folder: Path, csv: Path) -> dict[str, dict[str, Any]]:
    """Each filter's correlation with OpenFace's intensities on a real clip, frame by frame where both found the
    face."""
    face = base.read(folder / "face.parquet", FACE)
    theirs = read_openface(csv)[0].filter(pl.col("frame") < len(face))
    at = theirs["frame"].to_numpy()
    units = [name for name in theirs.columns if name != "frame" and face[f"{name}_r"].count()]
    result = {}
    for name, smoothed in FILTERS.items():
        r, jumps = {}, []
        for unit in units:
            found = np.full(len(face), np.nan)
            found[face[f"{unit}_r"].is_not_null().to_numpy()] = smoothed(*_signal(face, f"{unit}_r", folder.parent))
            both = np.isfinite(found[at])
            r[f"{unit}_r"] = _correlation(found[at][both], theirs[unit].to_numpy()[both])
            jumps.append(np.nanmean(np.diff(found, 2) ** 2))
        result[name] = {
            "mean_r": float(np.nanmean(list(r.values()))),
            "second_difference": float(np.sqrt(np.mean(jumps))),
            "r": r,
            "frames": int(both.sum()),
        }
    return result


def downstream(reaches_s: list[float], seeds: list[int], cores: int) -> list[dict[str, float]]:
    """Figures of the demo's clusters for each reach and seed of the embedding, and of its classifiers for each reach.

    Classifiers learn the acted expressions from the features, whatever the embedding. Null replicates and `mlp` are
    left out.
    """
    rows = []
    for seed in seeds:
        last = "evaluation.tsv" if seed == seeds[0] else "clusters.parquet"
        for reach in reaches_s:
            run = f"smoothing-{round(reach * 1000)}ms-{seed}"
            folder = Path("results/runs", run)
            changed = {
                "run": run,
                "clusters": {"k": 7},
                "windows": {"stride_s": 1.0},
                "features": {"smoothing_s": reach},
                "embed": {"seed": seed},
                "classify": {"classifiers": ["svm", "knn"], "nulls": 0},
            }
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
                json.dump(changed, config)
                config.flush()
                command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--quiet", "all"]
                command += ["--configfile", config.name, "--", str(folder / last), str(folder / "labels.parquet")]
                subprocess.run(command, check=True)
            rows.append({"reach_s": reach, "seed": seed, **_figures(folder)})
    return rows


def _figures(run: Path) -> dict[str, float]:
    clusters, labels = base.read(run / "clusters.parquet", CLUSTERS), base.read(run / "labels.parquet", LABELS)
    figures = {
        "adjusted_rand": demo_scores.clusters_row(clusters, labels)["value"],
        "silhouette": base.read_tsv(run / "silhouette.tsv", SILHOUETTE).filter("chosen")["silhouette"].item(),
    }
    if (run / "evaluation.tsv").exists():
        scores = base.read_tsv(run / "evaluation.tsv", EVALUATION).filter(
            pl.col("classifier").is_in(["svm", "knn"]), protocol="grouped", labels="truth", metric="balanced_accuracy"
        )
        scores = scores.select("classifier", "group", "mean")
        figures |= {f"{classifier}_by_{group}": mean for classifier, group, mean in scores.iter_rows()}
    return figures


def _signal(face: pl.DataFrame, column: str, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, values and runs of the frames in which `column` has a value."""
    pose = base.read(folder / "pose.parquet", POSE, columns=["time_s", "cut"])
    cuts = pose["time_s"].to_numpy()[pose["cut"].to_numpy()]
    visible = face.filter(pl.col(column).is_not_null())
    times = visible["time_s"].to_numpy()
    return times, visible[column].cast(pl.Float64).to_numpy(), runs(times, MAX_GAP_S, cuts)


def main() -> None:
    parser = origin.parser(__doc__, origin.RESULTS / "smoothing.json")
    parser.add_argument("--run", type=Path, default=Path("results/runs/demo"), help="finished run of built-in clips")
    parser.add_argument("--openface", type=Path, help="OpenFace's CSV of a real clip; needs --folder")
    parser.add_argument("--folder", type=Path, help="that clip's face, results/videos/<video>/<extraction>/<units>")
    parser.add_argument("--reaches", type=float, nargs="*", default=[0.0, *REACHES_S], help="runs of the demo, s")
    parser.add_argument("--seeds", type=int, nargs="*", default=[9000, 1, 2], help="embed.seed of these runs")
    parser.add_argument("--cores", type=int, default=2, help="for these runs")
    args = parser.parse_args()
    if bool(args.openface) != bool(args.folder):
        parser.error("--openface and --folder go together")
    videos = base.read_tsv(args.run / "videos.tsv", VIDEOS).filter(kind="builtin").rows(named=True)
    found: dict[str, Any] = {"builtin": builtin(videos)}
    if args.openface:
        found["openface"] = openface(args.folder, args.openface)
    found["downstream"] = downstream(args.reaches, args.seeds, args.cores)
    origin.write(args.out, found)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200):
        for part in ("builtin", "openface"):
            rows = [{"filter": name, **of} for name, of in found.get(part, {}).items()]
            print(pl.DataFrame(rows).select(pl.exclude("r")) if rows else f"{part}: not measured")
        print(pl.DataFrame(found["downstream"]))


if __name__ == "__main__":
    main()
