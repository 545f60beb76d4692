"""Settings of the classifiers and their evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from moodreel.settings.base import Section, each_once, setting


class SvmSettings(Section):
    kernel: Literal["rbf", "linear", "gak", "linear_sgd"] = setting(
        "rbf",
        "kernel of the support vector machine; `gak`: global alignment kernel (Cuturi 2011), slow; `linear_sgd`: linear, on `components` principal components, by stochastic gradient descent, for many windows",
    )
    penalty: float = setting(1.0, "penalty C of the error term", gt=0)


class KnnSettings(Section):
    neighbours: int = setting(5, "neighbours that vote", ge=1)
    metric: Literal["euclidean", "dtw", "softdtw"] = setting(
        "euclidean", "distance between two windows; `dtw` and `softdtw` align them in time and are slow"
    )


class MlpSettings(Section):
    hidden: list[int] = setting([64], "units of each hidden layer", min_length=1)
    iterations: int = setting(200, "largest number of passes over the training windows", ge=1)
    learning_rate: float = setting(0.003, "first step of Adam", gt=0, le=1)

    @field_validator("hidden")
    @classmethod
    def _positive(cls, hidden: list[int]) -> list[int]:
        if min(hidden) < 1:
            raise ValueError("every hidden layer needs at least 1 unit")
        return hidden


class MiniRocketSettings(Section):
    kernels: int = setting(1008, "kernels, rounded down to a multiple of 84", ge=84, le=50_000)
    penalty: float = setting(100.0, "penalty of large weights in the ridge classifier", gt=0)


class TreesSettings(Section):
    iterations: int = setting(100, "rounds of boosting, each with one tree per class", ge=1)
    learning_rate: float = setting(0.1, "share of each tree that counts", gt=0, le=1)
    leaves: int = setting(15, "largest number of leaves of a tree", ge=2)
    leaf_windows: int = setting(5, "smallest number of training windows in a leaf", ge=1)


class HeadlineSettings(Section):
    classifier: Literal["svm", "knn", "mlp", "minirocket", "trees"] | None = setting(
        None, "classifier whose figure it is; null: the first of `classify.classifiers`"
    )
    group: Literal["video", "performer"] = setting(
        "video", "what its folds keep together; the other one where these folds could not be made"
    )
    min_windows: int = setting(20, "test windows needed for a conclusion", ge=1)
    min_people: int = setting(
        5, "people in these windows needed for a conclusion; videos are counted where performers are not known", ge=1
    )


class ClassifySettings(Section):
    classifiers: list[Literal["svm", "knn", "mlp", "minirocket", "trees", "stratified"]] = setting(
        ["svm", "knn", "mlp"],
        "classifiers to train and evaluate; `minirocket`: MiniRocket and ridge, `trees`: boosted trees on summary statistics, `stratified`: at random, each label as often as in training; the majority baseline is always there",
    )
    groups: list[Literal["video", "performer"]] = setting(
        ["video", "performer"], "what the folds of the grouped protocol keep together"
    )
    folds: int = setting(
        5,
        "folds of each protocol; where there are no more videos or performers than that, or fewer than 5 performers, each of them is a fold: a large number leaves one video out at a time",
        ge=2,
        le=1_000_000,
    )
    paper_folds: list[Literal["shuffled", "in_order"]] = setting(
        ["shuffled"],
        "how the paper's protocol deals windows into folds: `shuffled` at random; `in_order` neighbours in the table together, as scikit-learn's KFold does by default",
        min_length=1,
    )
    paper_fold_count: int | None = setting(
        None, "folds of the paper's protocol; null: as many as `folds`", ge=2, le=1_000_000
    )
    nulls: int = setting(
        3,
        "null replicates of fidelity and stability: how often everything is repeated on shuffled movement; fewer than 19 show the level of chance, but give no verdict",
        ge=0,
        le=1000,
        apart=True,
    )
    permutations: int = setting(
        99,
        "how often label accuracy is measured again with permuted labels, for its p value; features, folds and clusters stay the same. Labels are exchanged between the videos of a performer, or between performers where each has only one label. 99 give p values down to 0.01; fewer than 19 give no verdict",
        ge=0,
        le=100_000,
        apart=True,
    )
    permutation_budget_s: float = setting(
        30.0,
        "time that the permutations of one classifier in one protocol may take, estimated from the number of windows for one core; where they would take longer (a neural network nearly always) its label accuracy is not judged. `svm` (except `gak` and `linear_sgd`), `knn` and `minirocket` do most of the work once for all permutations and are always judged, unless their hyper-parameters are searched",
        unit="s",
        ge=0,
        apart=True,
    )
    headline: HeadlineSettings = setting(
        HeadlineSettings(), "the figure that the report begins with, chosen before any result is known", apart=True
    )
    replicates_per_job: int = setting(
        2,
        "evaluations (the data, then the nulls) that one job does in turn; its start takes about 10 s",
        ge=1,
        le=1000,
        apart=True,
    )
    jobs_per_replicate: int = setting(
        1,
        "jobs that share the folds of these evaluations; more than 1, with replicates_per_job 1, shares a large study out "
        "over the nodes of a cluster",
        ge=1,
        le=100,
        apart=True,
    )
    max_windows: int = setting(
        2000,
        "largest number of training windows for methods whose cost grows with its square (`svm` except `linear_sgd`, `knn` with dtw)",
        ge=10,
    )
    components: int = setting(
        30,
        "principal components that `minirocket`, `trees` and the `svm` with `linear_sgd` get, where the features have more columns",
        ge=1,
    )
    search: bool = setting(
        False,
        "choose a hyper-parameter of each classifier inside the training folds, by balanced accuracy over 3 inner folds that keep together what the outer ones do; tried besides the configured value: `svm.penalty` 0.1, 1, 10, 100; `knn.neighbours` 1, 3, 5, 9, 15; `mlp.learning_rate` 0.001, 0.003, 0.01; `minirocket.penalty` 1, 10, 100, 1000; `trees.leaves` 4, 15, 31. Takes about ten times as long",
    )
    seed: int = setting(9000, "seed of folds, shuffles and classifiers", ge=0, lt=2**31)
    svm: SvmSettings = setting(SvmSettings(), "support vector machine")
    knn: KnnSettings = setting(KnnSettings(), "nearest neighbours")
    mlp: MlpSettings = setting(MlpSettings(), "neural network")
    minirocket: MiniRocketSettings = setting(MiniRocketSettings(), "MiniRocket")
    trees: TreesSettings = setting(TreesSettings(), "boosted trees")

    _once = field_validator("classifiers", "groups", "paper_folds")(each_once)

    @model_validator(mode="after")
    def _headline(self) -> ClassifySettings:
        if self.headline.classifier not in (None, *self.classifiers):
            raise ValueError(
                f"headline.classifier {self.headline.classifier!r} is not among classifiers ({', '.join(self.classifiers)})"
            )
        return self

    @property
    def headline_classifier(self) -> str:
        """The classifier of the headline."""
        return self.headline.classifier or next((name for name in self.classifiers if name != "stratified"), "majority")
