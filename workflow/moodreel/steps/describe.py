"""Write the description of a run: its resolved settings, and the extractions that its tables belong to."""

from pathlib import Path

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={"out": Output("the resolved settings, YAML")},
    options={"extractions": Option("list of extractions to add to, TSV", Path, required=True)},
    configuration=True,
)
def main(job: Job) -> None:
    from moodreel.storage.atomic import write_text
    from moodreel.workflow.plan import Plan
    from moodreel.workflow.plan.description import list_extraction, settings_text

    plan = Plan.of(job.given_settings)
    for extraction in plan.extractions.values():
        list_extraction(job.options.extractions, extraction.name, extraction.settings)
    write_text(job.outputs.out, settings_text(plan.settings.model_dump(mode="json"), plan.extractions))
    print(*plan.extractions, sep="\n")
