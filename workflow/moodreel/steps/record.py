"""Write the record of a run: every file with its hash and how it was made, and a digest of each column's values."""

from moodreel.tables.digests import DIGESTS
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={"settings_of_run": Input("settings.yaml of the run"), "videos": Input(VIDEOS)},
    outputs={
        "record": Output("ro-crate-metadata.json: the record as a Workflow Run RO-Crate"),
        "digests": Output(DIGESTS),
        "workflow": Output("copy of the Snakefile: a crate contains the workflow that was run"),
    },
    options={"threads": Option("files that are read at once", int, default=1)},
    libraries=("numpy", "polars", "pyarrow"),
)
def main(job: Job) -> None:
    import yaml

    from moodreel.errors import UserError
    from moodreel.storage import atomic, fingerprint
    from moodreel.workflow.plan import FINGERPRINTS, Plan
    from moodreel.workflow.provenance import writing

    fingerprint.remember(FINGERPRINTS)
    plan = Plan.of(yaml.safe_load(job.inputs.settings_of_run.read_text(encoding="utf-8")))
    if job.read("videos").rows(named=True) != plan.rows:
        raise UserError(f"{plan.settings.videos} has changed during the run. Run again.")
    snakefile = fingerprint.ROOT.parents[1] / job.outputs.workflow.name
    atomic.write_text(job.outputs.workflow, snakefile.read_text(encoding="utf-8"))
    stamp = job.stamp(inputs={})
    for remark in writing.write(plan, job.outputs.record, job.outputs.digests, stamp, threads=job.options.threads):
        print(f"note: {remark}")
