"""The self-contained page: everything a run found, pictures and previews inside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from moodreel.report import figures, summary
from moodreel.report.style import colour
from moodreel.video.decode import frames


@dataclass(frozen=True)
class Run:
    """A run's tables and files, as the report needs them."""

    name: str
    title: str
    settings_text: str
    videos: pl.DataFrame
    screening: pl.DataFrame
    features: pl.DataFrame
    windows: pl.DataFrame
    silhouette: pl.DataFrame
    clusters: pl.DataFrame
    gallery: pl.DataFrame
    gallery_folder: Path
    evaluation: pl.DataFrame
    predictions: pl.DataFrame
    pairs: pl.DataFrame
    previews_folder: Path
    cluster_names: Mapping[int, str]
    stamps: Mapping[str, Mapping[str, Any]]


def render(run: Run) -> str:
    """The page as HTML. Whatever came from tables is escaped; figures are our own SVG."""
    names = summary.cluster_names(run.clusters, run.cluster_names)
    means = summary.feature_means(run.features, run.windows, run.clusters)
    verdicts = summary.verdicts(run.evaluation)
    environment = Environment(
        loader=PackageLoader("moodreel.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = lambda value: "–" if value is None or value != value else f"{100 * value:.0f} %"
    environment.filters["number"] = lambda value, digits=2: (
        "–" if value is None or value != value else f"{value:.{digits}f}"
    )
    kept = run.windows.filter(pl.col("reason").is_null())
    return environment.get_template("page.html.j2").render(
        run=run,
        built_in=bool((run.videos["kind"] == "builtin").all()),
        videos_kept=int(run.screening["kept"].sum()),
        minutes=float(run.screening.filter("kept")["duration_s"].sum()) / 60,
        frames=int(run.screening["frames"].sum()),
        dropped=run.screening.filter(~pl.col("kept")).to_dicts(),
        windows_kept=kept.height,
        windows_dropped=run.windows.drop_nulls("reason").group_by("reason").len().sort("reason").rows(),
        silhouette=figures.silhouette_curve(run.silhouette),
        map=figures.cluster_map(run.clusters, names),
        clusters=_cards(run, names),
        profiles=_profiles(means, names),
        verdicts=verdicts,
        headline=_headline(verdicts),
        dots=figures.evaluation_dots(run.evaluation, "accuracy"),
        confusions=_confusions(run.predictions, verdicts),
        stability=summary.stability(run.evaluation),
        notes=list(dict.fromkeys(run.stamps.get("predictions.parquet", {}).get("notes", []))),
        pairs=_pairs(run, names),
        provenance=_provenance(run.stamps),
    )


def _data(path: Path, kind: str) -> str:
    return _inline(path.read_bytes(), kind)


def _inline(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _poster(clip: Path) -> str:
    """The clip's first frame, which stands in the page before anybody presses play."""
    with frames(clip) as decoding:
        picture = next(iter(decoding)).picture
    return _inline(cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes(), "image/jpeg")


def _cards(run: Run, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """One card per cluster: name, colour, size, who is in it, which labels, pictures."""
    labelled = run.clusters.join(
        run.windows.select("video", "window", "performer", "label"), on=["video", "window"], how="left"
    )
    cards = []
    for cluster, name in names.items():
        mine = labelled.filter(cluster=cluster)
        labels = mine["label"].drop_nulls().value_counts(sort=True).head(3).rows()
        pictures = run.gallery.filter(cluster=cluster).sort("rank").to_dicts()
        cards.append(
            {
                "name": name,
                "colour": colour(cluster),
                "windows": mine.height,
                "videos": mine["video"].n_unique(),
                "performers": mine["performer"].n_unique(),
                "labels": [(label, count / mine.height) for label, count in labels],
                "pictures": [{**p, "src": _data(run.gallery_folder / p["picture"], "image/jpeg")} for p in pictures],
            }
        )
    return cards


def _profiles(means: pl.DataFrame, names: Mapping[int, str]) -> dict[str, str]:
    """Figures of what moves in each cluster; a kind of feature that the run does not use is left out."""
    rows = [names[c] for c in means["cluster"]]
    units, unit_names = summary.unit_profile(means)
    angles, angle_names = summary.angle_profile(means)
    bodies = summary.bodies(means)
    made = {}
    if unit_names:
        made["units"] = figures.profile(units, rows, unit_names, "intensity, 0 to 5", signed=False)
    if angle_names:
        made["angles"] = figures.profile(angles, rows, angle_names, "degrees from the mean", signed=True)
    if any(bodies.values()):
        made["bodies"] = figures.skeletons(bodies, summary.average_body(bodies), names)
    return made


def _headline(verdicts: list[summary.Verdict]) -> summary.Verdict | None:
    for labels in ("truth", "clusters"):
        found = summary.best(verdicts, protocol="grouped", group="video", labels=labels)
        if found:
            return found
    return None


def _confusions(predictions: pl.DataFrame, verdicts: list[summary.Verdict]) -> list[dict[str, str]]:
    """The best classifier's confusion matrix for each protocol, group and kind of labels."""
    made = []
    for labels in ("truth", "clusters"):
        for protocol, group in predictions.select("protocol", "group").unique(maintain_order=True).rows():
            best = summary.best(verdicts, protocol=protocol, group=group, labels=labels)
            if best:
                chosen = predictions.filter(classifier=best.classifier, protocol=protocol, group=group, labels=labels)
                what = "label accuracy" if labels == "truth" else "fidelity"
                made.append(
                    {"title": f"{best.classifier}, {protocol} by {group}: {what}", "svg": figures.confusion(chosen)}
                )
    return made


def _pairs(run: Run, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The best track of every window, those with a preview first."""
    first = run.pairs.filter(pl.col("rank") == 1).join(
        run.clusters.select("video", "start_s", "cluster"), on=["video", "start_s"], how="left"
    )
    rows = []
    for pair in first.sort(pl.col("preview").is_null(), "cluster", "video", "start_s").iter_rows(named=True):
        preview = run.previews_folder / pair["preview"] if pair["preview"] else None
        rows.append(
            {
                **pair,
                "name": names.get(pair["cluster"], ""),
                "colour": colour(pair["cluster"] or 1),
                "src": _data(preview, "video/mp4") if preview and preview.is_file() else None,
                "poster": _poster(preview) if preview and preview.is_file() else None,
            }
        )
    return rows


def _provenance(stamps: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "file": name,
            "code": stamp.get("code", ""),
            "libraries": ", ".join(f"{k} {v}" for k, v in stamp.get("libraries", {}).items()),
            "models": ", ".join(f"{k} {v[:12]}" for k, v in stamp.get("models", {}).items()),
        }
        for name, stamp in stamps.items()
    ]
