"""Write down what a run has made: every file with its hash, what made it, and a digest of each column's values."""

from __future__ import annotations

from pathlib import Path

import yaml

from moodreel.errors import UserError
from moodreel.storage import fingerprint
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import old_step as step
from moodreel.workflow.plan import FINGERPRINTS, Plan
from moodreel.workflow.provenance import writing


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the run's folder, with its settings.yaml")
    parser.add_argument("--out", type=Path, required=True, help="manifest.json")
    parser.add_argument("--digests-out", type=Path, required=True, help="digests.parquet")
    parser.add_argument("--threads", type=int, default=1, help="files that are read at once")
    args = parser.parse_args()
    fingerprint.remember(FINGERPRINTS)
    plan = Plan.of(yaml.safe_load((args.run / "settings.yaml").read_text(encoding="utf-8")))
    if base.read_tsv(args.run / "videos.tsv", VIDEOS).rows(named=True) != plan.rows:
        raise UserError(f"{plan.settings.videos} has changed while the run went on. Run again, for what is new in it.")
    stamp = make_stamp(code=args.code, settings={}, libraries=("numpy", "polars", "pyarrow"))
    for remark in writing.write(plan, args.out, args.digests_out, stamp, threads=args.threads):
        print(f"note: {remark}")


if __name__ == "__main__":
    step.run(main)
