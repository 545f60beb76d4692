"""Write an empty pose table for `pose.backend: none`, on the frames of the face's table or mesh."""

from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face import FACE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Output, table_inputs


@declare(inputs=table_inputs(FACE, MESH, optional=True), outputs={"out": Output(POSE)}, libraries=("polars", "pyarrow"))
def main(job: Job) -> None:
    from moodreel.pose.nobody import facts_of_video, unread_poses

    if (job.inputs.face is None) == (job.inputs.mesh is None):
        job.refuse("give --face or --mesh")
    name = "mesh" if job.inputs.face is None else "face"
    facts = facts_of_video(job.stamp_of(name))
    job.write("out", unread_poses(job.read(name, columns=["frame", "time_s"])), **facts)
