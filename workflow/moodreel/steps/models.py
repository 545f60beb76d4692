"""Fetch a network by hash, and convert it to ONNX unless it is published as ONNX."""

from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Output


@declare(
    inputs={},
    outputs={"out": Output("<network>.onnx or .xml; the original is kept in the folder `sources` next to it")},
    settings=("models",),
)
def main(job: Job) -> None:
    from moodreel.networks import catalogue, making

    out = job.outputs.out
    (path,) = catalogue.paths(out.parent, [out.stem])
    if path != out:
        job.refuse(f"--out: the file of {out.stem} must be named {path.name}")
    making.make([out.stem], out.parent, job.settings.models)
    print(path)
