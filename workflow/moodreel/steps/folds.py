"""Deal windows, videos and performers into the folds of both protocols."""

from __future__ import annotations

from pathlib import Path

from moodreel.classify.folds import make_folds
from moodreel.features.labels import add_labels
from moodreel.features.windows import require_kept
from moodreel.settings.classify import ClassifySettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.classify import FOLDS
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.workflow import step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--labels", type=Path, required=True, help="labels.parquet")
    parser.add_argument("--out", type=Path, required=True, help="folds.parquet; notes are in its stamp")
    args = parser.parse_args()
    settings = ClassifySettings(**args.settings.get("classify", {}))
    windows = add_labels(require_kept(base.read(args.windows, WINDOWS)), base.read(args.labels, LABELS))
    folds, notes = make_folds(windows, settings)
    stamp = make_stamp(
        code=args.code,
        settings={"classify": settings.model_dump(mode="json")},
        libraries=("scikit-learn",),
        notes=notes,
    )
    base.write(args.out, FOLDS, folds, stamp)
    print(*notes, sep="\n")


if __name__ == "__main__":
    step.run(main)
