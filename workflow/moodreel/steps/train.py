"""Train the final classifiers on all windows and save them with what applying them to a new recording takes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.classify import description, probabilities
from moodreel.classify.evaluation_input import clusters_of
from moodreel.classify.reference_space import Space
from moodreel.classify.saved import Model, save
from moodreel.classify.series import bin_features
from moodreel.classify.training import Classifier, train
from moodreel.errors import UserError
from moodreel.features import bins
from moodreel.features.labels import add_labels
from moodreel.features.windows import require_kept
from moodreel.music.library import Library, read_soundtracks, used_parts
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.storage.atomic import folder_replacement, of_suffix
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.applied import MODEL_MUSIC, MODEL_SPACE
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="features.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--labels", type=Path, required=True, help="labels.parquet")
    parser.add_argument("--clusters", type=Path, required=True, help="clusters.parquet")
    parser.add_argument("--videos", type=Path, help="the run's videos.tsv; without it no music is kept")
    parser.add_argument("--soundtracks", help="path of a video's soundtrack, with {video} for its id; with --videos")
    parser.add_argument("--out-folder", type=Path, required=True, help="where <classifier>.skops and the rest go")
    args = parser.parse_args()
    with folder_replacement(args.out_folder, of_suffix(".skops", ".parquet", ".json")) as folder:
        fit(args, folder)


def fit(args: Namespace, folder: Path) -> None:
    """Train on all windows, and write into `folder` what applying the classifiers takes."""
    features = FeaturesSettings(**args.settings.get("features", {}))
    embed = EmbedSettings(**args.settings.get("embed", {}))
    classify = ClassifySettings(**args.settings.get("classify", {}))
    names = ClustersSettings(**args.settings.get("clusters", {})).names
    cutting = windows_settings(args.windows)
    windows = add_labels(require_kept(base.read(args.windows, WINDOWS)), base.read(args.labels, LABELS))
    matrix = bins.read(args.features, features.groups_in_use, windows, embed.rate_hz)
    numbers = clusters_of(windows, base.read(args.clusters, CLUSTERS))
    clusters = pl.Series(numbers).cast(pl.String)
    everything = bin_features(matrix, windows, features, embed.rate_hz)
    scaler = everything.scaler(features, np.ones(len(windows), dtype=bool))
    series, videos = everything.series(scaler), windows["video"].to_numpy().astype(str)
    sections = {"windows": cutting, "features": features, "embed": embed, "classify": classify}
    settings = {name: section.model_dump(mode="json") for name, section in sections.items()}
    fingerprint = description.fingerprint(settings, matrix.columns, numbers.tolist())
    sktime = ("sktime",) if "minirocket" in classify.classifiers else ()
    stamp = make_stamp(
        code=args.code,
        settings=settings,
        libraries=("numpy", "scikit-learn", "tslearn", "skops", *sktime),
        fingerprint=fingerprint,
    )
    learnt: dict[str, description.Learnt] = {}
    for name in classify.classifiers:
        model = Model(
            columns=matrix.columns,
            grid_hz=matrix.rate_hz,
            rate_hz=embed.rate_hz,
            rows=windows["rows"][0],
            scaler=scaler,
            clusters=train_on(name, series, clusters, classify, videos),
            truth=train_on(name, series, windows["label"], classify, videos),
            stamp=stamp,
        )
        save(folder / f"{name}.skops", model)
        both = [c for c in (model.clusters, model.truth) if c]
        if both:
            learnt[name] = description.Learnt(
                clusters=model.clusters.classes.tolist() if model.clusters else [],
                labels=model.truth.classes.tolist() if model.truth else [],
                probabilities=all(map(probabilities.has_probabilities, both)),
            )
    space = Space.of(series, numbers, scaler.columns_, classify.seed)
    base.write(folder / "space.parquet", MODEL_SPACE, space.table(), stamp)
    library = library_of(args.videos, args.soundtracks)
    music = music_of_windows(windows, numbers, space.places(series), library)
    base.write(folder / "music.parquet", MODEL_MUSIC, music, stamp)
    sizes = np.bincount(numbers).tolist()
    described = description.Description(
        format=description.FORMAT,
        tables=description.TABLES,
        fingerprint=fingerprint,
        windows=settings["windows"],
        features=settings["features"],
        rate_hz=embed.rate_hz,
        columns=description.describe_columns(matrix.columns, scaler.columns_),
        owners=sorted(set(everything.owners.astype(str))),
        clusters={
            number: description.Cluster(name=names.get(number, f"cluster {number}"), windows=sizes[number], reach=reach)
            for number, reach in zip(space.numbers.tolist(), space.reach.tolist(), strict=True)
        },
        unit=space.unit,
        classifiers=learnt,
        sounds={} if library is None else {video: int(number) for video, number in library.sounds.items()},
        emotions=base.read_stamp(args.features).get("emotions"),
        stamp=stamp,
    )
    description.write(folder, described)
    print(f"{len(windows)} windows, {len(space.numbers)} clusters, {len(music)} windows with music")
    print(f"trained {', '.join(learnt) or 'nothing'}")


def windows_settings(path: Path) -> WindowsSettings:
    """The settings by which the windows were cut, from the table's own stamp. Raises UserError where it has none."""
    found: Mapping[str, Any] = base.read_stamp(path).get("settings", {})
    if "windows" not in found:
        raise UserError(f"{path}: does not say by which settings it was cut. Delete it and run again.")
    return WindowsSettings(**found["windows"])


def train_on(
    name: str, series: np.ndarray, labels: pl.Series, settings: ClassifySettings, videos: np.ndarray
) -> Classifier | None:
    """The classifier `name` trained on the windows that have one of `labels`; None where there is nothing to learn.

    Where hyper-parameters are searched, a video's windows stay together.
    """
    known = labels.is_not_null().to_numpy()
    different = labels.drop_nulls().n_unique()
    if different < 2:
        print(f"{name}: nothing to learn of {labels.name or 'cluster'}: {different} different values")
        return None
    found = train(name, series[known], labels.drop_nulls().to_numpy(), settings, videos[known])
    if found.note:
        print(found.note)
    return found


def library_of(videos: Path | None, soundtracks: str | None) -> Library | None:
    """The run's music; None where the step was not told of it."""
    if videos is None or soundtracks is None:
        return None
    table = base.read_tsv(videos, VIDEOS)
    return Library.of(read_soundtracks(soundtracks, table), used_parts(table))


def music_of_windows(
    windows: pl.DataFrame, clusters: np.ndarray, places: np.ndarray, library: Library | None
) -> pl.DataFrame:
    """The table MODEL_MUSIC: those of `windows` during which music of the `library` sounds, with their `places`."""
    spans = windows.select("video", "start_s", "end_s").iter_rows()
    sounds = [library is not None and library.sounds_at(*span) for span in spans]
    table = windows.select(track="video", start_s="start_s", cluster=pl.Series(clusters, dtype=pl.Int32))
    return table.with_columns(pl.Series(f"c{i}", column) for i, column in enumerate(places.T)).filter(pl.Series(sounds))


if __name__ == "__main__":
    step.run(main)
