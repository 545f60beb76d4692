"""Embed the feature grid: scaler, PCA and UMAP, fitted on a sample of the kept windows' moments, applied to all.

The draws by which evidence for clusters is judged are embedded here too, where UMAP is compiled already.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from moodreel.clusters import null
from moodreel.clusters.embed import Embedder
from moodreel.features import bins
from moodreel.features.windows import require_kept
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.clusters import EMBEDDING
from moodreel.tables.features import WINDOWS
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="features.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--out", type=Path, required=True, help="embedding.parquet")
    args = parser.parse_args()
    features = FeaturesSettings(**args.settings.get("features", {}))
    settings = EmbedSettings(**args.settings.get("embed", {}))
    nulls = ClustersSettings(**args.settings.get("clusters", {})).nulls
    windows = require_kept(base.read(args.windows, WINDOWS))
    matrix = bins.read(args.features, features.groups_in_use, windows, settings.rate_hz)
    of_window = bins.moments(matrix, windows, settings.rate_hz).of_window
    values, owners, video = matrix.values, matrix.owners(windows, features.center), matrix.video
    embedder = Embedder(features, settings).fit(values, matrix.columns, owners, video)
    reduced = embedder.components_of(values, owners)
    embedded, flat, components = embedder.places_of(reduced), embedder.map(reduced), reduced.components
    moments = np.unique(of_window[null.judged_windows(len(windows), settings.seed)])
    performers = matrix.owners(windows, "performer").astype(str)
    drawn: dict[str, pl.Series] = {}
    for number, places in enumerate(null.embedded_draws(embedder, components, video, performers, moments, nulls)):
        columns = np.full((len(components), places.shape[1]), np.nan, np.float32)
        columns[moments] = places
        drawn |= {f"draw{number}_e{d}": pl.Series(column, nan_to_null=True) for d, column in enumerate(columns.T)}
    table = pl.DataFrame(
        {
            "video": pl.Series(matrix.videos, dtype=pl.String).gather(video),
            "time_s": matrix.time_s,
            "map_x": flat[:, 0],
            "map_y": flat[:, 1],
            **{f"e{d}": column for d, column in enumerate(embedded.T)},
            **{f"p{d}": column for d, column in enumerate(components.T)},
            **drawn,
        }
    )
    stamp = make_stamp(
        code=args.code,
        settings={"features": features.model_dump(mode="json"), "embed": settings.model_dump(mode="json")},
        libraries=("numpy", "scikit-learn", "umap-learn", "numba"),
        grid_hz=matrix.rate_hz,
        rate_hz=settings.rate_hz,
        columns=embedder.scaler_.columns_,
        left_out=[c for c in matrix.columns if c not in embedder.scaler_.columns_],
        seed=settings.seed,
        nulls=nulls,
        explained_variance=round(float(embedder.pca_.explained_variance_ratio_.sum()), 4),
    )
    base.write(args.out, EMBEDDING, table, stamp)
    print(
        f"{len(windows)} windows, {len(values)} moments, fitted on {len(embedder.sample_)}; "
        f"{len(stamp['columns'])} columns, {embedder.pca_.n_components_} components, {settings.dims} dimensions"
    )


if __name__ == "__main__":
    step.run(main)
