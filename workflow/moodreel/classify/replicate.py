"""The data, or one null replicate of it: what every protocol starts from, made once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from moodreel.classify.evaluation_input import Study
from moodreel.classify.held_out import GROUP
from moodreel.classify.null import shuffle_features
from moodreel.classify.series import BinnedFeatures, bin_features
from moodreel.features.matrix import FeatureMatrix


@dataclass(frozen=True)
class Replicate:
    """Replicate `number` of `study`: 0 is the data; in any other the features are shuffled, seeded by the number."""

    study: Study
    number: int

    @cached_property
    def matrix(self) -> FeatureMatrix:
        """The features."""
        study = self.study
        if not self.number:
            return study.matrix
        return shuffle_features(study.matrix, study.windows, study.settings.seed + self.number)

    @cached_property
    def clusters(self) -> np.ndarray:
        """Clusters (windows,) of all windows. Raises UserError where the shuffled features make none."""
        study = self.study
        if not self.number:
            return study.clusters
        return study.new_pipeline(None).fit(self.matrix, study.windows).assign(self.matrix, study.windows)

    @cached_property
    def features(self) -> BinnedFeatures:
        """The features that classifiers see. Raises UserError as `bin_features` does."""
        return bin_features(self.matrix, self.study.windows, self.study.features, self.study.rate_hz)

    def of_fold(self, group: str, fold: int) -> Replicate:
        """The same replicate of what `fold` of `group` may know of the features; itself where that is all of them."""
        study = self.study
        if study.held_out is None or group != GROUP:
            return self
        matrix = study.held_out.matrix(study.matrix, fold)
        return self if matrix is study.matrix else Replicate(replace(study, matrix=matrix), self.number)
