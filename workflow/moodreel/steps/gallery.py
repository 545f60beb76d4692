"""Cut out the frames nearest each cluster's centre, by which a person can name the clusters."""

from moodreel.tables.clusters import CLUSTERS, EMBEDDING, GALLERY
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output, table_inputs


@declare(
    inputs={
        **table_inputs(VIDEOS, EMBEDDING, CLUSTERS),
        "poses": Input(POSE, through_videos=True),
        "meshes": Input(MESH, through_videos=True),
    },
    outputs={"out": Output("folder of pictures, with the table `gallery`")},
    settings=("clusters", "clusters.gallery_pictures", "extraction.keep_mesh", "limits"),
    guarded=True,
)
def main(job: Job) -> None:
    from moodreel.clusters.gallery import nearest_bins
    from moodreel.report.cluster_pictures import write_pictures
    from moodreel.storage.atomic import folder_replacement, of_suffix
    from moodreel.tables import base

    settings, videos = job.settings, job.read("videos")
    bins = nearest_bins(job.read("embedding"), job.read("clusters"), settings.clusters.gallery_pictures)
    bins, middle_s = bins.sort("video", "time_s"), 0.5 / job.stamp_of("embedding")["rate_hz"]
    with folder_replacement(job.outputs.out, of_suffix(".jpg", ".tsv")) as folder:
        table, notes = write_pictures(
            bins, videos, middle_s, folder, keep_mesh=settings.extraction.keep_mesh, limits=settings.limits
        )
        base.write_tsv(folder / "gallery.tsv", GALLERY, table)
    print(*notes, f"{len(table)} pictures of {table['cluster'].n_unique()} clusters", sep="\n")
