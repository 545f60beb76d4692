"""Settings of the classifiers and their evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from moodreel.settings.base import Section, setting


class SvmSettings(Section):
    kernel: Literal["rbf", "linear", "gak"] = setting(
        "rbf", "kernel of the support vector machine; `gak`: global alignment kernel (Cuturi 2011), slow"
    )
    penalty: float = setting(1.0, "penalty C of the error term", gt=0)


class KnnSettings(Section):
    neighbours: int = setting(5, "neighbours that vote", ge=1)
    metric: Literal["euclidean", "dtw", "softdtw"] = setting(
        "euclidean", "distance between two windows; `dtw` and `softdtw` align them in time and are slow"
    )


class MlpSettings(Section):
    hidden: list[int] = setting([64], "units of each hidden layer", min_length=1)
    iterations: int = setting(200, "passes over the training windows at most", ge=1)
    learning_rate: float = setting(0.003, "first step of Adam", gt=0, le=1)

    @field_validator("hidden")
    @classmethod
    def _positive(cls, hidden: list[int]) -> list[int]:
        if min(hidden) < 1:
            raise ValueError("every hidden layer needs at least 1 unit")
        return hidden


class ClassifySettings(Section):
    classifiers: list[Literal["svm", "knn", "mlp"]] = setting(
        ["svm", "knn", "mlp"], "classifiers to train and evaluate; the majority baseline is always there"
    )
    groups: list[Literal["video", "performer"]] = setting(
        ["video", "performer"], "what the folds of the grouped protocol keep together"
    )
    folds: int = setting(5, "folds of each protocol; with fewer than 5 performers each of them is a fold", ge=2, le=100)
    nulls: int = setting(3, "how often everything is repeated on features shuffled over time and videos", ge=0, le=1000)
    draws_per_job: int = setting(
        2,
        "evaluations (the data, then the nulls) that one job does in turn; its start takes about 10 s",
        ge=1,
        le=1000,
    )
    max_windows: int = setting(
        2000, "training windows at most for what grows with their square (`svm`, `knn` with dtw)", ge=10
    )
    seed: int = setting(9000, "seed of folds, shuffles and classifiers", ge=0, lt=2**31)
    svm: SvmSettings = setting(SvmSettings(), "support vector machine")
    knn: KnnSettings = setting(KnnSettings(), "nearest neighbours")
    mlp: MlpSettings = setting(MlpSettings(), "neural network")

    @field_validator("classifiers", "groups")
    @classmethod
    def _once(cls, names: list[str]) -> list[str]:
        if len(set(names)) < len(names):
            raise ValueError("each name may stand there once")
        return names
