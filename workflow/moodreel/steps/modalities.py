"""Which part of the features carries the recognition: face, body, both and each group of features on the same folds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from moodreel.classify import held_out
from moodreel.classify.evaluation_input import Study, clusters_of, fold_of
from moodreel.classify.folds import PROTOCOL
from moodreel.classify.modalities import compare_parts
from moodreel.features import bins
from moodreel.features.labels import add_labels
from moodreel.features.windows import require_kept
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.tables import base
from moodreel.tables.classify import FOLDS, MODALITIES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="features.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--labels", type=Path, required=True, help="labels.parquet")
    parser.add_argument(
        "--clusters", type=Path, required=True, help="clusters.parquet, in place of labels where none is"
    )
    parser.add_argument("--folds", type=Path, required=True, help="folds.parquet")
    parser.add_argument("--held-out", type=Path, help="held_out.parquet: what folds by video see of action units")
    parser.add_argument("--out", type=Path, required=True, help="modalities.tsv")
    args = parser.parse_args()
    features = FeaturesSettings(**args.settings.get("features", {}))
    embed = EmbedSettings(**args.settings.get("embed", {}))
    classify = ClassifySettings(**args.settings.get("classify", {}))
    windows = add_labels(require_kept(base.read(args.windows, WINDOWS)), base.read(args.labels, LABELS))
    clusters, labels = clusters_of(windows, base.read(args.clusters, CLUSTERS)), "truth"
    if windows["label"].drop_nulls().n_unique() < 2:
        windows, labels = windows.with_columns(label=pl.Series(clusters).cast(pl.String)), "clusters"
        classify = classify.model_copy(update={"permutations": 0})  # made from these features, they are no test of them
    study = Study(
        matrix=bins.read(args.features, features.groups_in_use, windows, embed.rate_hz),
        windows=windows,
        clusters=clusters,
        new_pipeline=_none_new,
        features=features,
        rate_hz=embed.rate_hz,
        settings=classify,
        held_out=held_out.open_held_out(args.held_out) if args.held_out else None,
    )
    table = base.read(args.folds, FOLDS)
    grouped = [group for group, protocol in PROTOCOL.items() if protocol == "grouped"]
    folds = {group: fold for group in grouped if (fold := fold_of(windows, table, group)) is not None}
    found, notes = compare_parts(study, folds, classify.headline_classifier)
    base.write_tsv(args.out, MODALITIES, found.with_columns(labels=pl.lit(labels)))
    print(*notes, sep="\n")
    for row in found.iter_rows(named=True):
        print(line(row))


def line(row: Mapping[str, Any]) -> str:
    """A row of MODALITIES in one line of text."""
    interval = "" if row["low"] is None else f" [{row['low']:.2f}, {row['high']:.2f}]"
    text = f"{row['part']} by {row['group']}: balanced accuracy {row['value']:.2f}{interval}"
    return f"{text} of {row['windows']} windows, {row['people']} people ({row['classifier']})"


def _none_new(k: int | None) -> NoReturn:
    raise AssertionError("labels alone are evaluated, and no clusters made")


if __name__ == "__main__":
    step.run(main)
