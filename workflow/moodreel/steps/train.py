"""Train the final classifiers on all windows and save them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from moodreel import provenance
from moodreel.classify.saved import Model, save
from moodreel.classify.series import binned
from moodreel.classify.study import clusters_of
from moodreel.classify.training import Classifier, train
from moodreel.features.matrix import read
from moodreel.features.windows import kept_or_raise
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import WINDOWS


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="features.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--clusters", type=Path, required=True, help="clusters.parquet")
    parser.add_argument("--out-folder", type=Path, required=True, help="where <classifier>.skops go")
    args = parser.parse_args()
    sections = {
        "features": FeaturesSettings(**args.settings.get("features", {})),
        "embed": EmbedSettings(**args.settings.get("embed", {})),
        "classify": ClassifySettings(**args.settings.get("classify", {})),
    }
    features, embed, classify = sections.values()
    matrix = read(args.features, features.groups)
    windows = kept_or_raise(base.read(args.windows, WINDOWS))
    clusters = pl.Series(clusters_of(windows, base.read(args.clusters, CLUSTERS))).cast(pl.String)
    everything = binned(matrix, windows, features, embed.rate_hz)
    scaler = everything.scaler(features, np.ones(len(windows), dtype=bool))
    series = everything.series(scaler)
    stamp = provenance.stamp(
        code=args.code,
        settings={name: section.model_dump(mode="json") for name, section in sections.items()},
        libraries=("numpy", "scikit-learn", "tslearn", "skops"),
    )
    for name in classify.classifiers:
        model = Model(
            columns=matrix.columns,
            grid_hz=matrix.rate_hz,
            rate_hz=embed.rate_hz,
            rows=windows["rows"][0],
            scaler=scaler,
            clusters=learnt(name, series, clusters, classify),
            truth=learnt(name, series, windows["label"], classify),
            stamp=stamp,
        )
        save(args.out_folder / f"{name}.skops", model)


def learnt(name: str, series: np.ndarray, labels: pl.Series, settings: ClassifySettings) -> Classifier | None:
    """The classifier `name` trained on the windows that have one of `labels`; None where there is nothing to learn."""
    known = labels.is_not_null().to_numpy()
    different = labels.drop_nulls().n_unique()
    if different < 2:
        print(f"{name}: nothing to learn of {labels.name or 'cluster'}: {different} different values")
        return None
    return train(name, series[known], labels.drop_nulls().to_numpy(), settings)


if __name__ == "__main__":
    command.run(main)
