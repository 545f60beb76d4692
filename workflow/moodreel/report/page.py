"""The self-contained page: everything a run found, pictures and previews inside it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import polars as pl

from moodreel.classify.estimators import DUMMIES
from moodreel.features.labels import add_labels
from moodreel.music.ranking import lacks_in_words
from moodreel.report import captions, emotion_charts, figures, modalities, summary, unit_trust
from moodreel.report.run import Run
from moodreel.report.style import colour, svg
from moodreel.report.templates import STYLE, environment
from moodreel.report.way import way
from moodreel.settings.features import FeaturesSettings
from moodreel.tables import base
from moodreel.video.decode import frames

MOST_ROWS = 500
"""Lines of a long list that the page shows; all of them are in the run's tables."""


NOTED = ("features.parquet", "clusters.parquet", "predictions.parquet")
"""Tables whose stamps note what was left out or done otherwise than set."""


@dataclass(frozen=True)
class Film:
    """A video's annotated film, as a path from the page's folder. `reason`: why it shows nothing, if so."""

    video: str
    path: str
    reason: str | None = None


@dataclass(frozen=True)
class Page:
    """A run with what only the page shows."""

    run: Run
    title: str
    settings_text: str
    videos: pl.DataFrame
    screening: pl.DataFrame
    pairs: pl.DataFrame
    unpaired: pl.DataFrame
    previews_folder: Path
    stamps: Mapping[str, Mapping[str, Any]]
    films: Sequence[Film] = ()


def render(page: Page) -> str:
    """The page as HTML. Everything from tables is escaped; figures are our own SVG."""
    run, features = page.run, _features(page.stamps)
    names = summary.cluster_names(run.clusters, run.cluster_names)
    rows = summary.figures(run.evaluation)
    headline = summary.headline(rows, run.classify)
    missing: dict[str, str] = {}
    drawn = [
        {"name": d.name, "title": d.title, "caption": d.caption, "svg": svg(d.figure)}
        for d in figures.every(run, missing.__setitem__, without=figures.FOR_PRINT)
    ]
    templates = environment()
    templates.filters["share"] = lambda value: "–" if value is None or value != value else f"{100 * value:.0f} %"
    kept = run.windows.filter(pl.col("reason").is_null())
    pairs = _pairs(page, names)
    return templates.get_template("page.html.j2").render(
        style=STYLE,
        page=page,
        run=run,
        incomplete=_incomplete(run),
        built_in=bool((page.videos["kind"] == "builtin").all()),
        videos_kept=int(page.screening["kept"].sum()),
        minutes=float(page.screening.filter("kept")["duration_s"].sum()) / 60,
        frames=int(page.screening["frames"].sum()),
        dropped=page.screening.filter(~pl.col("kept")).to_dicts(),
        unsure_times=page.screening["times"].count(),
        windows_kept=kept.height,
        way=way(page.screening, run.windows, run.labels, run.predictions, run.clusters, page.unpaired),
        unpaired=lacks_in_words(page.unpaired),
        feature_words=captions.features(features),
        pattern="in these" if "emotions" in features.groups_in_use else "of movement",
        most_strips=emotion_charts.STRIPS,
        figures={d["name"]: d for d in drawn},
        missing=missing,
        cluster_verdict=run.cluster_verdict,
        clusters=_cards(run, names),
        rows=rows,
        headline=headline,
        leakage=summary.leakage_says(run.leakage, run.classify),
        chance=captions.chance(rows),
        modalities=modalities.says(run.modalities),
        parts=run.modalities.to_dicts(),
        classes=_classes(run, headline and headline.figure, names),
        comparisons=_comparisons(run.comparisons),
        stability=summary.stability(run.evaluation),
        films=[film for film in page.films if not film.reason][:MOST_ROWS],
        films_in_all=sum(not film.reason for film in page.films),
        not_filmed=[film for film in page.films if film.reason][:MOST_ROWS],
        notes=list(dict.fromkeys(note for name in NOTED for note in page.stamps.get(name, {}).get("notes", []))),
        trust=unit_trust.of_run(run),
        pairs=pairs[:MOST_ROWS],
        pairs_in_all=len(pairs),
        provenance=_provenance(page.stamps),
    )


def _incomplete(run: Run) -> str:
    """What a run has whose other tables are empty."""
    whole = "videos and their screening" if run.windows.is_empty() else "videos, their screening, features and windows"
    return f"Its {whole} are below; what needs more is empty:" if run.missing else ""


def stamps_of_readings(videos: pl.DataFrame, screening: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The stamps of the tables of one kept video, by path: all of a run's videos (VIDEOS, SCREENING) are extracted in
    the same way."""
    kept = videos.join(screening.filter("kept"), on="video", how="semi", maintain_order="left")
    places = (("folder", "pose.parquet"), ("folder", "mesh.parquet"), ("face_folder", "face.parquet"))
    paths = [Path(row[folder], name) for row in kept.head(1).iter_rows(named=True) for folder, name in places]
    return {str(path): base.read_stamp(path) for path in paths if path.is_file()}


def _features(stamps: Mapping[str, Mapping[str, Any]]) -> FeaturesSettings:
    """The settings of the features, from their stamp."""
    return FeaturesSettings(**stamps["features.parquet"]["settings"]["features"])


def _data(path: Path, kind: str) -> str:
    return _inline(path.read_bytes(), kind)


def _inline(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _poster(clip: Path) -> str:
    """The clip's first frame, which the page shows before playback."""
    with frames(clip) as decoding:
        picture = next(iter(decoding)).picture
    return _inline(cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes(), "image/jpeg")


def _cards(run: Run, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """One card per cluster: name, colour, size, performers, labels, pictures."""
    known = add_labels(run.windows, run.labels).select("video", "window", "performer", "label")
    shown = run.clusters.join(known, on=["video", "window"], how="left", maintain_order="left")
    several_people = shown["performer"].n_unique() > 1
    cards = []
    for cluster, name in names.items():
        mine = shown.filter(cluster=cluster)
        labels = (
            mine["label"].drop_nulls().value_counts().sort("count", "label", descending=[True, False]).head(3).rows()
        )
        pictures = run.gallery.filter(cluster=cluster).sort("rank").to_dicts()
        cards.append(
            {
                "name": name,
                "colour": colour(cluster),
                "windows": mine.height,
                "videos": mine["video"].n_unique(),
                "performers": mine["performer"].n_unique(),
                "alone": _alone(mine, several_people),
                "labels": [(label, count / mine.height) for label, count in labels],
                "pictures": [_picture(run.gallery_folder, p) for p in pictures],
            }
        )
    return cards


def _alone(windows: pl.DataFrame, several_people: bool) -> str | None:
    """The only source of a cluster's windows, whose level the cluster may be; None where it recurs."""
    if windows["video"].n_unique() == 1:
        return "one video only"
    return "one person only" if several_people and windows["performer"].n_unique() == 1 else None


def _picture(folder: Path, row: dict[str, Any]) -> dict[str, Any]:
    """A row of GALLERY with its pictures inside it: plain, and with the extraction's results drawn over it."""
    over = _data(folder / row["drawn"], "image/jpeg") if row["drawn"] else None
    return {**row, "src": _data(folder / row["picture"], "image/jpeg"), "over": over}


def _classes(run: Run, headline: summary.Figures | None, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """How the classifier of the headline recognised each class."""
    if headline is None:
        return []
    table = run.classes.filter(
        classifier=headline.classifier, protocol=headline.protocol, group=headline.group, labels=headline.labels
    )
    rows = {row["class"]: row for row in table.iter_rows(named=True)}
    order = summary.class_order(table["class"])
    return [{**rows[c], "name": summary.class_name(c, headline.labels, names)} for c in order]


def _comparisons(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Every pair of classifiers by balanced accuracy, without dummies, the most relevant first."""
    shown = table.filter(
        (pl.col("metric") == figures.METRIC) & ~pl.col("first").is_in(DUMMIES) & ~pl.col("second").is_in(DUMMIES)
    )
    rows = shown.sort(pl.col("labels") == "clusters", pl.col("protocol") == "paper", maintain_order=True)
    return [
        {**row, "where": summary.where(row["protocol"], row["group"]), "target": summary.target_name(row["labels"])}
        for row in rows.iter_rows(named=True)
    ]


def _pairs(page: Page, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The best track of every window, those with a preview first."""
    run = page.run
    first = page.pairs.filter(pl.col("rank") == 1).join(
        run.clusters.select("video", "start_s", "cluster"), on=["video", "start_s"], how="left"
    )
    rows = []
    for pair in first.sort(pl.col("preview").is_null(), "cluster", "video", "start_s").iter_rows(named=True):
        preview = page.previews_folder / pair["preview"] if pair["preview"] else None
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
