"""The same seed gives the same figures, on one thread and on two."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from moodreel.tables import base
from moodreel.tables.classify import PREDICTIONS, SCORES
from unit.steps import small_run
from unit.steps.calls import command_line

PACKAGE = Path(base.__file__).parents[2]
CLASSIFIERS = ["svm", "knn", "mlp", "trees", "stratified"]
KEY = ["classifier", "protocol", "group", "draw", "fold", "labels", "metric"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Scores and predictions of one evaluation on overlapping expressions, on one thread and on two."""
    folder = tmp_path_factory.mktemp("run")
    small_run.make(folder, noise=2.0)
    sections = small_run.settings(classifiers=CLASSIFIERS, permutations=1, paper_folds=["shuffled", "in_order"])
    small_run.fold(folder, sections)
    for threads in (1, 2):
        variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        given = {**small_run.INPUTS, **small_run.evaluation_of(threads), "settings": json.dumps(sections)}
        subprocess.run(
            [sys.executable, "-m", "moodreel.steps.evaluate", *command_line(**given)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(PACKAGE)} | dict.fromkeys(variables, str(threads)),
            check=True,
            capture_output=True,
        )
    return [
        (base.read(folder / f"scores-{n}.parquet", SCORES), base.read(folder / f"predictions-{n}.parquet", PREDICTIONS))
        for n in (1, 2)
    ]


def test_figures_and_probabilities_are_the_same_twice_and_on_two_threads(runs):
    (scores, predictions), (scores_there, predictions_there) = runs
    assert 0.4 < scores.filter(metric="accuracy", draw=0, labels="truth")["value"].mean() < 0.95
    assert scores.select(KEY).equals(scores_there.select(KEY))
    assert (scores["value"] - scores_there["value"]).abs().max() <= 1e-5
    assert predictions.drop("probability").equals(predictions_there.drop("probability"))
    assert (predictions["probability"] - predictions_there["probability"]).abs().max() <= 1e-5
    assert predictions["probability"].null_count() == predictions_there["probability"].null_count() < len(predictions)
