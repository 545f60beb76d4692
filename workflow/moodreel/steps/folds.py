"""Assign windows, videos and performers to the folds of both protocols."""

from moodreel.tables.classify import FOLDS
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={"windows": Input(WINDOWS), "labels": Input(LABELS)},
    outputs={"out": Output(FOLDS)},
    settings=(
        "classify.groups", "classify.folds", "classify.paper_folds", "classify.paper_fold_count", "classify.seed",
    ),
    libraries=("numpy", "scikit-learn"),
)  # fmt: skip
def main(job: Job) -> None:
    from moodreel.classify.folds import make_folds
    from moodreel.features.labels import add_labels
    from moodreel.features.windows import require_kept

    windows = add_labels(require_kept(job.read("windows")), job.read("labels"))
    folds, notes = make_folds(windows, job.settings.classify)
    job.write("out", folds, notes=notes)
    print(*notes, sep="\n")
