"""Write an empty table of the face for `face.backend: none`, on the frames of the pose's table."""

from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Output, table_inputs


@declare(inputs=table_inputs(POSE), outputs={"out": Output(FACE)}, libraries=("polars", "pyarrow"))
def main(job: Job) -> None:
    from moodreel.face.nobody import unread_faces
    from moodreel.pose.nobody import facts_of_video

    facts = facts_of_video(job.stamp_of("pose"))
    job.write("out", unread_faces(job.read("pose", columns=["frame", "time_s"])), **facts, face_backend="none")
