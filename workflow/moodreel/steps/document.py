"""Write the generated pages of `docs/` again from the code."""

from __future__ import annotations

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Output


@declare(inputs={}, outputs={"out": Output("folder of the pages; docs unless it is given", optional=True)})
def main(job: Job) -> None:
    from pathlib import Path

    from moodreel.settings import document as settings
    from moodreel.storage.atomic import write_text
    from moodreel.tables import document as tables
    from moodreel.workflow import document as steps

    folder = job.outputs.out or Path("docs")
    pages = {
        "settings.md": settings.settings_page(),
        "settings.schema.json": settings.schema(),
        "steps.md": steps.steps_page(),
        "tables.md": tables.tables_page(),
    }
    for name, text in pages.items():
        write_text(folder / name, text)
        print(f"wrote {folder / name}")
