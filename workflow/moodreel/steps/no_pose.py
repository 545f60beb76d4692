"""Write an empty pose table for `pose.backend: none`, on the frames of the face's table."""

from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(inputs={"face": Input(FACE)}, outputs={"out": Output(POSE)}, libraries=("polars", "pyarrow"))
def main(job: Job) -> None:
    from moodreel.pose.nobody import FACTS, unread_poses

    found = job.stamp_of("face")
    poses = unread_poses(job.read("face", columns=["frame", "time_s"]))
    job.write("out", poses, **{name: found[name] for name in FACTS if name in found})
