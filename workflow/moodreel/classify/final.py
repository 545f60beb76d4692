"""The final classifiers: trained on all windows of a run, and described for anyone who applies them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from moodreel.classify.description import (
    FORMAT,
    TABLES,
    Cluster,
    Description,
    SavedClassifier,
    describe_columns,
    fingerprint,
)
from moodreel.classify.evaluation_input import EvaluationInput
from moodreel.classify.probabilities import has_probabilities
from moodreel.classify.reference_space import ReferenceSpace
from moodreel.classify.saved import Model
from moodreel.classify.series import BinnedFeatures, bin_features
from moodreel.classify.training import Classifier, train
from moodreel.features.recordings import joined
from moodreel.features.scaling import FeatureScaler


@dataclass(frozen=True)
class Training:
    """What the final classifiers learn: the clusters and labels of all windows of `inputs`.

    `settings`: those of the training by section, as stamped.
    """

    inputs: EvaluationInput
    settings: Mapping[str, Any]

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the training in each of its files."""
        return fingerprint(self.settings, self.inputs.matrix.columns, self.inputs.clusters.tolist())

    @cached_property
    def space(self) -> ReferenceSpace:
        """The reference space of the windows."""
        return ReferenceSpace.of(self.series, self.inputs.clusters, self._scaler.columns_, self.inputs.settings.seed)

    @cached_property
    def series(self) -> np.ndarray:
        """The input of classifiers, (windows, bins, columns)."""
        return self._binned.series(self._scaler)

    @cached_property
    def _binned(self) -> BinnedFeatures:
        inputs = self.inputs
        return bin_features(inputs.matrix, inputs.windows, inputs.features, inputs.rate_hz)

    @cached_property
    def _scaler(self) -> FeatureScaler:
        return self._binned.scaler(self.inputs.features, np.ones(len(self.inputs.windows), dtype=bool))

    def train(self, name: str, stamp: dict[str, Any]) -> tuple[Model, list[str]]:
        """The classifier `name`, and notes."""
        inputs = self.inputs
        clusters, about_clusters = self._train_on(name, pl.Series("cluster", inputs.clusters).cast(pl.String))
        truth, about_labels = self._train_on(name, inputs.windows["label"])
        model = Model(
            columns=inputs.matrix.columns,
            grid_hz=inputs.matrix.rate_hz,
            rate_hz=inputs.rate_hz,
            rows=inputs.windows["rows"][0],
            scaler=self._scaler,
            clusters=clusters,
            truth=truth,
            stamp=stamp,
        )
        return model, [note for note in (about_clusters, about_labels) if note]

    def _train_on(self, name: str, labels: pl.Series) -> tuple[Classifier | None, str]:
        """The classifier trained on the windows that have one of `labels`, None where there is nothing to learn; and a
        note. Where hyper-parameters are searched, a recording's windows stay together."""
        known, values = labels.is_not_null().to_numpy(), labels.drop_nulls()
        if values.n_unique() < 2:
            return None, f"{name}: nothing to learn of {labels.name}: {values.n_unique()} different values"
        videos = joined(self.inputs.windows)["video"].to_numpy().astype(str)
        found = train(name, self.series[known], values.to_numpy(), self.inputs.settings, videos[known])
        return found, found.note

    def describe(
        self,
        learnt: dict[str, SavedClassifier],
        names: Mapping[int, str],
        sounds: Mapping[str, int],
        emotions: dict[str, str] | None,
        stamp: dict[str, Any],
    ) -> Description:
        """The description of the folder of models. `learnt`: by classifier; `names`: of clusters that have one; the
        others as in `Description`."""
        inputs, space = self.inputs, self.space
        sizes = np.bincount(inputs.clusters).tolist()
        return Description(
            format=FORMAT,
            tables=TABLES,
            fingerprint=self.fingerprint,
            windows=self.settings["windows"],
            features=self.settings["features"],
            rate_hz=inputs.rate_hz,
            columns=describe_columns(inputs.matrix.columns, self._scaler.columns_),
            owners=sorted(set(self._binned.owners.astype(str))),
            clusters={
                number: Cluster(name=names.get(number, f"cluster {number}"), windows=sizes[number], reach=reach)
                for number, reach in zip(space.numbers.tolist(), space.reach.tolist(), strict=True)
            },
            unit=space.unit,
            classifiers=learnt,
            sounds={video: int(number) for video, number in sounds.items()},
            emotions=emotions,
            stamp=stamp,
        )


def describe_model(model: Model) -> SavedClassifier | None:
    """What a classifier has learnt; None when it has learnt nothing."""
    both = [classifier for classifier in (model.clusters, model.truth) if classifier]
    if not both:
        return None
    return SavedClassifier(
        clusters=model.clusters.classes.tolist() if model.clusters else [],
        labels=model.truth.classes.tolist() if model.truth else [],
        probabilities=all(map(has_probabilities, both)),
    )
