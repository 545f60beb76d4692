"""Deal windows, videos and performers into the folds of both protocols."""

from __future__ import annotations

from pathlib import Path

from moodreel import provenance
from moodreel.classify.folds import make_folds
from moodreel.features.windows import kept_or_raise
from moodreel.settings.classify import ClassifySettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.classify import FOLDS
from moodreel.tables.features import WINDOWS


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--out", type=Path, required=True, help="folds.parquet; notes are in its stamp")
    args = parser.parse_args()
    settings = ClassifySettings(**args.settings.get("classify", {}))
    folds, notes = make_folds(kept_or_raise(base.read(args.windows, WINDOWS)), settings)
    stamp = provenance.stamp(
        code=args.code,
        settings={"classify": settings.model_dump(mode="json")},
        libraries=("scikit-learn",),
        notes=notes,
    )
    base.write(args.out, FOLDS, folds, stamp)
    print(*notes, sep="\n")


if __name__ == "__main__":
    command.run(main)
