"""Fetch a network by hash, and convert it to ONNX where it is not published as such."""

from __future__ import annotations

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Output


@declare(
    inputs={},
    outputs={"out": Output("<network>.onnx or .xml; what it is made from is kept in `sources` beside it")},
    settings=("models",),
)
def main(job: Job) -> None:
    from moodreel.networks import catalogue, making

    out = job.outputs.out
    (path,) = catalogue.paths(out.parent, [out.stem])
    if path != out:
        job.refuse(f"--out: the file of {out.stem} is called {path.name}")
    making.make([out.stem], out.parent, job.settings.models)
    print(path)
